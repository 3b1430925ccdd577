"""The folder of an export, on a disk or in an object store. What isn't finished lies in a scratch
folder, where it is in no user's way."""

from __future__ import annotations

import contextlib
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from synthset.litter import is_litter
from synthset.seeds import fingerprint
from synthset.store.files import discard_temporaries, lend, replace_file, write_aside
from synthset.store.folder import LocalFolder, ObjectFolder, Storage
from synthset.store.remote import Place, Remote, name_url, parse_place

SCRATCH = ".unfinished"
SIGNS = ("ETag", "etag", "created")  # of S3; of Google and Azure; of fsspec's memory
Item = TypeVar("Item")
Result = TypeVar("Result")


class ExportFolder(ABC):
    """The folder of an export, which need not exist yet; names are paths within it.

    Attributes:
        place: where it is.
        scratch: folder on a disk for files that are being written.
        on_disk: whether it is on a disk, where a power cut may tear a file.
    """

    place: Place
    scratch: Path
    on_disk: bool
    _files: Storage

    def __str__(self) -> str:
        return str(self.place)

    def list_names(self) -> list[str]:
        """List what lies directly in it; hidden files are scratch, or in nobody's way."""
        return self._files.names()

    @abstractmethod
    def list_files(self, below: str) -> Iterator[str]:
        """List the files of a folder in it and of those further in, without the system's own."""

    @abstractmethod
    def look(self) -> list[tuple[str, int, str]]:
        """List all of these files by name: with their bytes, and what tells that one was written
        again."""

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self._files.exists(name)

    def read(self, name: str) -> bytes:
        """Read a file."""
        return self._files.read(name)

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a whole file, in place of the one before; `sync` after the last makes all durable.

        Raises:
            OSError: the disk is full or cannot be written; what is finished stays.
        """

    def write_changed(self, name: str, data: bytes) -> None:
        """Write a file, unless it already says the same."""
        if not self.exists(name) or self.read(name) != data:
            self.write(name, data)

    @abstractmethod
    def lend(self, name: str) -> AbstractContextManager[Path]:
        """Lend a path on a disk; what lies there at the end of the block becomes the file."""

    def map(self, do: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Do something with several files in their order, in an object store with a few at once."""
        return self._files.map(do, items)

    def clear_scratch(self) -> None:
        """Remove what a kill has left in the scratch folder, and the folder if it is empty."""
        discard_temporaries(self.scratch)
        with contextlib.suppress(OSError):
            self.scratch.rmdir()

    @abstractmethod
    def sync(self) -> None:
        """Make all files outlast a power cut."""


def open_export(path: str) -> ExportFolder:
    """Open the folder of an export by its path or URL.

    Raises:
        DatasetError: a package is missing that speaks this protocol, or none does.
        UsageError: it is a URL that lost a slash.
    """
    place = parse_place(path, use_listings_cache=False)  # our own writes change what is listed
    return _InStore(place) if isinstance(place, Remote) else _OnDisk(place)


class _OnDisk(ExportFolder):
    on_disk = True

    def __init__(self, place: Path) -> None:
        self.place = self._root = place
        self._files, self.scratch = LocalFolder(place), place / SCRATCH

    def list_files(self, below: str) -> Iterator[str]:
        for folder, folders, names in os.walk(self._root / below):
            folders[:] = [name for name in folders if not is_litter(name)]
            inside = Path(folder).relative_to(self._root)
            yield from ((inside / name).as_posix() for name in names if not is_litter(name))

    def look(self) -> list[tuple[str, int, str]]:
        found = ((name, (self._root / name).stat()) for name in self.list_files(""))
        return sorted((name, about.st_size, str(about.st_mtime_ns)) for name, about in found)

    def write(self, name: str, data: bytes) -> None:
        replace_file(self._root / name, data, self.scratch, durable=False)

    def lend(self, name: str) -> AbstractContextManager[Path]:
        return write_aside(self._root / name, self.scratch, durable=False)

    def sync(self) -> None:
        os.sync()


class _InStore(ExportFolder):
    on_disk = False

    def __init__(self, place: Remote) -> None:
        self.place, self._remote = place, place
        self._files: ObjectFolder = ObjectFolder(place)
        name = fingerprint([place.url, str(Path.home())])  # the same after a kill
        self.scratch = Path(tempfile.gettempdir()) / f"synthset-export-{name}"

    def list_files(self, below: str) -> Iterator[str]:
        for file, _ in (self._remote / below).list_files():
            name = self._remote.make_relative(file)
            if not any(is_litter(part) for part in name.split("/")):
                yield name

    def look(self) -> list[tuple[str, int, str]]:
        with name_url(self._remote.url):
            found = self._remote.system.find(self._remote.path, detail=True)
        return sorted(
            (path, int(facts["size"]), str([facts.get(sign) for sign in SIGNS]))
            for path, facts in found.items()
        )

    def write(self, name: str, data: bytes) -> None:
        self._files.replace(name, data)

    @contextlib.contextmanager
    def lend(self, name: str) -> Iterator[Path]:
        with lend(self.scratch, str(self.scratch)) as temporary:
            yield temporary
            self._files.upload(name, temporary)

    def sync(self) -> None:
        """An object that is there is safe."""
