"""What shows how far a training is; the command line draws it, a library stays quiet."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """Counts updates."""

    def start(self, title: str, total: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def stop(self) -> None: ...


class Silent:
    """Shows nothing."""

    def start(self, title: str, total: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def stop(self) -> None: ...
