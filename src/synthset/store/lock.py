"""Who works in a place: one process, or several that each make a slice of a dataset.

A claim is a lock of the system that dies with its holder, or a lease where there is none.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from synthset.errors import DatasetLocked
from synthset.store.files import replace_file
from synthset.store.folder import LocalFolder, Storage, open_folder
from synthset.store.lease import Lease, is_over, read_claim
from synthset.store.slices import Slice

LOCK = ".lock"
HOLDER = ".lock-holder"  # who held it last; a lock file itself is emptied by whoever asks for it
SLICES = ".slices"  # a place for each slice, and one for whoever prepares the dataset for all
TURN = "turn"
TURN_S = 0.5  # between two looks whether it is one's turn
LOOKED_AT_S = 0.2  # longer than anybody looks whether a lock is held, and so holds it up

# File systems of more than one machine: whether a lock holds there depends on how they are mounted.
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph"})
SHARED |= {"afs", "glusterfs", "panfs", "wekafs", "9p", "virtiofs"}

Holder = dict[str, object]


@contextlib.contextmanager
def hold(folder: Storage, take_over: bool | None = None) -> Iterator[None]:
    """Hold a place for this process alone.

    On a disk of this machine, the system lets go of the lock when the process ends, however it
    ends, so a killed run never blocks the next one. In a bucket or on a network disk, a lease is
    free when its owner gives it back, or minutes after its last renewal.

    Args:
        folder: the place; it replaces no file any more when another process has taken over.
        take_over: whether to take a lease from an owner that may still live; none where the user
            can't ask for that.

    Raises:
        DatasetLocked: another living process holds it or a slice of it; the message names its
            process id.
    """
    with _claim(folder, take_over):
        _end_slices(folder, take_over)
        yield


@contextlib.contextmanager
def hold_slice(folder: Storage, part: Slice, take_over: bool | None = None) -> Iterator[None]:
    """Hold a slice of a dataset for this process, beside those who hold other slices.

    Whoever holds one has to `take_turn` before it works.

    Args:
        folder: of the dataset; see `hold`.
        part: the slice.
        take_over: see `hold`.

    Raises:
        DatasetLocked: another living process holds the same slice.
    """
    place = _place(folder, part.name)
    with _claim(place, take_over):
        folder.fence = place.fence
        try:
            yield
        finally:
            folder.fence = None


@contextlib.contextmanager
def take_turn(
    folder: Storage, part: Slice, take_over: bool | None, say: Callable[[str], None]
) -> Iterator[None]:
    """Be the only holder of a slice that writes what all slices share; the others wait.

    Whoever takes the whole place looks for slices after it has it, and a slice looks for that
    process after it has its own part; so at least one of two that come at once sees the other.

    Args:
        folder: of the dataset.
        part: the slice, which this process holds.
        take_over: see `hold`.
        say: told whom this process waits for.

    Raises:
        DatasetLocked: a process holds the whole place, or the slices of another count.
    """
    place = _place(folder, TURN)
    with ExitStack() as turn:
        waited = False
        while True:
            try:
                turn.enter_context(_claim(place, None))
                break
            except DatasetLocked:
                owner = read_holder(place)
                if owner and not waited:
                    say(f"slice {part}: waits for {_who(owner)}, which prepares the dataset")
                waited = waited or owner is not None
                time.sleep(TURN_S)
        if take_over and _has_leases(folder):
            with _claim(folder, take_over):
                pass
        if owner := read_holder(folder):
            raise DatasetLocked(
                f"{folder.url}: {_who(owner)} is working on the whole of this dataset, so no slice "
                "can be made; wait for it, or stop it and start the slices again"
            )
        for other, owner in read_slices(folder).items():
            if other.count != part.count:
                raise DatasetLocked(
                    f"{folder.url}: {_who(owner)} is working on slice {other}, so slice {part} "
                    f"can't be made; start the others with the same number, as i/{other.count}"
                )
        yield


def read_holder(folder: Storage) -> Holder | None:
    """Tell who holds a place, or None."""
    if _has_leases(folder):
        _, owner = read_claim(folder)
        return owner if owner and not is_over(owner) else None
    assert isinstance(folder, LocalFolder)
    return _describe_owner(folder.root) if _is_locked(folder.root / LOCK) else None


def read_slices(folder: Storage) -> dict[Slice, Holder]:
    """Tell who holds which slices of a dataset."""
    parts = sorted(filter(None, map(Slice.of_name, folder.names(SLICES))))
    owners = folder.map(lambda part: read_holder(_place(folder, part.name)), parts)
    return {part: owner for part, owner in zip(parts, owners, strict=True) if owner is not None}


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


def _has_leases(folder: Storage) -> bool:
    return not isinstance(folder, LocalFolder) or is_shared(folder.root)


def _place(folder: Storage, name: str) -> Storage:
    return open_folder(f"{folder.url}/{SLICES}/{name}")


@contextlib.contextmanager
def _claim(folder: Storage, take_over: bool | None) -> Iterator[None]:
    if not _has_leases(folder):
        assert isinstance(folder, LocalFolder)
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


def _end_slices(folder: Storage, take_over: bool | None) -> None:
    """See that nobody works on a slice, and clear away the locks of slices.

    Leases stay: should an owner that was taken for dead live, it learns it from its successor's.
    """
    for part, owner in read_slices(folder).items():
        if not (take_over and _has_leases(folder)):
            raise DatasetLocked(
                f"{folder.url}: {_who(owner)} is working on slice {part} of this dataset; wait "
                "for all of them, stop them, or choose another folder with -o"
            )
        with _claim(_place(folder, part.name), take_over):
            pass
    if isinstance(folder, LocalFolder) and not _has_leases(folder):
        for name in folder.names(SLICES):
            for path in (LOCK, HOLDER, ""):
                folder.discard(f"{SLICES}/{name}/{path}")
        folder.discard(SLICES)


@contextlib.contextmanager
def _hold_lock(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / LOCK)
    try:
        lock.acquire(timeout=LOOKED_AT_S, poll_interval=LOOKED_AT_S / 10)
    except Timeout:
        raise DatasetLocked(_explain_refusal(root)) from None
    try:
        owner = {"pid": os.getpid(), "host": socket.gethostname()}
        replace_file(root / HOLDER, json.dumps(owner).encode(), durable=False)
        yield
    finally:
        lock.release()


def _is_locked(path: Path) -> bool:
    """Tell whether a process has a lock; whoever looks disturbs no other that looks."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, or it may not be read
        return False
    return False


def _describe_owner(root: Path) -> Holder:
    try:
        owner: Holder = json.loads((root / HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        owner = {}
    return owner


def _who(owner: Holder) -> str:
    return f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'this machine')}"


def _explain_refusal(root: Path) -> str:
    return (
        f"{root}: {_who(_describe_owner(root))} is working on this dataset; wait for it, stop it, "
        "or choose another folder with -o"
    )
