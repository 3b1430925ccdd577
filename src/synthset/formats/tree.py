"""The files of a folder, of an archive, or of what lies behind a URL, seen in one way.

Paths are those below the root, with `/`; the root itself is "".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from synthset.errors import DatasetError
from synthset.formats.files_below import (
    Inside,
    is_hidden,
    join_path,
    list_inside,
    read_marks_above,
    walk,
)
from synthset.formats.manifest import FORMAT, LITTER, LOOP, OTHER, STRAY, Passed, PassedOver
from synthset.formats.source_names import decode_name, get_ending, name_path
from synthset.images import SUFFIXES
from synthset.store.remote import Place, Remote


class Tree(ABC):
    """Files and folders by name, each folder listed once; system litter and hidden ones are left
    out.

    Attributes:
        root: where it lies, for messages.
    """

    root: Place

    @abstractmethod
    def list_folder(self, folder: str) -> Inside:
        """What lies in a folder itself; nothing where there is no such folder."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Read a file.

        Raises:
            OSError: it can't be read.
        """

    @abstractmethod
    def name_source(self, path: str) -> str:
        """Say where a file lies, as `Originals` reads it."""

    @abstractmethod
    def list_litter(self, folder: str) -> Iterator[str]:
        """Go through the system's own and hidden files below a folder."""

    def place(self, path: str) -> Place | None:
        """Where a file or folder can be opened by itself; None inside an archive."""
        return None

    def show(self, path: str) -> str:
        """Name a file or folder in messages."""
        return decode_name(f"{self.root}/{path}" if path else str(self.root))

    def list_folders(self, folder: str) -> list[str]:
        """Paths of the folders in a folder, by name."""
        return [join_path(folder, name) for name in self.list_folder(folder).folders]

    def list_files(self, folder: str) -> list[str]:
        """Paths of the files in a folder, by name."""
        return [join_path(folder, name) for name in self.list_folder(folder).files]

    def holds_images(self, folder: str) -> bool:
        """Whether an image lies in a folder itself."""
        return any(map(is_image, self.list_folder(folder).files))

    def list_below(self, folder: str, passed: Passed) -> Iterator[str]:
        """Go through the files of a folder, then those of each folder inside it, by name."""
        for place, inside in self.walk(folder, passed):
            for name in inside.files:
                yield join_path(place, name)

    def walk(self, folder: str, passed: Passed) -> Iterator[tuple[str, Inside]]:
        """Go through a folder and those inside it, each before what lies in it, by name."""
        return walk(folder, self.list_folder, self.show, passed)

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
        elsewhere = tuple(f"{one}/" for one in but)
        if f"{self.show(folder)}/".startswith(elsewhere):
            return
        images, told = set(sources), {row.path for row in passed.rows}
        known = {*passed.read, *told, *but}
        odd = Passed()
        for place, inside in self.walk(folder, odd):
            if f"{self.show(place)}/".startswith(elsewhere):
                continue
            for name in inside.files:
                path = join_path(place, name)
                if self.name_source(path) not in images and (shown := self.show(path)) not in known:
                    passed.add(_explain_leftover(name), shown)
        for path in self.list_litter(folder):
            if not self.show(path).startswith(elsewhere):
                passed.add(LITTER, self.show(path))
        for row in odd.rows:  # a folder that two classes link to is read in each of them
            if (
                row.reason != LOOP
                and row.path not in told
                and not f"{row.path}/".startswith(elsewhere)
            ):
                passed.rows.append(row)


def _explain_leftover(path: str) -> str:
    """Why a file is left over."""
    if is_image(path):
        return STRAY
    return OTHER if get_ending(path) in BESIDE else FORMAT


#: Endings of files that people put beside images, and that hold none.
BESIDE = frozenset(
    {"txt", "md", "csv", "tsv", "json", "jsonl", "yaml", "yml", "xml", "html", "pdf", "log", "toml"}
    | {"ini", "cfg", "py", "sh", "ipynb", "mat", "pkl", "npz", "caption", "parquet", ""}
)


def is_image(path: str) -> bool:
    """Tell by its name whether a file is an image that is read."""
    return f".{get_ending(path)}" in SUFFIXES and not is_hidden(get_name(path))


def get_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def clean_path(name: str) -> str:
    """The path of an archive's member below the archive: nothing is unpacked, so that none leads
    out of it.

    >>> clean_path("/pets/./cat/a.jpg"), clean_path("../cat/a.jpg")
    ('pets/cat/a.jpg', 'cat/a.jpg')
    """
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


class Disk(Tree):
    """A folder of this machine. Links are followed, to a folder once in each walk."""

    def __init__(self, root: Path) -> None:
        self.root = self._root = root
        self._before = f"{root.as_posix().rstrip('/')}/"
        self._listed = dict[str, Inside]()

    def list_folder(self, folder: str) -> Inside:
        return self._list_inside(folder, False)

    def read(self, path: str) -> bytes:
        with open(self._before + path, "rb", buffering=0) as file:
            return file.read()

    def name_source(self, path: str) -> str:
        return name_path(self._before + path)

    def place(self, path: str) -> Path:
        return self._root / path

    def walk(self, folder: str, passed: Passed) -> Iterator[tuple[str, Inside]]:
        above = read_marks_above(self._before + folder)
        return walk(folder, self.list_folder, self.show, passed, above)

    def list_litter(self, folder: str) -> Iterator[str]:
        yield from self._list_litter(folder, set())
        seen = set[Hashable]()
        for _ in self._list_litter("", seen):
            pass
        for place, inside in self.walk(folder, Passed()):
            if inside.mark not in seen:  # behind a link that leads elsewhere
                yield from self._list_litter(place, seen)

    def _list_litter(self, folder: str, seen: set[Hashable]) -> Iterator[str]:
        """Go through what no link leads to."""
        hidden = any(map(is_hidden, folder.split("/")))
        waiting = [(folder, hidden)]
        while waiting:
            place, hidden = waiting.pop()
            inside = self._list_inside(place, hidden)
            seen.add(inside.mark)
            yield from (join_path(place, name) for name in inside.litter)
            waiting += [
                (join_path(place, name), hidden or is_hidden(name))
                for name in reversed(inside.real)
            ]

    def _list_inside(self, folder: str, hidden: bool) -> Inside:
        if folder not in self._listed:
            self._listed[folder] = list_inside(self._before + folder, hidden)
        return self._listed[folder]


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
        self._odd = odd
        self._litter = list[str]()
        found: dict[str, tuple[set[str], list[str]]] = {"": (set(), [])}
        for path in files:
            folder, _, name = path.rpartition("/")
            if not name:
                continue
            if self._enter(folder, found) and not is_hidden(name):
                found[folder][1].append(name)
            else:
                self._litter.append(path)
        for folder in folders:
            self._enter(folder, found)
        self._litter.sort()
        self._listed = {
            folder: Inside(tuple(sorted(names)), tuple(sorted(inner)), mark=folder)
            for folder, (inner, names) in found.items()
        }

    def _enter(self, folder: str, found: dict[str, tuple[set[str], list[str]]]) -> bool:
        """Add a folder and those that it lies in; tell whether none is hidden."""
        new = []
        while folder not in found:
            if is_hidden(get_name(folder)):
                return False
            new.append(folder)
            folder = folder.rpartition("/")[0]
        for one in reversed(new):
            above, _, name = one.rpartition("/")
            found[above][0].add(name)
            found[one] = (set(), [])
        return True

    def walk(self, folder: str, passed: Passed) -> Iterator[tuple[str, Inside]]:
        for one in self._odd:
            if not folder or one.path.startswith(f"{folder}/"):
                passed.add(one.reason, self.show(one.path), one.detail)
        yield from super().walk(folder, passed)

    def list_folder(self, folder: str) -> Inside:
        return self._listed.get(folder, Inside(mark=folder))

    def list_litter(self, folder: str) -> Iterator[str]:
        inside = f"{folder}/" if folder else ""
        return (path for path in self._litter if path.startswith(inside))


class Afar(Listing):
    """A folder behind a URL."""

    def __init__(self, root: Remote) -> None:
        self._root = root
        super().__init__(root, (root.make_relative(file) for file, _ in root.list_files()))

    def read(self, path: str) -> bytes:
        """Read a file.

        Raises:
            DatasetError: the connection broke.
        """
        where = self.place(path)
        try:
            return where.read_bytes()
        except OSError as fault:
            raise DatasetError(f"{where} can't be read ({fault}); try again") from None

    def name_source(self, path: str) -> str:
        return self.place(path).as_posix()

    def place(self, path: str) -> Remote:
        return replace(self._root / path, folder=path in self._listed)


def open_tree(root: Place) -> Tree:
    """The files of a folder, on this disk or behind a URL."""
    return Afar(root) if isinstance(root, Remote) else Disk(root)
