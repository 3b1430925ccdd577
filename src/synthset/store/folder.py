"""Files that are created once and never changed, on a disk or in an object store."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import pyarrow as pa

from synthset.litter import is_litter
from synthset.store.create_only import create_object
from synthset.store.files import create_file, discard_temporaries, replace_file
from synthset.store.ranges import Ranges
from synthset.store.remote import Remote, name_url, parse_place

WHOLE = 4 * 2**20  # bytes of an object that is read at once, since each request takes its time
AT_ONCE = 16  # requests
PART = 16 * 2**20  # bytes of an upload to S3, which its driver sends ten at a time
Item = TypeVar("Item")
Result = TypeVar("Result")


class Storage(ABC):
    """A place for files. Paths are relative, with `/` between their parts; what is hidden or the
    system's own is not listed.

    Attributes:
        url: path or URL.
        fence: called before a file is replaced; raises if this process may not any more.
    """

    url: str
    fence: Callable[[], None] | None = None

    @abstractmethod
    def names(self, path: str = "") -> list[str]:
        """List what lies directly in a folder, sorted; empty if there is no such folder."""

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Read a file."""

    @abstractmethod
    def open(self, path: str) -> pa.NativeFile:
        """Open a file for reading at any place."""

    @abstractmethod
    def create(self, path: str, data: bytes) -> bool:
        """Write a whole file, so that a reader sees all of it or nothing, and the first writer
        wins.

        Returns:
            False if another file was already there; it is left as it is.
        """

    def replace(self, path: str, data: bytes) -> None:
        """Write a small file of ours that describes the present state, in place of the one
        before."""
        if self.fence:
            self.fence()
        self._replace(path, data)

    @abstractmethod
    def _replace(self, path: str, data: bytes) -> None: ...

    @abstractmethod
    def append(self, path: str, line: str) -> None:
        """Add a line to a log."""

    @abstractmethod
    def lines(self, path: str) -> list[str]:
        """Read a log; empty if there is none."""

    @abstractmethod
    def discard(self, path: str) -> None:
        """Remove scratch of ours; quietly if another process was faster."""

    def map(self, do: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Do something with each of several files, in their order; where each takes long, with a
        few at once, ahead of whoever asks."""
        return map(do, items)

    def discard_temporaries(self, path: str) -> None:  # noqa: B027 - object stores have none
        """Remove half-written files that a kill left directly in a folder.

        Only for the holder of the lock: another process may be writing one.
        """


def open_folder(url: str | os.PathLike[str]) -> Storage:
    """Open a place by its path (`./pets`) or URL (`s3://bucket/pets`); it need not exist yet."""
    place = parse_place(os.fspath(url), use_listings_cache=False)  # others write there, too
    return ObjectFolder(place) if isinstance(place, Remote) else LocalFolder(place)


class LocalFolder(Storage):
    """A folder on a disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def names(self, path: str = "") -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.root / path) if not is_litter(name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def open(self, path: str) -> pa.NativeFile:
        return pa.memory_map(str(self.root / path))

    def create(self, path: str, data: bytes) -> bool:
        return create_file(self.root / path, data)

    def _replace(self, path: str, data: bytes) -> None:
        replace_file(self.root / path, data)

    def append(self, path: str, line: str) -> None:
        final = self.root / path
        final.parent.mkdir(parents=True, exist_ok=True)
        with open(final, "ab+") as log:
            with contextlib.suppress(OSError):  # some disks have no locks
                fcntl.flock(log, fcntl.LOCK_EX)  # over a network, appending alone may overwrite
            log.seek(0, os.SEEK_END)
            if log.tell() and os.pread(log.fileno(), 1, log.tell() - 1) != b"\n":
                line = "\n" + line  # a kill or a full disk cut the last one short
            log.write(line.encode() + b"\n")

    def lines(self, path: str) -> list[str]:
        try:
            return (self.root / path).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def discard(self, path: str) -> None:
        target = self.root / path
        with contextlib.suppress(FileNotFoundError, OSError):
            if target.is_dir():
                target.rmdir()
            else:
                target.unlink()

    def discard_temporaries(self, path: str) -> None:
        discard_temporaries(self.root / path)


class ObjectFolder(Storage):
    """A prefix in an object store, or anything else that fsspec reaches."""

    def __init__(self, place: Remote) -> None:
        self.url = place.url
        self._place = place
        self._sizes: dict[str, int] = {}  # as listed; what is opened never changes
        self._fs: Any = place.system
        self._root = place.path

    def map(self, do: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        ahead: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for item in items:
                ahead.append(pool.submit(do, item))
                if len(ahead) == AT_ONCE:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _ask(self, path: str) -> contextlib.AbstractContextManager[None]:
        return name_url(f"{self.url}/{path}")

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else str(self._root)

    def names(self, path: str = "") -> list[str]:
        try:
            with self._ask(path):
                found = self._fs.ls(self._at(path), detail=True)
        except FileNotFoundError:
            return []
        sizes = {PurePosixPath(item["name"]).name: item["size"] for item in found}
        self._sizes |= {f"{path}/{name}": int(size or 0) for name, size in sizes.items()}
        return sorted(name for name in sizes if name and not is_litter(name))

    def exists(self, path: str) -> bool:
        with self._ask(path):
            return bool(self._fs.exists(self._at(path)))

    def read(self, path: str) -> bytes:
        with self._ask(path):
            data: bytes = self._fs.cat_file(self._at(path), start=0)  # else s3fs asks for the size
            return data

    def open(self, path: str) -> pa.NativeFile:
        file = self._place / path
        size = self._sizes.get(path) or file.num_bytes
        if size <= WHOLE:
            return pa.BufferReader(file.read_range(0, size))
        return pa.PythonFile(Ranges(file, size), mode="r")

    def create(self, path: str, data: bytes) -> bool:
        try:
            with self._ask(path):
                create_object(self._fs, self._at(path), data)
        except FileExistsError:  # the driver asks again after a lost answer, and meets its own file
            with contextlib.suppress(FileNotFoundError):
                return self.read(path) == data
            return False
        return True

    def _replace(self, path: str, data: bytes) -> None:
        with self._ask(path):
            self._fs.pipe_file(self._at(path), data)

    def upload(self, path: str, file: Path) -> None:
        """Copy a file of this disk to a place here, in parts that memory holds with ease; a reader
        sees all of it or nothing."""
        options = {"chunksize": PART} if "s3" in self._fs.protocol else {}
        with self._ask(path):
            self._fs.put_file(str(file), self._at(path), **options)

    def append(self, path: str, line: str) -> None:
        name = f"{path}.d/{time.time_ns():020d}-{secrets.token_hex(2)}.json"
        with self._ask(name):
            self._fs.pipe_file(self._at(name), line.encode())

    def lines(self, path: str) -> list[str]:
        names = [f"{path}.d/{name}" for name in self.names(f"{path}.d")]
        return [data.decode() for data in self.map(self.read, names)]

    def discard(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError), self._ask(path):
            self._fs.rm_file(self._at(path))
