"""Files that are only read, wherever they lie: on a disk (`Path`), or where fsspec reaches
(`Remote`, which answers what readers ask of a Path)."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from synthset.errors import DatasetError, UsageError

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")
EXTRAS = {  # of this package, by protocol
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "azure"),
}
ERRNOS: dict[type[OSError], int] = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    PermissionError: errno.EACCES,
    TimeoutError: errno.ETIMEDOUT,
}
CUT_URL = re.compile(r"(s3a?|gc?s|az|abfss?|hf|https?|memory):(?!//)")  # what is left of one


@dataclass(frozen=True)
class Remote:
    """A file or folder behind a URL. Whatever fails is an OSError, as on a disk.

    Attributes:
        url: as records name it, such as `s3://bucket/laion/0.parquet`.
        path: as its file system names it, such as `bucket/laion/0.parquet`.
        system: fsspec's file system.
        folder: whether it is one, where a listing has said so.
    """

    url: str
    path: str = field(compare=False)
    system: Any = field(compare=False, repr=False)
    folder: bool | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.url

    def as_posix(self) -> str:
        """The URL."""
        return self.url

    @property
    def name(self) -> str:
        """What follows the last `/`."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """The extension, such as `.tar`."""
        return PurePosixPath(self.path).suffix

    @property
    def parent(self) -> Remote:
        """The folder that it lies in."""
        return self._at(self.path.rpartition("/")[0])

    def with_suffix(self, suffix: str) -> Remote:
        """The file of the same name with another extension."""
        return self._at(self.path.removesuffix(self.suffix) + suffix)

    def __truediv__(self, name: str) -> Remote:
        return self._at(f"{self.path}/{name}")

    def exists(self) -> bool:
        """Tell whether anything is there."""
        return self._type() is not None

    def is_dir(self) -> bool:
        """Tell whether it is a folder."""
        return self._type() == "directory" if self.folder is None else self.folder

    def is_file(self) -> bool:
        """Tell whether it is a file."""
        return self._type() == "file" if self.folder is None else not self.folder

    def glob(self, pattern: str) -> list[Remote]:
        """List what lies in this folder by a pattern; each knows whether it is a folder."""
        return self._at(f"{self.path}/{pattern}")._list_matches()

    def find(self) -> list[Remote]:
        """This, if it is there; else what it stands for as a pattern, by name."""
        self.system.invalidate_cache()
        kind = self._type()
        return self._list_matches() if kind is None else [self._at(self.path, kind == "directory")]

    def _list_matches(self) -> list[Remote]:
        with self._ask():
            found = self.system.glob(self.path, detail=True)
        return [
            self._at(path.rstrip("/"), facts["type"] == "directory")
            for path, facts in sorted(found.items())
        ]

    def list_files(self) -> list[tuple[Remote, int]]:
        """List the files of this folder and those inside it, with their bytes, in the order of
        `os.walk` with sorted names: those of a folder come before those inside it."""
        with self._ask():
            found = self.system.find(self.path, detail=True)
        files = [(self._at(path, False), int(facts["size"])) for path, facts in found.items()]
        return sorted(files, key=lambda file: _walk(self.make_relative(file[0])))

    def make_relative(self, file: Remote) -> str:
        """The path of a file in this folder, seen from here."""
        return file.path.removeprefix(f"{self.path}/")

    def open(self) -> IO[bytes]:
        """Open a file for reading at any place."""
        with self._ask():
            opened: IO[bytes] = self.system.open(self.path, "rb")
            return opened

    def read_bytes(self) -> bytes:
        """Read a file."""
        return self.read_range(None, None)

    def read_range(self, start: int | None, end: int | None) -> bytes:
        """Read a file from one byte up to before another."""
        with self._ask():
            data: bytes = self.system.cat_file(self.path, start=start, end=end)
            return data

    @property
    def num_bytes(self) -> int:
        """Its size."""
        with self._ask():
            return int(self.system.info(self.path)["size"])

    @property
    def modified_ns(self) -> int | None:
        """When it was last written; None where its file system doesn't tell."""
        with suppress(NotImplementedError), self._ask():
            return int(self.system.modified(self.path).timestamp() * 1e6) * 1000
        return None

    def _type(self) -> str | None:
        try:
            with self._ask():
                return str(self.system.info(self.path)["type"])
        except FileNotFoundError:
            return None

    def _at(self, path: str, folder: bool | None = None) -> Remote:
        before = self.url.removesuffix(self.path.lstrip("/"))
        return Remote(before + path.lstrip("/"), path, self.system, folder)

    def _ask(self) -> AbstractContextManager[None]:
        return name_url(self.url)


@contextmanager
def name_url(url: str) -> Iterator[None]:
    """Raise what goes wrong at a URL as an OSError that names it: each file system has errors of
    its own, of a missing bucket, a password, a cable."""
    try:
        yield
    except OSError as fault:
        if fault.filename is None:  # one that a package made
            if url not in str(fault) and fault.strerror is None:
                fault.args = (f"{url}: {fault}",)
            elif url not in str(fault):
                fault.strerror = f"{url}: {fault.strerror}"
            fault.errno = fault.errno or _find_errno(fault)
        raise
    except NotImplementedError:
        raise
    except Exception as fault:
        refused = OSError(f"{url}: {type(fault).__name__}: {fault}")
        refused.errno = errno.EIO  # so that nobody takes it for damaged data
        raise refused from fault


def _find_errno(fault: OSError) -> int:
    numbers = (number for kind, number in ERRNOS.items() if isinstance(fault, kind))
    return next(numbers, errno.EIO)


Place = Path | Remote


def is_url(path: str) -> bool:
    """Tell whether a path leads off this disk; the letter of a Windows drive is no protocol.

    >>> is_url("s3://bucket/pets"), is_url("file:///pets"), is_url("./pets"), is_url("C://pets")
    (True, False, False, False)
    """
    return bool(URL.match(path)) and not path.startswith("file://")


def require_on_disk(path: str | os.PathLike[str], where: str = "") -> Path:
    """Take the path of a file or folder that must lie on this disk.

    Args:
        path: as the user wrote it.
        where: what it was given for, such as `-o`, for messages.

    Raises:
        UsageError: it is a URL.
    """
    text = os.fspath(path)
    if is_url(text) or _is_cut(text):
        right = "name a local path, and copy files with the store's own tools"
        raise UsageError(f"{where} {text}: is not on a local disk; {right}".lstrip())
    return Path(text.removeprefix("file://")).expanduser()


def _is_cut(path: str) -> bool:
    """Tell whether a path was a URL once, and no folder of that name is there."""
    return bool(CUT_URL.match(path)) and not Path(path).exists()


def parse_place(path: str, **options: Any) -> Place:
    """Say where `/data/laion` or `s3://bucket/laion` is; nothing is asked of it yet.

    Args:
        path: as the user wrote it.
        options: of fsspec's file system.

    Raises:
        DatasetError: a package is missing that speaks this protocol, or none does.
        UsageError: it is a URL that lost a slash.
    """
    if _is_cut(path):
        whole = re.sub(":/?", "://", path, count=1)
        raise UsageError(f"{path}: is neither a local path nor a URL; did you mean {whole}?")
    if not is_url(path):
        return Path(path.removeprefix("file://"))
    import fsspec  # a laptop without object stores need not pay for it

    url = path.rstrip("/")
    try:
        system, inside = fsspec.core.url_to_fs(url, **options)
    except ImportError as fault:
        extra = EXTRAS.get(url.partition("://")[0])
        right = f"run `pip install 'synthset[{extra}]'`" if extra else "install that package"
        raise DatasetError(
            f"{path} can't be opened ({fault}); {right}, or copy the files to a disk"
        ) from None
    except ValueError as fault:
        raise DatasetError(
            f"{path} can't be opened ({fault}); fix it, or copy the files to a disk"
        ) from None
    if not url.endswith(inside.lstrip("/")):
        raise DatasetError(
            f"{path} can't be opened: its content ({inside}) has URLs of another form; copy the "
            "files to a disk"
        )
    return Remote(url, inside, system)


def _walk(path: str) -> list[tuple[bool, str]]:
    *folders, name = path.split("/")
    return [*((True, folder) for folder in folders), (False, name)]
