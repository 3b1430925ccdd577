"""A real S3 server over HTTP (moto's), which can be told to fail."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.request import Request, urlopen

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Environ = dict[str, Any]
Start = Callable[..., Any]
App = Callable[[Environ, Start], Iterable[bytes]]
Fault = Callable[[Environ, Start, App], Iterable[bytes]]

ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>{0}</Code><Message>{0}, says the test</Message></Error>"
)


class S3Server:
    """Serves until the process ends.

    Attributes:
        url: its endpoint.
        environment: variables by which Amazon's own client finds it.
        asked: method, path and range of each request so far.
        choose: says by number, method and path of a request what goes wrong with it, if anything.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.choose: Callable[[int, str, str], Fault | None] = lambda *_: None
        self._moto: App = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()  # moto looks, then writes: two could both win
        self._buckets = count()
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def make_bucket(self) -> str:
        """Make a bucket of its own for a test."""
        name = f"bucket-{next(self._buckets)}"
        urlopen(Request(f"{self.url}/{name}", method="PUT")).close()
        return name

    @contextmanager
    def failing(self, fault: Fault, method: str, times: int = 1, part: str = "") -> Iterator[None]:
        """Let the next requests of a method fail, where their path has a certain part."""
        left = iter(range(times))

        def choose(_: int, asked: str, path: str) -> Fault | None:
            hit = asked == method and part in path and next(left, None) is not None
            return fault if hit else None

        with self.choosing(choose):
            yield
        assert next(left, None) is None, "not all of them came"

    @contextmanager
    def choosing(self, choose: Callable[[int, str, str], Fault | None]) -> Iterator[None]:
        """Let requests fail as a function says."""
        self.choose = choose
        try:
            yield
        finally:
            self.choose = lambda *_: None

    def _answer(self, environ: Environ, start: Start) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        with self._one_at_a_time:
            self.asked.append((method, path, environ.get("HTTP_RANGE", "")))
            fault = self.choose(len(self.asked), method, path)
        return fault(environ, start, self._serve) if fault else self._serve(environ, start)

    def _serve(self, environ: Environ, start: Start) -> Iterable[bytes]:
        with self._one_at_a_time:
            return list(self._moto(environ, start))


def refuse(status: int, code: str) -> Fault:
    """Answer with an error, and do nothing."""

    def fault(environ: Environ, start: Start, _: App) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return _write_error(start, status, code)

    return fault


def answer_late(seconds: float) -> Fault:
    """Answer after a while."""

    def fault(environ: Environ, start: Start, app: App) -> Iterable[bytes]:
        time.sleep(seconds)
        return app(environ, start)

    return fault


def lose_answer(environ: Environ, start: Start, app: App) -> Iterable[bytes]:
    """Do what was asked, and cut the connection before the answer."""
    app(environ, lambda *_: None)
    return _cut(environ)


def cut_body(environ: Environ, start: Start, app: App) -> Iterable[bytes]:
    """Cut the connection in the middle of the answer."""
    body = b"".join(app(environ, start))
    yield body[: len(body) // 2]
    _cut(environ)


def hide_condition(environ: Environ, start: Start, app: App) -> Iterable[bytes]:
    """Refuse what is there as other servers do: the error says nothing of a condition."""
    heads: list[Any] = []
    body = b"".join(app(environ, lambda *head: heads.append(head)))
    if heads[-1][0].startswith("412"):
        return _write_error(start, 412, "PreconditionFailed")
    start(*heads[-1])
    return [body]


def ignore_condition(environ: Environ, start: Start, app: App) -> Iterable[bytes]:
    """Write over what is there, as a server does that knows no conditions."""
    environ.pop("HTTP_IF_NONE_MATCH", None)
    return app(environ, start)


def _write_error(start: Start, status: int, code: str) -> Iterable[bytes]:
    start(f"{status} {code}", [("Content-Type", "application/xml")])
    return [ERROR.format(code).encode()]


def _cut(environ: Environ) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError
