"""Files that are there whole or not at all: written in a scratch folder, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from synthset.errors import DatasetError

SCRATCH = ".unfinished"


def write_aside(place: Path, name: str, data: bytes) -> None:
    """Write one file of an export.

    Args:
        place: the folder of the export; its scratch folder lies on the same disk.
        name: path within it; folders are made as needed.
        data: the whole content.

    Raises:
        DatasetError: the disk is full or cannot be written; what is finished stays.
    """
    scratch = place / SCRATCH / f"{os.getpid()}-{secrets.token_hex(6)}"
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(data)
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(scratch, place / name)
    except OSError as fault:
        raise DatasetError(
            f"{place / name}: cannot be written ({fault.strerror}); mend that and run again, it "
            "goes on from here"
        ) from None


def write_changed(place: Path, name: str, data: bytes) -> None:
    """Write one file of an export, unless it already says the same."""
    final = place / name
    if not final.exists() or final.read_bytes() != data:
        write_aside(place, name, data)


def clear_scratch(place: Path) -> None:
    """Remove what a kill has left in the scratch folder."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for file in (place / SCRATCH).iterdir():
            file.unlink(missing_ok=True)
        (place / SCRATCH).rmdir()
