"""The scratch folder of an export, which lies in it: what isn't finished is in no user's way."""

from __future__ import annotations

import contextlib
from pathlib import Path

from synthset.store.files import discard_temporaries, replace_file

SCRATCH = ".unfinished"


def write_file(place: Path, name: str, data: bytes) -> None:
    """Write one file of an export; `os.sync` after the last makes all of them durable.

    Args:
        place: the folder of the export.
        name: path within it; folders are made as needed.
        data: the whole content.

    Raises:
        OSError: the disk is full or cannot be written; what is finished stays.
    """
    replace_file(place / name, data, place / SCRATCH, durable=False)


def write_changed(place: Path, name: str, data: bytes) -> None:
    """Write one file of an export, unless it already says the same."""
    final = place / name
    if not final.exists() or final.read_bytes() != data:
        write_file(place, name, data)


def clear_scratch(place: Path) -> None:
    """Remove what a kill has left in the scratch folder, and the folder if it is empty."""
    discard_temporaries(place / SCRATCH)
    with contextlib.suppress(OSError):
        (place / SCRATCH).rmdir()
