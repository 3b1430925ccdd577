"""What lies below a folder: its files by name. Links are followed, and odd entries are told."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthset.formats.source_names import text_of
from synthset.store.remote import Place, Remote

HIDDEN = (".", "__MACOSX")
ODD = "not a regular file"  # a FIFO, a socket or a device, which to open may take for ever


def files_below(folder: Place, passed: Counter[str]) -> Iterator[Place]:
    """Go through the files of a folder, then those of each folder inside it, by name, without
    hidden ones.

    A folder that several links lead to is entered once, so that no link leads round. A link that
    leads nowhere is given like a file, which can't be read.

    Args:
        folder: where to begin.
        passed: counts what is passed over, each with its path: what is no regular file, folders
            that can't be read or were entered before.
    """
    if isinstance(folder, Remote):
        for file, _ in folder.files_below():
            if not any(map(is_hidden, folder.below(file).split("/"))):
                yield file
        return
    yield from _on_disk(folder, passed)


def _on_disk(folder: Path, passed: Counter[str]) -> Iterator[Path]:
    entered = set[tuple[int, int]]()
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            known = place.stat()
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as fault:
            passed[f"{text_of(str(place))} can't be read ({fault.strerror})"] += 1
            continue
        if (known.st_dev, known.st_ino) in entered:
            passed[f"{text_of(str(place))} leads to a folder that was read already"] += 1
            continue
        entered.add((known.st_dev, known.st_ino))
        inside = []
        for entry in entries:
            if is_hidden(entry.name):
                continue
            kind = kind_of(entry)
            if kind == "folder":
                inside.append(place / entry.name)
            elif kind == "file":
                yield place / entry.name
            else:
                passed[f"{text_of(entry.path)} is {ODD}"] += 1
        waiting += reversed(inside)


def kind_of(entry: os.DirEntry[str]) -> str:
    """Tell whether it is a `folder`, a `file` or odd, or what its link leads to; where that can't
    be told, reading it will."""
    try:
        if entry.is_dir():
            return "folder"
        return ODD if not entry.is_file() and os.path.exists(entry.path) else "file"
    except OSError:  # a link to itself, or no right to look
        return "file"


def is_hidden(name: str) -> bool:
    """Tell whether a file is the system's own."""
    return name.startswith(HIDDEN)
