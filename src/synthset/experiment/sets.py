"""Gathers the sets of an experiment, and runs the recipes of those that don't exist yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.engine.run import run
from synthset.errors import RecipeError, StageError
from synthset.experiment.images import (
    ClassNames,
    SetImages,
    collect,
    join_labels,
    list_kept,
)
from synthset.experiment.matching.matched_set import MatchedSet
from synthset.experiment.present import find_missing
from synthset.experiment.splits import RealSplit, Split, read_real, split
from synthset.experiment.tested import refuse_tested
from synthset.machine import ProgressBar
from synthset.recipe.arms import CUT
from synthset.recipe.experiment import REAL, REAL_VAL, Experiment, Made
from synthset.recipe.reading import override, read_yaml
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.results.cue_match import CueMatch
from synthset.results.judge_cost import JudgeCost
from synthset.seeds import fingerprint
from synthset.store.files import write_aside

PARTS = {REAL: "train", REAL_VAL: "val"}


@dataclass(frozen=True)
class SetRows:
    """A set as the arms of one split may take from it.

    Attributes:
        rows: in the order of their draw.
        conflicts: contents that have several labels -> those.
    """

    rows: NDArray[np.int64]
    conflicts: Mapping[str, tuple[int, ...]]


class Sets:
    """The sets of an experiment, read or made once, when an arm wants them."""

    def __init__(
        self,
        folder: Path | str,
        experiment: Experiment,
        bar: ProgressBar,
        allow_code: bool = False,
        match: bool = True,
    ) -> None:
        """List the real images; nothing is written.

        Args:
            folder: of the experiment.
            experiment: which images it wants.
            bar: told how far recipes are that run.
            allow_code: these may run code of their own.
            match: match cues where sets ask for it; false counts images as they are.

        Raises:
            RecipeError: they aren't there, or a class is missing.
        """
        self.folder, self.experiment, self.bar = Path(folder), experiment, bar
        self.allow_code, self.match = allow_code, match
        self.real = read_real(experiment.real)
        self.drawn: dict[tuple[str, int, int], SetRows] = {}  # what `compose` drew
        self._splits: dict[int, Split] = {}
        self.matches: dict[tuple[str, int], CueMatch] = {}  # by set and split
        self.judges: tuple[JudgeCost, ...] = ()  # that chose images of the sets
        self._known: dict[tuple[str, str], SetImages] = {}
        self._matched: dict[tuple[str, int], SetImages] = {}
        self._checked: set[tuple[str, str, int]] = set()

    def draw_split(self, seed: int) -> Split:
        """Draw the split for the trainings of a seed.

        Raises:
            RecipeError: a class has too few images for what is asked.
        """
        settings = self.experiment.real
        drawn_by = seed if settings.redraw else self.experiment.seeds[0]
        if drawn_by not in self._splits:
            self._splits[drawn_by] = split(settings, self.real, drawn_by)
        return self._splits[drawn_by]

    def get(self, name: str, split: Split) -> SetImages:
        """Give a set as the arms of a split see it.

        Raises:
            RecipeError: it can't be read, or its recipe is wrong.
            StageError: its recipe made nothing, or nothing that is kept or can be read.
        """
        cues, key = self.experiment.sets[name].matched_cues, (name, split.seed)
        if not cues or not self.match:
            return self._get_original(name, split)
        if key not in self._matched:
            given = self._get_original(name, split)
            matched = MatchedSet(name, cues, given, self.real, split, self.bar)
            self._matched[key], self.matches[key] = matched.make(self.folder / "sets")
        return self._matched[key]

    def _get_original(self, name: str, split: Split) -> SetImages:
        settings = self.experiment.sets[name]
        place = str(self.name_folder(name, split)) if isinstance(settings, Made) else ""
        key = name, place
        if key not in self._known:
            where = f"sets.{name}"
            if isinstance(settings, Made):
                self._make(settings, where, Path(place), split)
                found = list_kept(place, where)
            else:
                found = collect(settings, where)
            strict = self.experiment.real.classes is None
            labels = join_labels(found, self.real.classes, where, strict)
            self._known[key] = SetImages(found, labels, found.contents)
        return self._known[key]

    def name_folder(self, name: str, split: Split) -> Path:
        """Folder of a made set: another one for each split, if its recipe looks at real images."""
        recipe = self.read_recipe(name, split)
        content = recipe.model_dump(mode="json", exclude={"engine", "name", "report", "exports"})
        here = {path: Path(path).name for path in self._files(split).values()}
        # where the experiment lies doesn't matter: it may be moved
        return self.folder / "sets" / f"{name}-{fingerprint(_fill_in(content, here))}"

    def read_recipe(self, name: str, split: Split) -> Recipe:
        """Read a set's recipe, the real images of a split in their place.

        Raises:
            RecipeError: it is wrong; the message says in which set.
        """
        settings, where = self.experiment.sets[name], f"sets.{name}"
        assert isinstance(settings, Made)
        try:
            content = _content(settings, where)
            content.setdefault("name", name)
            cut = tuple(self.experiment.real.cut)
            return load_recipe(_fill_in(content, self._files(split), cut))
        except RecipeError as error:
            problems = [
                type(p)(f"{where}.recipe.{p.where}", p.found, p.right) for p in error.problems
            ]
            raise RecipeError.of(problems) from None

    def check_present(self, split: Split) -> None:
        """See that all files are there which the recipes of the arms' sets name.

        Raises:
            RecipeError: some are not; all of them are named.
        """
        drawn = self._files(split).values()
        problems = [
            problem
            for name, recipe in self._recipes(split).items()
            for problem in find_missing(recipe, drawn, f"sets.{name}.recipe")
        ]
        if problems:
            raise RecipeError.of(problems)

    def list_code(self, suites: bool) -> tuple[str, ...]:
        """List the code of the user's own that recipes of the arms' sets run, as files and
        functions.

        Args:
            suites: add that of the experiment's suites.

        Raises:
            RecipeError: a recipe is wrong.
        """
        recipes = self._recipes(self.draw_split(self.experiment.seeds[0])).values()
        code = [one for recipe in recipes for one in recipe.code]
        if suites:
            code += [one.code for one in self.experiment.suites.values() if one.code is not None]
        return tuple(dict.fromkeys(code))

    def read_checked_recipe(self, name: str, split: Split) -> Recipe:
        """Read a set's recipe as `recipe` does, and see that it starts from no test image.

        Raises:
            RecipeError: it is wrong, or made from what the experiment tests on.
        """
        recipe, drawn = self.read_recipe(name, split), self._files(split).values()
        key = name, fingerprint(recipe.model_dump(mode="json")), split.seed
        if key not in self._checked:
            refuse_tested(recipe, self.real.hash_test_images(split), drawn, f"sets.{name}.recipe")
            self._checked.add(key)
        return recipe

    def _recipes(self, split: Split) -> dict[str, Recipe]:
        """Recipes of the sets that the arms take images of."""
        return {
            name: self.read_recipe(name, split)
            for name in self.experiment.used_sets
            if isinstance(self.experiment.sets[name], Made)
        }

    def _make(self, settings: Made, where: str, place: Path, split: Split) -> None:
        name = where.removeprefix("sets.")
        self.check_present(split)  # before the first set takes its hours
        recipe = self.read_checked_recipe(name, split)
        for part, path in self._files(split).items():
            if part in repr(_content(settings, where)):
                write_images(self.real, getattr(split, PARTS[part]), Path(path))
        made = run(recipe, place, bar=self.bar, allow_code=self.allow_code)
        if not made.kept().num_rows:
            what = f"{where}: none of {made.rows_in(made.view.plan):,} images was kept"
            right = f"read {place}/report/index.html, and change the selection of its recipe"
            raise StageError(f"{what}; {right}")

    def _files(self, split: Split) -> dict[str, str]:
        """Where the real images of a split stand, named by what they are."""
        found = {}
        for part, field in PARTS.items():
            rows = getattr(split, field)
            contents = [self.real.images.contents[row] for row in rows]
            name = f"{field}-{fingerprint([contents, self.real.labels[rows].tolist()])}"
            found[part] = (self.folder / "splits" / f"{name}.parquet").absolute().as_posix()
        return found


def _content(settings: Made, where: str) -> dict[str, Any]:
    if isinstance(settings.recipe, str):
        content = read_yaml(Path(settings.recipe))
    else:
        content = dict(settings.recipe)
    for change in settings.changes:
        override(content, change)
    return content


def _fill_in(value: Any, files: Mapping[str, str], cut: tuple[str, ...] = ()) -> Any:
    """Put files in place of `$real` and `$real_val`, anywhere in a recipe, and classes in place of
    `$cut` in a list."""
    if isinstance(value, str):
        return files.get(value, value)
    if isinstance(value, Mapping):
        return {name: _fill_in(inner, files, cut) for name, inner in value.items()}
    if not isinstance(value, list):
        return value
    names = [one for each in value for one in (cut if each == CUT else (each,))]
    return [_fill_in(inner, files, cut) for inner in names]


def write_images(real: RealSplit, rows: NDArray[np.int64], path: Path) -> None:
    """Write real images as a Parquet file in the Hugging Face layout: `image`, `label` (a name)."""
    if path.exists():
        return
    read, contents = real.images.read, real.images.contents
    images = [{"bytes": read(int(row)), "path": contents[row]} for row in rows.tolist()]
    names: list[ClassNames] = [real.classes[label] for label in real.labels[rows].tolist()]
    table = pa.table({"image": images, "label": [one[0] for one in names]})
    with write_aside(path) as aside:
        pq.write_table(table, aside, row_group_size=256)
