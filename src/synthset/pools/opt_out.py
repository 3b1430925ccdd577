"""Does a server ask that a picture be left out of datasets?

Sources: Google's definition of `X-Robots-Tag`; DeviantArt's `noai` and `noimageai`; the W3C's
TDM Reservation Protocol (`tdm-reservation: 1`)
"""

from __future__ import annotations

from email.message import Message

DENIED = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
AGENTS = frozenset({"*", "synthset", "img2dataset"})  # whom a directive addresses that we heed
VALUED = frozenset(  # directives with a value after a colon, which are no agents
    {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}
)


def find_opt_out(headers: Message) -> str | None:
    """Find what asks to be left out.

    Args:
        headers: of a response.

    Returns:
        The directive, such as "noai"; None if there is none that is meant for us.
    """
    if str(headers.get("tdm-reservation", "")).strip() == "1":
        return "tdm-reservation"
    for value in headers.get_all("X-Robots-Tag", []):
        agent = "*"
        for part in str(value).lower().split(","):
            name, colon, rest = (piece.strip() for piece in part.partition(":"))
            if name in VALUED:
                continue
            directive = rest if colon else name
            agent = name if colon else agent
            if agent in AGENTS and directive in DENIED:
                return directive
    return None
