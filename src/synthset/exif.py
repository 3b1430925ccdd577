"""How a camera was held: the one number of EXIF that decides what a picture shows."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

TAG = 0x0112
INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}  # EXIF's types, as `struct` has them
ENTRY_BYTES = 12
IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


def read_orientation(info: Mapping[Any, Any]) -> int:
    """Read how an image lies in its file.

    Nothing else of EXIF is read: other tags may be broken, and are no reason to lose a picture.

    Args:
        info: Pillow's facts of the file.

    Returns:
        1 (upright) to 8, as EXIF counts; XMP's where there is no EXIF, and 1 where nothing sensible
        is said.
    """
    try:
        said = _by_exif(_block(info))
        said = _by_xmp(info) if said is None else said
    except (struct.error, ValueError, TypeError, AttributeError):  # it leads astray
        return 1
    return said if said is not None and 1 <= said <= 8 else 1


def _block(info: Mapping[Any, Any]) -> bytes:
    """The EXIF as bytes; older PNG files have it as text."""
    text: str = info.get("Raw profile type exif", "")
    block: bytes = info.get("exif") or bytes.fromhex("".join(text.split("\n")[3:]))
    return re.sub(rb"^(Exif\0\0)+", b"", block)


def _by_exif(block: bytes) -> int | None:
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return None
    (first,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, first)
    for i in range(count):
        place = first + 2 + ENTRY_BYTES * i
        tag, kind = struct.unpack_from(f"{order}HH", block, place)
        if tag == TAG:
            letter = INTEGERS.get(kind)
            return struct.unpack_from(order + letter, block, place + 8)[0] if letter else None
    return None


def _by_xmp(info: Mapping[Any, Any]) -> int | None:
    said = info.get("XML:com.adobe.xmp") or info.get("xmp") or b""
    found = IN_XMP.search(said.encode() if isinstance(said, str) else said)
    return int(found[1]) if found else None
