"""What lies below a folder: its files by name. Links are followed, and odd entries are told."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synthset.formats.manifest import CLOSED, DEAD, LOOP, ODD, Passed
from synthset.litter import is_litter


@dataclass(frozen=True, slots=True)
class Inside:
    """What lies in a folder itself: names, sorted.

    Attributes:
        files: regular ones, and links to such; without hidden ones.
        folders: and links to such; without hidden ones.
        litter: hidden files; in a hidden folder all.
        real: folders that are no links, with hidden ones.
        odd: what is neither, and the reason for which it is passed over.
        mark: tells folders apart that links lead to; None where it can't be read.
        fault: why it can't be read.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    litter: tuple[str, ...] = ()
    real: tuple[str, ...] = ()
    odd: tuple[tuple[str, str], ...] = ()
    mark: Hashable = None
    fault: str = ""


def walk(
    folder: str,
    listed: Callable[[str], Inside],
    show: Callable[[str], str],
    passed: Passed,
    above: Iterable[Hashable] = (),
) -> Iterator[tuple[str, Inside]]:
    """Go through a folder and those inside it, each before what lies in it, by name.

    A folder that several links lead to is entered once, so that no link leads round.

    Args:
        folder: where to begin.
        listed: lists one of them.
        show: names a file or folder in messages.
        passed: gathers what is passed over: what is no regular file, folders that can't be read or
            were entered before.
        above: marks of the folders that it lies in, to which a link may lead back.
    """
    entered = set(above)
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        inside = listed(place)
        if inside.fault:
            passed.add(CLOSED, show(place), inside.fault)
            continue
        if inside.mark in entered:
            passed.add(LOOP, show(place))
            continue
        entered.add(inside.mark)
        for name, reason in inside.odd:
            passed.add(reason, show(join_path(place, name)))
        yield place, inside
        waiting += [join_path(place, name) for name in reversed(inside.folders)]


def list_inside(folder: str, hidden: bool = False) -> Inside:
    """List one folder of this machine.

    Args:
        folder: its path.
        hidden: whether it lies in a hidden folder, or is one.
    """
    try:
        known = os.stat(folder)
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as fault:
        return Inside(fault=fault.strerror or str(fault))
    files, folders, litter, real = list[str](), list[str](), list[str](), list[str]()
    odd = list[tuple[str, str]]()
    for entry in entries:
        kind, out_of_sight = classify_entry(entry), hidden or is_hidden(entry.name)
        if kind == "folder" and not entry.is_symlink():
            real.append(entry.name)
        if out_of_sight:
            litter += [entry.name] if kind != "folder" else []
        elif kind in ("file", "folder"):
            (files if kind == "file" else folders).append(entry.name)
        else:
            odd.append((entry.name, kind))
    lists = (tuple(files), tuple(folders), tuple(litter), tuple(real), tuple(odd))
    return Inside(*lists, (known.st_dev, known.st_ino))


def read_marks_above(folder: str) -> Iterator[Hashable]:
    """The marks of the folders that a folder of this machine lies in."""
    for place in Path(os.path.realpath(folder)).parents:
        try:
            known = os.stat(place)
        except OSError:  # no right to look
            continue
        yield known.st_dev, known.st_ino


def classify_entry(entry: os.DirEntry[str]) -> str:
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


def join_path(folder: str, name: str) -> str:
    """The path of something in a folder."""
    return f"{folder}/{name}" if folder else name
