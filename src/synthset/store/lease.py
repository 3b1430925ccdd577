"""A claim on a place for which no system has a lock that other machines respect, such as a bucket:
a file created once, which its owner renews as long as it lives."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from synthset.errors import DatasetLocked, StorageError
from synthset.store.folder import Storage, open_folder

FOLDER = ".lease"
RENEWAL_S = 30
LIFE_S = 120  # after a renewal
SKEW_S = 30  # by which the clocks of two machines may differ
TRIES = 5

Owner = dict[str, Any]


class Lease:
    """A claim of this process, from `take` to `release`.

    A claim has a number, and the highest is the one that counts. Each is created only where there
    is none, so of several processes that want the next number one gets it; and an owner renews its
    own number alone, so that one who comes back late can't hurt its successor.
    """

    def __init__(self, folder: Storage) -> None:
        self._place = folder.url
        self._folder = open_folder(folder.url)  # our own: that of the caller is fenced
        self._owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "machine": _name_machine(),
            "nonce": secrets.token_hex(8),
            "taken": now(),
        }
        self._number = 0
        self._end = threading.Event()
        self._renewing = threading.Thread(target=self._keep_renewing, daemon=True)

    def take(self, take_over: bool | None) -> None:
        """Get the next number.

        Args:
            take_over: whether to take it from an owner whose claim stands, too; none means that
                the user has no way to ask for that.

        Raises:
            DatasetLocked: another process has a claim that stands.
            StorageError: the store would let two processes have the same one.
        """
        for _ in range(TRIES):
            number, owner = read_claim(self._folder)
            if owner and not take_over and not is_over(owner):
                raise DatasetLocked(f"{self._place}: {explain_claim(owner, take_over)}")
            self._number = number + 1
            if self._folder.create(_name(self._number), self._write(LIFE_S)):
                break
            take_over = None if take_over is None else False  # who was faster lives
        else:
            raise DatasetLocked(f"{self._place}: other processes take it all the time; wait")
        self._refuse_overwriting()
        for number in _list_numbers(self._folder):
            if number < self._number:
                self._folder.discard(_name(number))
        self._renewing.start()

    def confirm(self) -> None:
        """Make sure that nobody took over.

        Raises:
            DatasetLocked: another process did; whoever asks must not replace a file any more.
        """
        if _find_number(self._folder) > self._number:
            _, owner = read_claim(self._folder)
            raise DatasetLocked(
                f"{self._place}: this process was taken for dead, and {_who(owner)} took over; "
                "finished work is kept"
            )

    def release(self) -> None:
        """Let the next one in."""
        self._end.set()
        self._renewing.join()
        with contextlib.suppress(OSError):  # then it runs out
            self._folder.replace(_name(self._number), self._write(0))

    def _keep_renewing(self) -> None:
        while not self._end.wait(RENEWAL_S):
            with contextlib.suppress(OSError):  # the next one may succeed
                self._folder.replace(_name(self._number), self._write(LIFE_S))

    def _refuse_overwriting(self) -> None:
        if self._folder.create(_name(self._number), b"{}"):
            self._folder.discard(_name(self._number))
            raise StorageError(
                f"{self._place}: this store overwrites a file that was to be created only where "
                "there is none, so two processes could overwrite each other's work; update its "
                "server, or choose another place with -o"
            )

    def _write(self, life_s: float) -> bytes:
        return json.dumps({**self._owner, "expires": now() + life_s if life_s else 0}).encode()


def read_claim(folder: Storage) -> tuple[int, Owner]:
    """Read the claim that counts: its number, and whose it is; 0 and nobody where there is none."""
    number = _find_number(folder)
    try:
        owner: Owner = json.loads(folder.read(_name(number))) if number else {}
    except (FileNotFoundError, ValueError):  # a successor has just cleared it away
        owner = {}
    return number, owner


def is_over(owner: Owner) -> bool:
    """Tell whether a claim was released, ran out, or is of a process of this machine that is
    gone."""
    if not owner["expires"] or owner["expires"] + SKEW_S < now():
        return True
    return bool(owner["machine"] == _name_machine() and not psutil.pid_exists(owner["pid"]))


def explain_claim(owner: Owner, take_over: bool | None) -> str:
    """Say who has a claim that stands, and what to do."""
    ends = time.strftime("%H:%M:%S", time.localtime(owner["expires"] + SKEW_S))
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(owner["taken"]))
    at_once = ", or at once with --take-over" if take_over is not None else ""
    return (
        f"{_who(owner)} has worked on it since {since}; wait for it, stop it, or choose another "
        f"place with -o. If that process is gone, the place is free at {ends}{at_once}"
    )


def now() -> float:
    """The time by this machine's clock, in seconds."""
    return time.time()


def _who(owner: Owner) -> str:
    return f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'an unknown machine')}"


def _name_machine() -> str:
    """Name that within which a process id means one process: a machine since it was started, or a
    container on it."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return f"{socket.gethostname()} {uuid.getnode()}"


def _name(number: int) -> str:
    return f"{FOLDER}/{number:06d}.json"


def _find_number(folder: Storage) -> int:
    return max(_list_numbers(folder), default=0)


def _list_numbers(folder: Storage) -> list[int]:
    names = (re.fullmatch(r"(\d{6,})\.json", name) for name in folder.names(FOLDER))
    return [int(name[1]) for name in names if name]
