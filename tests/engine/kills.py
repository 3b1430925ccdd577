"""Ends a process's work just before a file is put in its place, as a SIGKILL would."""

import os
import shutil
from itertools import count
from pathlib import Path

import pytest


class Killed(BaseException):
    """Stands for a SIGKILL: nobody catches it, and nobody repairs what it leaves."""


def kill_at(monkeypatch: pytest.MonkeyPatch, write: int, part: str = "") -> None:
    """End whatever puts file number `write` in its place, counted from 1, and leave it half done.

    Args:
        monkeypatch: undoes it.
        write: number of the write.
        part: text that the paths of counted files hold.
    """
    made = count(1)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # it makes tests slow, and these no safer

    def place(commit):
        def placed(aside: Path, final: Path) -> None:
            if part in str(final) and next(made) == write:
                if Path(aside).name.startswith(".tmp-"):
                    shutil.copy(aside, Path(aside).with_name(".tmp-1-0123abcd"))
                raise Killed(final)
            commit(aside, final)

        return placed

    for name in ("link", "replace", "rename"):
        monkeypatch.setattr(os, name, place(getattr(os, name)))
