"""One run at a time on one dataset: a lock that dies with its holder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from synthset.errors import DatasetLocked
from synthset.store.files import replace_file
from synthset.store.folder import LocalFolder, Storage

LOCK = ".lock"
HOLDER = ".lock-holder"  # who held it last; a lock file itself is emptied by whoever asks for it


@contextlib.contextmanager
def hold_lock(folder: Storage) -> Iterator[None]:
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
    lock = FileLock(folder.root / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DatasetLocked(_explain_refusal(folder.root)) from None
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname()}
        replace_file(folder.root / HOLDER, json.dumps(owner).encode(), durable=False)
        yield
    finally:
        lock.release()


def read_holder(root: Path) -> dict[str, object] | None:
    """Tell who holds the lock, or None."""
    if not (root / LOCK).exists() or not os.access(root / LOCK, os.W_OK):
        return None
    try:
        with FileLock(root / LOCK).acquire(timeout=0):
            return None
    except Timeout:
        return _describe_owner(root)


def _describe_owner(root: Path) -> dict[str, object]:
    try:
        owner: dict[str, object] = json.loads((root / HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        owner = {}
    return owner


def _explain_refusal(root: Path) -> str:
    owner = _describe_owner(root)
    who = f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'this machine')}"
    return (
        f"{root}: {who} is working on this dataset; wait for it, stop it, or choose another "
        "folder with -o"
    )
