"""Draws one progress bar a pass, with rate and time left; lines where that is no terminal."""

from __future__ import annotations

import sys
import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from synthset.cli.terminal import screen
from synthset.pages.kit.numbers import duration

WORDS = screen(stderr=True)
SECONDS_A_LINE = 30  # in a file or a pipe, while a pass runs
UNITS = {  # by title; the other passes count records
    "training": "updates",
    "choosing draws": "updates",
    "training judges": "updates",
    "choosing images": "images",
    "prompts": "classes",
    "sources": "trials",
    "suites": "images",
    "matching": "images",
    "cues": "images",
    "index": "images",
    "download": "rows",
}


class RichBar:
    """A bar on a terminal; elsewhere a line now and then, and one at the end of each pass."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._title, self._total, self._done, self._begun, self._said = "", 0, 0, 0.0, 0.0

    def start(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._begun = self._said = time.monotonic()
        if not sys.stderr.isatty():
            return
        self._progress = Progress(
            TextColumn("{task.description:<8}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=WORDS,
        )
        self._progress.start()
        self._task = self._progress.add_task(title, total=total, rate="loading")

    def advance(self, rows: int) -> None:
        self._done += rows
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=rows, rate=f"{self._rate():,.1f}/s")
        elif time.monotonic() - self._said > SECONDS_A_LINE:
            self._said = time.monotonic()
            done = f"{self._done:,} of {self._total:,} {self._unit}"
            WORDS.print(f"{self._title:<8} {done} ({self._say_speed()})")

    def _say_speed(self) -> str:
        """Rate and time left; neither is known before the first step."""
        if not self._done:
            return "loading"
        left = duration((self._total - self._done) / self._rate())
        return f"{self._rate():,.1f}/s, {left} left"

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        elif self._done:
            seconds = time.monotonic() - self._begun
            WORDS.print(
                f"{self._title:<8} {self._done:,} {self._unit} in {seconds:.1f} s "
                f"({self._rate():,.1f}/s)"
            )

    def say(self, words: str) -> None:
        """Print a sentence above the bar."""
        WORDS.print(words)

    @property
    def _unit(self) -> str:
        return UNITS.get(self._title, "records")

    def _rate(self) -> float:
        return self._done / max(time.monotonic() - self._begun, 1e-9)
