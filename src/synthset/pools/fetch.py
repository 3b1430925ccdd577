"""Gets one url: public addresses only, a limit in bytes and one in seconds, opt-outs heeded."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from synthset import __version__
from synthset.pools.addresses import Allowed, PrivateAddress, is_public, resolve_public_addresses
from synthset.pools.opt_out import find_opt_out

HEADERS = {
    "User-Agent": f"synthset/{__version__} (dataset downloader)",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that may be others next time
CHUNK = 65_536
SAFE = "/%:=&?~#+!$,;'@()*[]"  # what stands in a url as it is


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How far to go for one url.

    Attributes:
        timeout_s: seconds for one try, redirects included.
        max_bytes: the largest file that is taken.
        max_redirects: redirects that are followed.
    """

    timeout_s: float = 20.0
    max_bytes: int = 50_000_000
    max_redirects: int = 5


class Refused(Exception):
    """A url gave no file.

    Attributes:
        reason: one word to count by: `timeout`, `http_404`, `opt_out`, …
        passing: whether another try may succeed.
        wait_s: seconds to wait that the server asks for; None if it doesn't.
    """

    def __init__(
        self, reason: str, said: str = "", passing: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(said or reason)
        self.reason, self.passing, self.wait_s = reason, passing, wait_s


def fetch(url: str, limits: FetchLimits, allowed: Allowed = is_public) -> bytes:
    """Get a file.

    The address is looked up once for each request and then connected to, so that what was checked
    is what is asked; each redirect is checked anew.

    Args:
        url: http or https.
        limits: time, size and redirects.
        allowed: which addresses may be asked.

    Raises:
        Refused: with the reason.
    """
    deadline = time.monotonic() + limits.timeout_s
    for _ in range(limits.max_redirects + 1):
        try:
            with _request(_parse(url), deadline, allowed) as response:
                directive = find_opt_out(response.headers)
                if directive:
                    raise Refused("opt_out", directive)
                if response.status not in REDIRECTS:
                    return _body(response, limits.max_bytes)
                url = urljoin(url, response.headers.get("Location", ""))
        except PrivateAddress as fault:
            raise Refused("private_address", str(fault)) from None
        except TimeoutError:
            raise Refused("timeout", passing=True) from None
        except socket.gaierror as fault:
            raise Refused("unknown_host", str(fault), passing=True) from None
        except ssl.SSLCertVerificationError as fault:
            raise Refused("certificate", fault.verify_message) from None
        except (OSError, http.client.HTTPException) as fault:
            raise Refused("connection", f"{type(fault).__name__}: {fault}", passing=True) from None
    raise Refused("redirects", f"more than {limits.max_redirects}")


def _parse(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode()
        _ = parts.port
    except ValueError as fault:  # a port or a name that is none
        raise Refused("bad_url", str(fault)) from None
    if parts.scheme not in ("http", "https") or not host:
        raise Refused("bad_url", "neither http nor https" if host else "no host")
    return parts


@contextmanager
def _request(
    parts: SplitResult, deadline: float, allowed: Allowed
) -> Iterator[http.client.HTTPResponse]:
    host = str(parts.hostname).encode("idna").decode()
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    with _connect(resolve_public_addresses(host, port, allowed), port, deadline) as plain:
        plain.settimeout(_count_seconds_left(deadline))
        with _secure(plain, host) if secure else plain as stream:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = _Timed(stream, deadline)
            path = quote(parts.path or "/", safe=SAFE)
            query = f"?{quote(parts.query, safe=SAFE)}" if parts.query else ""
            default = port == (443 if secure else 80)
            shown = f"[{host}]" if ":" in host else host
            headers = {**HEADERS, "Host": shown if default else f"{shown}:{port}"}
            connection.request("GET", path + query, headers=headers)
            with connection.getresponse() as response:
                yield response


def _connect(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """Connect to the first address that answers."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), min(_count_seconds_left(deadline), 5))
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), _count_seconds_left(deadline))


def _secure(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return _context().wrap_socket(plain, server_hostname=host)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _body(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    status = response.status
    if status != 200:
        asked = response.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdigit() else None
        raise Refused(f"http_{status}", passing=status in PASSING, wait_s=wait)
    promised = response.length
    if promised is not None and promised > max_bytes:
        raise Refused("too_large", f"{promised:,} bytes")
    data = bytearray()
    while chunk := response.read(CHUNK):
        data += chunk
        if len(data) > max_bytes:
            raise Refused("too_large", f"more than {max_bytes:,} bytes")
    if promised is not None and len(data) < promised:
        raise Refused("connection", f"{len(data):,} of {promised:,} bytes", passing=True)
    return bytes(data)


def _count_seconds_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Stream(io.RawIOBase):
    """Reads a socket until a moment in time, however slowly it drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_count_seconds_left(self._deadline))
        return self._sock.recv_into(buffer)


class _Timed:
    """What `http.client` needs of a socket; it is closed by who opened it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._sock, self._deadline))

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_count_seconds_left(self._deadline))
        self._sock.sendall(data)

    def close(self) -> None:
        pass
