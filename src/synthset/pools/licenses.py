"""Which licence do words or an address name? "CC BY-SA 4.0", "cc-by-sa-4.0" and
"https://creativecommons.org/licenses/by-sa/4.0/" are one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses|publicdomain)/(?P<kind>[a-z+-]+)(?:/(?P<version>\d+\.\d+))?"
)
WORD = re.compile(r"cc0|\d+(?:\.\d+)*|[^\W\d_]+")
ELEMENTS = ("by", "nc", "nd", "sa")
SPELT = (  # how Creative Commons' elements are spelt out
    (r"attribution", "by"),
    (r"non[\s_-]?commercial", "nc"),
    (r"no[\s_-]?deriv(?:ative)?s?(?:[\s_-]?works?)?", "nd"),
    (r"share[\s_-]?alike", "sa"),
    (r"\bccby\b", "cc by"),
    (r"\b(?:cc|creative[\s_-]commons)[\s_-]zero\b", "cc0"),
)
BESIDES = frozenset(
    {"cc", "creative", "commons", "license", "licence", "the", "deed", "international", "generic",
     "unported", "universal", "public", "domain", "dedication"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class License:
    """A licence, whatever its spelling.

    Attributes:
        kind: its words, such as ("by", "sa"); empty where none is named.
        version: such as "4.0"; empty where none is named.
    """

    kind: tuple[str, ...]
    version: str = ""

    def takes(self, other: License) -> bool:
        """Whether another is this one: of the same kind, and where this one names a version, of
        that version."""
        return self.kind == other.kind and self.version in ("", other.version)


@lru_cache(maxsize=4096)
def parse_license(text: str | None) -> License:
    """Read a licence. Case, punctuation, and the country that a licence was ported to don't count.

    >>> parse_license("CC BY-SA 4.0")
    License(kind=('by', 'sa'), version='4.0')
    >>> parse_license("https://creativecommons.org/licenses/by-sa/4.0/deed.en")
    License(kind=('by', 'sa'), version='4.0')
    >>> parse_license("MIT License")
    License(kind=('mit',), version='')
    """
    text = (text or "").strip().casefold()
    address = ADDRESS.search(text)
    if address is not None:
        kinds = {"zero": ("cc0",), "mark": ("mark",)}
        parts = tuple(sorted(address["kind"].split("-")))
        return License(kinds.get(address["kind"], parts), address["version"] or "")
    if "://" in text:
        return License((text,))
    for spelt, short in SPELT:
        text = re.sub(spelt, short, text)
    words = WORD.findall(text)
    version = next((word for word in words if word[0].isdigit()), "")
    version += ".0" if version and "." not in version else ""
    words = [word for word in words if not word[0].isdigit()]
    return License(_kind(words) or ((text,) if text else ()), version)


def _kind(words: list[str]) -> tuple[str, ...]:
    """Creative Commons' elements in the order of letters, or the words as they stand."""
    elements = tuple(sorted(set(words) & set(ELEMENTS)))
    rest = [word for word in words if word not in ELEMENTS and word not in BESIDES]
    ported = words[:1] in (["cc"], ["creative"])
    if ported:
        rest = [word for word in rest if len(word) != 2]  # "us", "de"
    if "by" in elements and not rest:
        return elements
    if set(rest) == {"cc0"}:
        return ("cc0",)
    if rest == ["mark"] and {"public", "domain"} <= set(words):
        return ("mark",)
    return tuple(word for word in words if word not in ("the", "license", "licence"))


def is_taken(text: str | None, licenses: Iterable[str] | None) -> bool:
    """Whether a row's licence is one of those that are taken; None takes all, also none."""
    if licenses is None:
        return True
    found = parse_license(text)
    return any(parse_license(asked).takes(found) for asked in licenses)
