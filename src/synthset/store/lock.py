"""One process at a time in one place: a lock of the system that dies with its holder, or a lease
where there is none."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from synthset.errors import DatasetLocked
from synthset.store.files import replace_file
from synthset.store.folder import LocalFolder, Storage
from synthset.store.lease import Lease, is_over, read_claim

LOCK = ".lock"
HOLDER = ".lock-holder"  # who held it last; a lock file itself is emptied by whoever asks for it

# File systems of more than one machine: whether a lock holds there depends on how they are mounted.
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph"})
SHARED |= {"afs", "glusterfs", "panfs", "wekafs", "9p", "virtiofs"}


@contextlib.contextmanager
def hold(folder: Storage, take_over: bool | None = None) -> Iterator[None]:
    """Hold a place for this process.

    On a disk of this machine, the system lets go of the lock when the process ends, however it
    ends, so a killed run never blocks the next one. In a bucket or on a network disk, a lease is
    free when its owner gives it back, or minutes after its last renewal.

    Args:
        folder: the place; it replaces no file any more when another process has taken over.
        take_over: whether to take a lease from an owner that may still live; none where the user
            can't ask for that.

    Raises:
        DatasetLocked: another living process holds it; the message names its process id.
    """
    if isinstance(folder, LocalFolder) and not is_shared(folder.root):
        with _hold_lock(folder.root):
            yield
        return
    lease = Lease(folder)
    lease.take(take_over)
    folder.fence = lease.confirm
    try:
        yield
    finally:
        folder.fence = None
        lease.release()


def read_holder(folder: Storage) -> dict[str, object] | None:
    """Tell who holds a place, or None."""
    if isinstance(folder, LocalFolder) and not is_shared(folder.root):
        return _read_lock_holder(folder.root)
    _, owner = read_claim(folder)
    return owner if owner and not is_over(owner) else None


def is_shared(path: Path) -> bool:
    """Tell whether a folder lies on a disk that other machines may write to at the same time."""
    whole = path.resolve()
    over = [
        (len(part.mountpoint), part.fstype)
        for part in psutil.disk_partitions(all=True)
        if whole.is_relative_to(part.mountpoint)
    ]
    kind = max(over, default=(0, ""))[1].lower()
    return kind in SHARED or kind.startswith("fuse.")


@contextlib.contextmanager
def _hold_lock(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DatasetLocked(_explain_refusal(root)) from None
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname()}
        replace_file(root / HOLDER, json.dumps(owner).encode(), durable=False)
        yield
    finally:
        lock.release()


def _read_lock_holder(root: Path) -> dict[str, object] | None:
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
