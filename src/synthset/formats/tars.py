"""Tar files: their members in order, and by place; a compressed one is unpacked aside for that."""

from __future__ import annotations

import atexit
import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, BinaryIO

from synthset.errors import DatasetError
from synthset.formats import source_names
from synthset.formats.manifest import LINKED, ODD, UNREADABLE, PassedOver
from synthset.formats.tree import Listing, clean_path
from synthset.store.remote import Place, Remote

ENDINGS = ("tar", "tar.gz", "tar.bz2", "tar.xz")
OPENERS: dict[str, Callable[[Any], Any]] = {
    "tar.gz": gzip.open,
    "tar.bz2": bz2.open,
    "tar.xz": lzma.open,
}
FAULTS = (tarfile.TarError, EOFError, lzma.LZMAError, OSError)
CUT = "is unreadable as a tar file from some point on"
UNPACKED = 4  # compressed archives that are kept without their compression


@contextmanager
def open_tar(path: Place) -> Iterator[tarfile.TarFile]:
    """Open an archive; of one that lies afar only what is read is fetched."""
    mode: Any = "r:*" if source_names.get_ending(str(path)) in OPENERS else "r:"
    if isinstance(path, Remote):
        with path.open() as file, tarfile.open(fileobj=file, mode=mode) as tar:
            yield tar
    else:
        with tarfile.open(path, mode) as tar:
            yield tar


def check_end(tar: tarfile.TarFile) -> None:
    """See that zeros follow the last member: Python takes a damaged header for the end.

    Raises:
        tarfile.TarError: something else does.
    """
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError(f"no member begins at byte {tar.offset:,}, where one should")


def name_member(path: Place, member: tarfile.TarInfo) -> str:
    """Say where a member lies, as `split_source` takes it apart."""
    return f"{source_names.name_source(path)}#{member.offset_data}+{member.size}"


def read_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Read a member whole."""
    opened = tar.extractfile(member)
    return opened.read() if opened else b""


def raise_afar(path: Place, fault: Exception) -> None:
    """Raise a fault that is a broken connection, and no damage."""
    if isinstance(path, Remote) and isinstance(fault, OSError):
        raise fault


def explain_oddness(member: tarfile.TarInfo) -> str:
    """Why a member is passed over that is neither a file nor a folder."""
    return LINKED if member.issym() or member.islnk() else ODD


class TarTree(Listing):
    """The members of an archive of class folders.

    Raises:
        OSError, tarfile.TarError: it can't be opened.
    """

    def __init__(self, path: Place) -> None:
        self._members: dict[str, tarfile.TarInfo] = {}
        folders, odd = [], []
        with open_tar(path) as tar:
            try:
                for member in tar:
                    name = clean_path(source_names.decode_name(member.name))
                    if member.isfile():
                        self._members[name] = member
                    elif not member.isdir():
                        odd.append(PassedOver(name, explain_oddness(member)))
                    elif name:
                        folders.append(name)
                check_end(tar)
            except FAULTS as fault:  # what came before the damage is sound
                raise_afar(path, fault)
                odd.append(PassedOver("", UNREADABLE, f"{CUT}: {fault}"))
        super().__init__(path, self._members, folders, odd)

    def read(self, path: str) -> bytes:
        member = self._members[path]
        return read(self.root, member.offset_data, member.size)

    def name_source(self, path: str) -> str:
        return name_member(self.root, self._members[path])


def split_source(source: str) -> tuple[Place, int, int] | None:
    """Take `file.tar#512+2048` apart: file, offset and size; None for another source.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, _, place = source.rpartition("#")
    offset, plus, size = place.partition("+")
    if not (plus and offset.isdigit() and size.isdigit()):
        return None
    if source_names.get_ending(path) not in ENDINGS:
        return None
    return source_names.parse_source(path), int(offset), int(size)


def read(path: Place, offset: int, size: int) -> bytes:
    """Read one image of an archive.

    Raises:
        DatasetError: the archive is gone or ends before the image does.
    """
    try:
        if source_names.get_ending(str(path)) in OPENERS:
            data = _unpacked.read(path, offset, size)
        elif isinstance(path, Remote):
            data = path.read_range(offset, offset + size)
        else:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
    except FileNotFoundError:
        raise DatasetError(f"{path} is gone; restore it, or plan again without it") from None
    if len(data) < size:
        raise DatasetError(
            f"{path} ends before byte {offset + size}; it was changed after planning"
        )
    return data


class _Unpacked:
    """Compressed archives without their compression, in files that go with this process: in a
    compressed one nothing can be looked up. Several threads may ask."""

    def __init__(self) -> None:
        self._files: OrderedDict[Place, BinaryIO] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Place, offset: int, size: int) -> bytes:
        """Read some bytes; the last few archives are kept."""
        with self._lock:
            if path not in self._files:
                self._files[path] = _unpack(path)
            self._files.move_to_end(path)
            while len(self._files) > UNPACKED:
                self._files.popitem(last=False)[1].close()
            return os.pread(self._files[path].fileno(), size, offset)

    def close(self) -> None:
        """Let all of them go."""
        while self._files:
            self._files.popitem()[1].close()


def _unpack(path: Place) -> BinaryIO:
    scratch = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open as long as it is kept
    ending = source_names.get_ending(str(path))
    with path.open() if isinstance(path, Remote) else path.open("rb") as packed:
        shutil.copyfileobj(OPENERS[ending](packed), scratch, 1 << 20)
    scratch.flush()
    return scratch


_unpacked = _Unpacked()
atexit.register(_unpacked.close)
