"""Takes the encoded image out of a cell of a table."""

from __future__ import annotations

import base64
import re
from pathlib import Path, PurePosixPath
from typing import Any

from synthset.errors import shorten
from synthset.store.remote import Place, Remote

MISSING = "missing or unreadable"
#: As JPEG, PNG, WebP and GIF begin; no path is as long as the least of them.
BASE64 = re.compile(
    r"(?:data:image/[\w.+-]+;base64,)?((?:/9j/|iVBORw0KGgo|UklGR|R0lGOD)[A-Za-z0-9+/\s]{40,}={0,2})\s*"
)


def extract_image(image: Any, path: Place) -> bytes | None:
    """Take the encoded image out of a cell: bytes, also as text in base64, Hugging Face's `{bytes,
    path}` with either of the two, or a path."""
    if isinstance(image, bytes):
        return image
    if isinstance(image, str):
        if (text := BASE64.fullmatch(image)) is not None:
            try:
                return base64.b64decode(text[1])
            except ValueError:  # its end is lost
                return None
        image = {"path": image}
    if not isinstance(image, dict):
        return None
    if image.get("bytes") is not None:
        return bytes(image["bytes"])
    if leads_out(image, path):
        return None
    beside = path.parent / str(image.get("path") or "")
    try:
        return beside.read_bytes() if beside.is_file() else None
    except OSError:
        if isinstance(path, Remote):  # a broken connection is no missing image
            raise
        return None


def leads_out(image: Any, path: Place) -> str | None:
    """Say that a cell names a file that doesn't lie below the Parquet file's own folder.

    Whoever made the file would choose which files of this machine become images. So absolute paths,
    `..`, URLs, and links that lead out of the folder are not followed.
    """
    name = str(image.get("path") or "") if isinstance(image, dict) else ""
    name = image if isinstance(image, str) else name
    plain = PurePosixPath(name.replace("\\", "/"))
    is_url = re.match(r"[A-Za-z][\w+.-]*:", name) is not None
    out = is_url or plain.is_absolute() or ".." in plain.parts
    if not out and name and isinstance(path, Path):
        try:
            out = not (path.parent / name).resolve().is_relative_to(path.parent.resolve())
        except (OSError, ValueError, RuntimeError):  # a loop of links, NUL
            out = True
    if not out:
        return None
    return f"image.path {shorten(name)} is outside the file's folder; put the images inside it"
