"""One run at a time on one dataset: a lock that dies with its holder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from synthset.errors import DatasetLocked
from synthset.store.folder import Folder, LocalFolder

LOCK = ".lock"


@contextlib.contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Hold the dataset for this process.

    The operating system lets go of the lock when the process ends, however it ends, so a killed run
    never blocks the next one. Object stores have no such lock; there the first writer of each cell
    wins, and work may be done twice.

    Raises:
        DatasetLocked: another living process holds it; the message names its process id.
    """
    if not isinstance(folder, LocalFolder):
        yield
        return
    folder.root.mkdir(parents=True, exist_ok=True)
    with open(folder.root / LOCK, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetLocked(_refusal(folder.root)) from None
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
        file.flush()
        yield


def holder(root: Path) -> dict[str, object] | None:
    """Tell who holds the lock, or None."""
    path = root / LOCK
    if not path.exists():
        return None
    with open(path, encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(path)
    return None


def _owner(path: Path) -> dict[str, object]:
    try:
        owner: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        owner = {}
    return owner


def _refusal(root: Path) -> str:
    owner = _owner(root / LOCK)
    who = f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'this machine')}"
    return (
        f"{root}: {who} is working on this dataset; wait for it, stop it, or choose another "
        "folder with -o"
    )
