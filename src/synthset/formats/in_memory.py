"""Images that no file holds as they are: each is written as a PNG and stays in memory."""

from __future__ import annotations

import io

from PIL import Image

from synthset.formats.listed import Label, Listed
from synthset.images import sha256


def list_in_memory(source: str, label: Label, image: Image.Image) -> Listed:
    """List an image of a package's data set.

    Args:
        source: what messages call it.
        label: what it is of.
        image: as the package gives it.
    """
    written = io.BytesIO()
    image.save(written, "png")
    data = written.getvalue()
    return Listed(source, label, content=sha256(data), num_bytes=len(data), read=lambda: data)
