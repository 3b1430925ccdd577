"""Gets one row of a list: tries, waits, tries again; then the file must be what was promised."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from synthset.images import UnreadableImage, decode, find_suffix, sha256
from synthset.pools.addresses import Allowed, is_public
from synthset.pools.fetch import FetchLimits, Refused, fetch
from synthset.pools.licenses import is_taken
from synthset.pools.url_lists import Wanted
from synthset.seeds import digest

FIRST_WAIT_S = 1.0  # before the second try; doubled before each further one
LONGEST_WAIT_S = 60.0  # also where a server asks for more


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides whether a row is taken.

    Attributes:
        limits: of one try.
        retries: tries after the first.
        licenses: licences that are taken, however they are spelt (see `licenses`); None takes all,
            also none.
        allowed: which addresses may be asked.
        sleep: waits for so many seconds.
    """

    limits: FetchLimits = field(default_factory=FetchLimits)
    retries: int = 2
    licenses: frozenset[str] | None = None
    allowed: Allowed = is_public
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class DownloadOutcome:
    """What became of a row.

    Attributes:
        wanted: the row.
        data: the file; None where there is none.
        extension: of the file, "jpg".
        width: of the image, in pixels.
        height: of the image, in pixels.
        sha256: of the file.
        reason: why there is no image, one word; None where there is one.
        said: more about that.
        tries: requests that were begun, redirects not counted; 0 where none was allowed.
    """

    wanted: Wanted
    data: bytes | None = None
    extension: str | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    reason: str | None = None
    said: str | None = None
    tries: int = 0


def attempt(wanted: Wanted, terms: Terms) -> DownloadOutcome:
    """Get one image, as far as licence, server and its own bytes allow."""
    if not is_taken(wanted.license, terms.licenses):
        return DownloadOutcome(wanted, reason="license", said=wanted.license or "none is named")
    tries = 0
    while True:
        tries += 1
        try:
            data = fetch(wanted.url, terms.limits, terms.allowed)
        except Refused as fault:
            if fault.passing and tries <= terms.retries:
                terms.sleep(_wait(wanted.url, tries, fault.wait_s))
                continue
            return DownloadOutcome(wanted, reason=fault.reason, said=str(fault), tries=tries)
        return _check_image(wanted, data, tries)


def _wait(url: str, tries: int, asked_s: float | None) -> float:
    """Twice as long each time, by half more or less, so that urls of a server spread out."""
    spread = 0.5 + int(digest([url, tries], size=4), 16) / 2**32
    wait: float = FIRST_WAIT_S * 2 ** (tries - 1) * spread
    return min(max(wait, asked_s or 0.0), LONGEST_WAIT_S)


def _check_image(wanted: Wanted, data: bytes, tries: int) -> DownloadOutcome:
    content = sha256(data)
    if wanted.sha256 and content != wanted.sha256:
        return DownloadOutcome(
            wanted, sha256=content, reason="hash_mismatch", said=content, tries=tries
        )
    extension = find_suffix(data)
    if extension is None:
        said = f"{len(data):,} bytes of another kind"
        return DownloadOutcome(
            wanted, sha256=content, reason="not_an_image", said=said, tries=tries
        )
    try:
        height, width, _ = decode(data).shape
    except UnreadableImage as fault:
        return DownloadOutcome(
            wanted, sha256=content, reason="corrupt", said=str(fault), tries=tries
        )
    return DownloadOutcome(wanted, data, extension[1:], width, height, content, tries=tries)
