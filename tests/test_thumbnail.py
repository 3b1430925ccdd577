"""Small copies of images."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from synthset import thumbnail as module
from synthset.images import decode, encode
from synthset.thumbnail import make_thumbnail


def content(uri: str) -> bytes:
    return base64.b64decode(uri.partition(";base64,")[2])


def test_what_is_no_image_has_no_thumbnail() -> None:
    assert make_thumbnail(b"\xff\xd8 no image", 128) is None
    assert make_thumbnail(None, 128) is None


def test_a_format_that_browsers_may_not_know_is_written_anew(monkeypatch: Any) -> None:
    png = encode(np.full((8, 8, 3), 7, dtype=np.uint8), "png")
    monkeypatch.setattr(module, "MIME", ())
    thumbnail = make_thumbnail(png, 128)
    assert thumbnail is not None
    assert thumbnail.uri.startswith("data:image/webp")


def test_a_large_image_of_few_bytes_gets_smaller_too() -> None:
    flat = encode(np.full((300, 200, 3), 7, dtype=np.uint8), "jpeg", 50)
    thumbnail = make_thumbnail(flat, 128)
    assert thumbnail is not None
    assert decode(content(thumbnail.uri)).shape == (128, 85, 3)
