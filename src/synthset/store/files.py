"""Files on a disk that are there whole or not at all: written aside, then put in their place."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".tmp-"
OURS = re.compile(re.escape(TEMPORARY) + r"\d+-[0-9a-f]{8}")


@contextlib.contextmanager
def write_aside(final: Path, aside: Path | None = None, durable: bool = True) -> Iterator[Path]:
    """Lend a path to write to; what lies there at the end of the block takes its place, in place of
    what was there.

    Args:
        final: where the file is to be; folders are made as needed.
        aside: folder on the same disk for the unfinished file; none takes the file's own.
        durable: whether it has to outlast a power cut from now on. Who writes many files says no,
            and calls `os.sync` after the last.

    Raises:
        OSError: the disk is full or can't be written; it names the file, and nothing of it is left.
    """
    with _lend(final, aside) as temporary:
        yield temporary
        if durable:
            _sync(temporary)
        os.replace(temporary, final)
        if durable:
            _sync(final.parent)


def replace_file(final: Path, data: bytes, aside: Path | None = None, durable: bool = True) -> None:
    """Write a whole file in place of the one before; see `write_aside`."""
    with write_aside(final, aside, durable) as temporary:
        temporary.write_bytes(data)


def create_file(final: Path, data: bytes) -> bool:
    """Write a whole file; of several writers the first wins.

    Returns:
        False if the file was already there; it is left as it is.

    Raises:
        OSError: the disk is full or can't be written.
    """
    if final.exists():
        return False
    with _lend(final, None) as temporary:
        temporary.write_bytes(data)
        _sync(temporary)
        try:
            os.link(temporary, final)
        except FileExistsError:  # over a network, also where the answer to our own was lost
            return temporary.stat().st_nlink > 1
        except OSError:  # a file system without hard links
            if final.exists():
                return False
            os.rename(temporary, final)
    _sync(final.parent)
    return True


@contextlib.contextmanager
def lend(folder: Path, final: str) -> Iterator[Path]:
    """Lend a path in a folder, which is made as needed; nothing is left of it after the block.

    Raises:
        OSError: the disk is full or can't be written; it names `final`, which the user knows.
    """
    temporary = folder / f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield temporary
    except OSError as fault:
        if fault.filename in (None, str(temporary), str(folder)):
            fault.filename = final
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def discard_temporaries(folder: Path) -> None:
    """Remove what killed writers have left in a folder; nobody else may write there now."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):
            if OURS.fullmatch(name):
                with contextlib.suppress(OSError):
                    (folder / name).unlink()


@contextlib.contextmanager
def _lend(final: Path, aside: Path | None) -> Iterator[Path]:
    with lend(aside or final.parent, str(final)) as temporary:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield temporary


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power cut, where the system can."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)
