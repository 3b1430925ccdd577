"""The files of a folder, of an archive, or of what lies behind a URL, seen in one way.

Paths are those below the root, with `/`; the root itself is "".
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from synthset.errors import DatasetError
from synthset.formats.files_below import files_below, is_hidden, kind_of
from synthset.formats.manifest import FORMAT, LITTER, LOOP, OTHER, STRAY, Passed, PassedOver
from synthset.formats.source_names import ending_of, source_of, text_of
from synthset.images import SUFFIXES
from synthset.store.remote import Place, Remote


class Tree(ABC):
    """Files and folders by name; system litter and hidden ones are left out.

    Attributes:
        root: where it lies, for messages.
    """

    root: Place

    @abstractmethod
    def folders_in(self, folder: str) -> Sequence[str]:
        """Paths of the folders in a folder, by name."""

    @abstractmethod
    def files_in(self, folder: str) -> Sequence[str]:
        """Paths of the files in a folder, by name."""

    @abstractmethod
    def below(self, folder: str, passed: Passed) -> Iterator[str]:
        """Go through the files of a folder, then those of each folder inside it, by name."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Read a file.

        Raises:
            OSError: it can't be read.
        """

    @abstractmethod
    def source(self, path: str) -> str:
        """Say where a file lies, as `Originals` reads it."""

    def place(self, path: str) -> Place | None:
        """Where a file or folder can be opened by itself; None inside an archive."""
        return None

    def show(self, path: str) -> str:
        """Name a file or folder in messages."""
        return text_of(f"{self.root}/{path}" if path else str(self.root))

    def images_in(self, folder: str) -> list[str]:
        """Paths of the images in a folder itself."""
        return [path for path in self.files_in(folder) if is_image(path)]

    def sweep(
        self, folder: str, sources: Iterable[str], passed: Passed, but: Sequence[str] = ()
    ) -> None:
        """Pass over all files of a folder that are not accounted for, each with its reason.

        Args:
            folder: below which to look.
            sources: of the images.
            passed: gathers the others; what it holds already is accounted for.
            but: files and folders below it that others account for, as `show` names them.
        """
        images, told = set(sources), {row.path for row in passed.rows}
        known = {*passed.read, *told, *but}
        elsewhere = tuple(f"{one}/" for one in but)
        odd = Passed()
        for path in self.below(folder, odd):
            shown = self.show(path)
            if shown in known or shown.startswith(elsewhere) or self.source(path) in images:
                continue
            passed.add(_why(path), shown)
        for path in self.litter(folder):
            if not self.show(path).startswith(elsewhere):
                passed.add(LITTER, self.show(path))
        for row in odd.rows:  # a folder that two classes link to is read in each of them
            if (
                row.reason != LOOP
                and row.path not in told
                and not f"{row.path}/".startswith(elsewhere)
            ):
                passed.rows.append(row)

    def litter(self, folder: str) -> Iterator[str]:
        """Go through the system's own and hidden files below a folder."""
        yield from ()


def _why(path: str) -> str:
    """Why a file is left over."""
    if is_image(path):
        return STRAY
    return OTHER if ending_of(path) in BESIDE else FORMAT


#: Endings of files that people put beside images, and that hold none.
BESIDE = frozenset(
    {"txt", "md", "csv", "tsv", "json", "jsonl", "yaml", "yml", "xml", "html", "pdf", "log", "toml"}
    | {"ini", "cfg", "py", "sh", "ipynb", "mat", "pkl", "npz", "caption", "parquet", ""}
)


def is_image(path: str) -> bool:
    """Tell by its name whether a file is an image that is read."""
    return f".{ending_of(path)}" in SUFFIXES and not is_hidden(name_of(path))


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def inside(name: str) -> str:
    """The path of an archive's member below the archive: nothing is unpacked, so that none leads
    out of it.

    >>> inside("/pets/./cat/a.jpg"), inside("../cat/a.jpg")
    ('pets/cat/a.jpg', 'cat/a.jpg')
    """
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def joined(folder: str, name: str) -> str:
    """The path of something in a folder."""
    return f"{folder}/{name}" if folder else name


class Disk(Tree):
    """A folder of this machine. Links are followed, to a folder once in each walk."""

    def __init__(self, root: Path) -> None:
        self.root = self._root = root

    def folders_in(self, folder: str) -> list[str]:
        return self._inside(folder, "folder")

    def files_in(self, folder: str) -> list[str]:
        return self._inside(folder, "file")

    def below(self, folder: str, passed: Passed) -> Iterator[str]:
        start = len(self.root.as_posix().rstrip("/")) + 1
        for file in files_below(self._at(folder), passed):
            yield file.as_posix()[start:]

    def read(self, path: str) -> bytes:
        return self._at(path).read_bytes()

    def source(self, path: str) -> str:
        return source_of(self._at(path))

    def place(self, path: str) -> Path:
        return self._at(path)

    def litter(self, folder: str) -> Iterator[str]:
        start = len(self.root.as_posix().rstrip("/")) + 1
        for place, folders, files in os.walk(self._at(folder)):
            hidden = any(map(is_hidden, place[start:].split("/"))) if place[start:] else False
            folders.sort()
            for name in sorted(files):
                if hidden or is_hidden(name):
                    yield joined(place[start:], name)

    def _at(self, path: str) -> Path:
        return self._root / path if path else self._root

    def _inside(self, folder: str, kind: str) -> list[str]:
        try:
            with os.scandir(self._at(folder)) as inside:
                names = [
                    one.name for one in inside if not is_hidden(one.name) and kind_of(one) == kind
                ]
        except OSError:  # it is not there, or may not be read, which whoever reads it says
            return []
        return [joined(folder, name) for name in sorted(names)]


class Listing(Tree):
    """A tree whose files were all listed at once.

    Args:
        root: where it lies.
        files: paths of all files.
        folders: paths of folders, those without a file among them.
        odd: what is no file that can be read, by its path.
    """

    def __init__(
        self,
        root: Place,
        files: Iterable[str],
        folders: Iterable[str] = (),
        odd: Sequence[PassedOver] = (),
    ) -> None:
        self.root = root
        self._all = list(files)
        self._empty = list(folders)
        self._odd = odd

    @cached_property
    def _index(self) -> dict[str, tuple[set[str], list[str]]]:
        index: dict[str, tuple[set[str], list[str]]] = {"": (set(), [])}
        for path in [*self._all, *(f"{folder}/" for folder in self._empty)]:
            if any(map(is_hidden, path.split("/"))):
                continue
            *above, name = path.split("/")
            folder = ""
            for part in above:
                index[folder][0].add(joined(folder, part))
                folder = joined(folder, part)
                index.setdefault(folder, (set(), []))
            if name:
                index[folder][1].append(path)
        return index

    def folders_in(self, folder: str) -> list[str]:
        return sorted(self._index.get(folder, (set(), []))[0])

    def files_in(self, folder: str) -> list[str]:
        return sorted(self._index.get(folder, (set(), []))[1])

    def below(self, folder: str, passed: Passed) -> Iterator[str]:
        for one in self._odd:
            if not folder or one.path.startswith(f"{folder}/"):
                passed.add(one.reason, self.show(one.path), one.detail)
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            yield from self.files_in(place)
            waiting += reversed(self.folders_in(place))

    def litter(self, folder: str) -> Iterator[str]:
        for path in sorted(self._all):
            inside = not folder or path.startswith(f"{folder}/")
            if inside and any(map(is_hidden, path.split("/"))):
                yield path


class Afar(Listing):
    """A folder behind a URL."""

    def __init__(self, root: Remote) -> None:
        self._files = {root.below(file): file for file, _ in root.files_below()}
        super().__init__(root, self._files)

    def read(self, path: str) -> bytes:
        """Read a file.

        Raises:
            DatasetError: the connection broke.
        """
        try:
            return self._files[path].read_bytes()
        except OSError as fault:
            where = self._files[path]
            raise DatasetError(f"{where} can't be read ({fault}); try again") from None

    def source(self, path: str) -> str:
        return self._files[path].as_posix()

    def place(self, path: str) -> Remote | None:
        return self._files.get(path)


def tree_at(root: Place) -> Tree:
    """The files of a folder, on this disk or behind a URL."""
    return Afar(root) if isinstance(root, Remote) else Disk(root)
