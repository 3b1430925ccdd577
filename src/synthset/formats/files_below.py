"""What lies below a folder: its files by name. Links are followed, and odd entries are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from synthset.formats.manifest import CLOSED, DEAD, LOOP, ODD, Passed
from synthset.formats.source_names import text_of
from synthset.litter import is_litter
from synthset.store.remote import Place, Remote


def files_below(folder: Place, passed: Passed) -> Iterator[Place]:
    """Go through the files of a folder, then those of each folder inside it, by name, without
    hidden ones.

    A folder that several links lead to is entered once, so that no link leads round.

    Args:
        folder: where to begin.
        passed: gathers what is passed over: what is no regular file, folders
            that can't be read or were entered before.
    """
    if isinstance(folder, Remote):
        for file, _ in folder.files_below():
            if not any(map(is_hidden, folder.below(file).split("/"))):
                yield file
        return
    yield from _on_disk(folder, passed)


def _on_disk(folder: Path, passed: Passed) -> Iterator[Path]:
    entered = set[tuple[int, int]]()
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            known = place.stat()
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as fault:
            passed.add(CLOSED, text_of(str(place)), fault.strerror or str(fault))
            continue
        if (known.st_dev, known.st_ino) in entered:
            passed.add(LOOP, text_of(str(place)))
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
                passed.add(kind, text_of(entry.path))
        waiting += reversed(inside)


def kind_of(entry: os.DirEntry[str]) -> str:
    """Tell whether it is a `folder` or a `file`, or its link leads to one; else the reason for
    which it is passed over."""
    try:
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
        return ODD if os.path.exists(entry.path) else DEAD
    except OSError:  # a link to itself, or no right to look
        return DEAD if entry.is_symlink() else "file"


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is the system's own."""
    return is_litter(name)
