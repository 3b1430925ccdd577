"""Finds the image that a row of a table names among the images that are there."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from synthset.formats.files_below import is_hidden
from synthset.formats.split_names import split_of
from synthset.images import SUFFIXES

SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")
ROOT = re.compile(r"([A-Za-z]:)?/")


class ImageNames:
    """The images below a root, by their paths from there.

    Names are looked up among these alone, so that no table leads to another file.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.images = tuple(name for name in names if is_image_name(name))
        self._exact = {unicodedata.normalize("NFC", name): name for name in self.images}
        self._by_file: dict[str, list[str]] = {}
        for name in self.images:
            file = _fold_case(posixpath.basename(name))
            for called in {file, posixpath.splitext(file)[0]}:
                self._by_file.setdefault(called, []).append(name)

    def find_at(self, folder: str, cell: str) -> Sequence[str]:
        """Find the image whose path from a folder on a cell writes; none where it is not there."""
        path = posixpath.normpath(posixpath.join(folder, _use_slashes(cell)))
        found = self._exact.get(unicodedata.normalize("NFC", path))
        return () if found is None else (found,)

    def find_called(self, folder: str, cell: str, split: str | None = None) -> Sequence[str]:
        """Find the images that a cell may mean: a path, or its end, with or without extension.

        Those below the folder of the table come before others, and those of the table's split
        before those of none; images of a test split are meant by nothing else than its own rows.

        Args:
            folder: of the table.
            cell: what a row calls its image.
            split: of the row, where it is known.

        Returns:
            None of them, one, or several that are equally near.
        """
        if not ROOT.match(_use_slashes(cell)) and SCHEME.match(cell):
            return ()
        wanted = [
            part for part in _fold_case(_use_slashes(cell)).split("/") if part not in ("", ".")
        ]
        whole = ROOT.match(_use_slashes(cell)) is not None
        ranked: dict[tuple[bool, int, bool], list[str]] = {}
        for name in self._by_file.get(wanted[-1], ()) if wanted else ():
            near = name.startswith(f"{folder}/") if folder else True
            said = _splits_of(name.removeprefix(f"{folder}/") if near else name)
            alike = _count_shared_parts(wanted, name)
            fits = alike == len(wanted) or alike == _depth(name, folder) or (whole and alike > 1)
            if fits and not ("test" in said and split != "test"):
                ranked.setdefault((near, alike, split in said), []).append(name)
        return ranked[max(ranked)] if ranked else ()


def is_image_name(name: str) -> bool:
    """Tell by its path whether a file is an image that is read."""
    is_known = posixpath.splitext(name)[1].lower() in SUFFIXES
    return is_known and not any(map(is_hidden, name.split("/")))


def _count_shared_parts(wanted: Sequence[str], name: str) -> int:
    """How many parts of two paths are the same, from their ends."""
    parts = _fold_case(name).split("/")
    count = 1  # the file itself, perhaps without its extension
    for one, other in zip(reversed(wanted[:-1]), reversed(parts[:-1]), strict=False):
        if one != other:
            break
        count += 1
    return count


def _depth(name: str, folder: str) -> int:
    """Parts of a path from a folder on."""
    return len(name.removeprefix(f"{folder}/" if folder else "").split("/"))


def _splits_of(name: str) -> set[str | None]:
    return _splits_of_folder(posixpath.dirname(name))


@lru_cache(maxsize=4096)
def _splits_of_folder(folder: str) -> set[str | None]:
    return {split_of(part) for part in folder.split("/") if part}


def _use_slashes(cell: str) -> str:
    return cell.strip().replace("\\", "/")


def _fold_case(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
