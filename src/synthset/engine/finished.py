"""What runs made of a dataset's tables, its page and its exports: what was made of the same, and
lies there as it was written, is left alone."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError
from synthset.machine import ProgressBar
from synthset.recipe.recipe import Recipe
from synthset.seeds import digest
from synthset.store.dataset import Dataset

MARKS = "derived/finished.json"  # without it everything is written again
PARTS = ("export", "pages", "results")  # of synthset: what the code of page and exports lies in


class Finished:
    """What was finished before this run, and is finished by it.

    Attributes:
        unchanged: what this run has left alone.
    """

    def __init__(self, dataset: Dataset, recipe: Recipe, bar: ProgressBar) -> None:
        self.unchanged: list[str] = []
        self._dataset, self._bar = dataset, bar
        self._marks = _read_marks(dataset)
        view = {**asdict(dataset.view), "exports": None}
        tables = view, dataset.shards(view["plan"]), dataset.read_text("classes.json")
        made_by = hash_code(), platform.python_version(), _list_stages(dataset)
        self._all = [*made_by, *tables, dataset.name, recipe.to_yaml()]

    def keep_or_make(
        self,
        name: str,
        identity: Any,
        look: Callable[[], object],
        make: Callable[[], object],
        doubt: Callable[[], None] = lambda: None,
    ) -> None:
        """Make something, unless it was made of the same and lies there as it was written.

        Args:
            name: of what is made: its path in the dataset, or an absolute one.
            identity: its settings, beside the tables, the recipe and synthset itself.
            look: tells how it lies there now.
            make: makes it, in place of what lies there.
            doubt: called before, where it was made of the same but lies there otherwise.
        """
        made_of, before = digest([self._all, identity]), self._marks.get(name, {})
        same = before.get("made_of") == made_of
        if same and before.get("found") == digest(look()):
            self.unchanged.append(name)
            return
        if same:
            self._bar.say(f"{name}: changed or removed since it was written; it is written again")
            doubt()
        make()
        self._marks[name] = {"made_of": made_of, "found": digest(look())}
        self._dataset.write_json(MARKS, self._marks)


def hash_file(dataset: Dataset, name: str) -> str | None:
    """Hash a file of a dataset; None where there is none."""
    try:
        return hashlib.sha256(dataset.folder.read(name)).hexdigest()
    except FileNotFoundError:
        return None


def _list_stages(dataset: Dataset) -> list[dict[str, Any]]:
    """List what was computed, and what the last run found; when doesn't matter."""
    events = dataset.events()
    runs = [{**event, "at": None} for event in events if event["event"] == "run"]
    return [event for event in events if event["event"] == "stage"] + runs[-1:]


def _read_marks(dataset: Dataset) -> dict[str, dict[str, str]]:
    try:
        marks: dict[str, dict[str, str]] = dataset.read_json(MARKS)
    except (FileNotFoundError, DatasetError):  # gone or damaged: it says nothing
        return {}
    return marks


@cache
def hash_code() -> str:
    """Hash the code, templates, styles and scripts that write pages and exports."""
    hasher, package = hashlib.sha256(), Path(__file__).parents[1]
    for part in PARTS:
        for file in sorted((package / part).rglob("*.*")):
            if file.parent.name != "__pycache__":
                hasher.update(file.read_bytes())
    return hasher.hexdigest()
