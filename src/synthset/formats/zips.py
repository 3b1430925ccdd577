"""Zip archives of class folders, as Kaggle has them: read in place, nothing is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

from synthset.errors import DatasetError
from synthset.formats import source_names
from synthset.formats.tree import Listing, clean_path
from synthset.store.remote import Place, Remote

MOST_BYTES = 1 << 30  # of one member: what unpacks to more is no image
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


class ZipTree(Listing):
    """The members of an archive.

    Raises:
        OSError: it is damaged, or can't be read.
    """

    def __init__(self, path: Place) -> None:
        self._zip = open_zip(path)
        self._names: dict[str, str] = {}
        folders = []
        for info in self._zip.infolist():
            name = clean_path(
                info.filename.replace("\\", "/")
            )  # old programs of Windows write these
            if info.is_dir():
                folders.append(name)
            else:
                self._names[name] = info.filename
        super().__init__(path, self._names, filter(None, folders))

    def read(self, path: str) -> bytes:
        return _read(self._zip, self._names[path])

    def name_source(self, path: str) -> str:
        return f"{source_names.name_source(self.root)}#{self._names[path]}"


def split_source(source: str) -> tuple[Place, str] | None:
    """Take `pets.zip#cat/a.jpg` apart: file and member; None for another source."""
    begin = source.lower().find(".zip#")
    if begin < 0:
        return None
    return source_names.parse_source(source[: begin + 4]), source[begin + 5 :]


def read(path: Place, member: str) -> bytes | None:
    """Read a member; None where it is damaged, or isn't there.

    Raises:
        DatasetError: the archive is gone.
        OSError: it can't be read.
    """
    try:
        archive = _open_once(path)
    except FileNotFoundError:
        raise DatasetError(f"{path} is gone; restore it, or plan again without it") from None
    try:
        return _read(archive, member)
    except (KeyError, OSError):
        return None


@lru_cache(maxsize=16)
def _open_once(path: Place) -> zipfile.ZipFile:
    """An archive that stays open; several threads may read it."""
    return open_zip(path)


def open_zip(path: Place) -> zipfile.ZipFile:
    """Open an archive; of one that lies afar only what is read is fetched.

    Raises:
        OSError: it is damaged, or can't be read.
    """
    try:
        return zipfile.ZipFile(path.open() if isinstance(path, Remote) else Path(path))
    except FAULTS as fault:
        raise OSError(f"{path}: is not a readable zip archive ({fault})") from None


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        if archive.getinfo(name).file_size > MOST_BYTES:
            raise OSError(f"{name} would unpack to more than a gigabyte")
        return archive.read(name)
    except FAULTS as fault:
        raise OSError(f"{name}: {fault}") from None
