"""How far work is, in a notebook."""

from __future__ import annotations

import sys
from typing import Any

from synthset.machine import ProgressBar, Silent
from synthset.recipe.variables import conceal


def default_bar() -> ProgressBar:
    """Choose what shows how far work is where nobody says: a bar in a notebook; elsewhere nothing,
    since a library stays quiet."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return NotebookBar() if shell is not None and "IPKernelApp" in shell.config else Silent()


class NotebookBar:
    """A bar of tqdm's: a widget where notebooks have them, else a line of text."""

    def __init__(self) -> None:
        self._bar: Any = None

    def start(self, title: str, total: int) -> None:
        from tqdm.auto import tqdm  # looks for a notebook when it is imported

        self._bar = tqdm(total=total, desc=title)

    def advance(self, rows: int) -> None:
        self._bar.update(rows)

    def stop(self) -> None:
        self._bar.close()

    def say(self, words: str) -> None:
        """Print a sentence below the cell."""
        print(conceal(words))
