"""Splits real images: training, validation, test, and the cut that makes classes rare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.experiment.images import ClassNames, Collection, collect, find_label, join_labels
from synthset.recipe.experiment import Real
from synthset.seeds import digest
from synthset.taxonomy.label_conflicts import (
    Rule,
    apply_rule,
    describe_conflicts,
    describe_outcome,
    find_label_conflicts,
)
from synthset.taxonomy.names import ClassIndex
from synthset.training.labelled import LabelledImages

TRAINED = "trained on"
ASKED = f"not {TRAINED}, because validation or test have the same bytes"
FEWEST_VAL = 2  # of each class, so that its recall is more than yes or no


@dataclass(frozen=True)
class RealSplit:
    """Real images with the experiment's labels.

    Attributes:
        classes: names of each class, in label order.
        images: those that train and validate, and test where `test` is None.
        labels: (N,) int64 of `images`; -1 for images of no class.
        test: those that test, if they lie apart.
        test_labels: (T,) int64 of `test`.
        rule: for bytes under several labels.
    """

    classes: tuple[ClassNames, ...]
    images: Collection
    labels: NDArray[np.int64]
    test: Collection | None
    test_labels: NDArray[np.int64]
    rule: Rule = "drop"

    @cached_property
    def conflicts(self) -> dict[str, tuple[int, ...]]:
        """Bytes that stand under several labels, the test's among them: content -> labels."""
        tested = () if self.test is None else self.test.contents
        return find_label_conflicts(
            chain(self.images.contents, tested),
            chain(self.labels.tolist(), self.test_labels.tolist()),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is left out of all training, in words."""
        tested = frozenset(() if self.test is None else self.test.contents)
        return note_conflicts(self.conflicts, tested, [one[0] for one in self.classes], self.rule)

    def take_training(self, split: Split) -> LabelledImages:
        """Give the training images of a split."""
        return self.images.label_rows(self.labels, split.train)

    def take_validation(self, split: Split) -> LabelledImages:
        """Give the images of a split that choose the checkpoint."""
        return self.images.label_rows(self.labels, split.val)

    def take_test(self, split: Split) -> LabelledImages:
        """Give the test images of a split."""
        if self.test is not None:
            return self.test.label_rows(self.test_labels, split.test)
        return self.images.label_rows(self.labels, split.test)

    def hash_test_images(self, split: Split) -> frozenset[str]:
        """SHA-256 of all test images, also of those that `max_test_per_class` leaves out."""
        if self.test is not None:
            return frozenset(self.test.contents)
        return frozenset(self.images.contents[row] for row in split.test)


@dataclass(frozen=True)
class Split:
    """Rows of the real images. The same for every arm.

    Attributes:
        seed: that drew it.
        train: (n,) int64 rows of `images`, by class, then in the order of their draw.
        val: (v,) rows of `images`.
        test: (t,) rows of `test`, or of `images` where the test is split off.
        copies: images left out of training and validation since the test has the same bytes, under
            the same label.
    """

    seed: int
    train: NDArray[np.int64]
    val: NDArray[np.int64]
    test: NDArray[np.int64]
    copies: int


def note_conflicts(
    conflicts: Mapping[str, Sequence[int]], asked: Set[str], names: Sequence[str], rule: Rule
) -> tuple[str, ...]:
    """Say what becomes of labels in conflict: whatever the rule, nothing trains that is asked.

    Args:
        conflicts: labels of each content.
        asked: contents of what validates or tests.
        names: of the classes in label order.
        rule: for the others.
    """
    free, held = dict[str, Sequence[int]](), dict[str, Sequence[int]]()
    for content, labels in conflicts.items():
        (held if rule != "drop" and content in asked else free)[content] = labels
    return (
        *describe_conflicts(free, names, describe_outcome(rule, TRAINED)),
        *describe_conflicts(held, names, ASKED),
    )


def read_real(settings: Real) -> RealSplit:
    """List the real images and settle the classes.

    Raises:
        RecipeError: nothing is there, or a class is missing.
    """
    train = collect(settings.train, "real.train")
    test = None if settings.test is None else collect(settings.test, "real.test", tests=True)
    return split_real_images(settings, train, test)


def split_real_images(settings: Real, train: Collection, test: Collection | None) -> RealSplit:
    """Settle the classes of an experiment: those of its real training images.

    Raises:
        RecipeError: a wanted class is not there, or the test lacks a class.
    """
    classes = _choose_classes(settings, train)
    strict = settings.classes is None
    labels = join_labels(train, classes, "real.train", strict)
    if test is None:
        return RealSplit(classes, train, labels, None, np.empty(0, np.int64), settings.conflicts)
    tested = join_labels(test, classes, "real.test", strict)
    lacking = [names[0] for k, names in enumerate(classes) if not (tested == k).any()]
    if lacking:
        there = sorted({names[0] for names in test.classes})
        found = f"class {', '.join(map(repr, lacking[:5]))} has no test image"
        raise RecipeError("real.test", found, did_you_mean(lacking[0], there))
    return RealSplit(classes, train, labels, test, tested, settings.conflicts)


def split(settings: Real, real: RealSplit, seed: int) -> Split:
    """Draw a split. Nothing but the images' bytes and the seed decides it, so neither the order of
    files nor another class changes it.

    Raises:
        RecipeError: a class has too few images for what is asked.
    """
    contents = real.images.contents
    in_conflict = np.array([content in real.conflicts for content in contents], bool)
    kept = np.array(apply_rule(contents, real.labels.tolist(), real.rule), bool)
    sure, unsure = (
        np.where(which, real.labels, -1)
        for which in (~in_conflict, in_conflict & kept & (real.rule != "drop"))
    )
    drawn = [
        [
            *_draw_rows(contents, sure, k, seed),
            *_draw_rows(contents, unsure, k, seed),
        ]  # the last train
        for k in range(len(real.classes))
    ]
    tested, test = _draw_test(settings, real, drawn, seed)
    train, val, copies, problems = [], [], 0, []
    for k, rows in enumerate(drawn):
        taken = [row for row in rows if contents[row] in tested]
        rest = [row for row in rows if contents[row] not in tested]
        if real.test is not None:
            copies += sum(contents[row] not in real.conflicts for row in taken)
        name = real.classes[k][0]
        try:
            mine, held = _cut(settings, name, rest)
        except ValueError as fault:
            problems.append(Problem("real", f"class {name!r}: {fault}", "give it more images"))
            continue
        train.append(mine)
        val.append(held)
    if problems:
        raise RecipeError.of(problems)
    return Split(seed, _flatten(train), _flatten(val), _flatten(test), copies)


def _choose_classes(settings: Real, train: Collection) -> tuple[ClassNames, ...]:
    """The classes that are asked for, else those with images."""
    there, labelled = train.classes, set(train.labels.tolist())
    if settings.classes is None:
        wanted = tuple(names for k, names in enumerate(there) if k in labelled)
    else:
        index, picked, problems = ClassIndex(there), list[ClassNames](), list[Problem]()
        for i, name in enumerate(settings.classes):
            try:
                picked.append(there[find_label(name, index, f"real.classes[{i}]")])
            except RecipeError as fault:
                problems += fault.problems
        if problems:
            raise RecipeError.of(problems)
        wanted = tuple(picked)
    known = [names[0] for names in wanted]  # by which the report puts them first
    for name in settings.cut:
        if name not in known:
            raise RecipeError(
                f"real.cut.{name}", f"there is no class {name!r}", did_you_mean(name, known)
            )
    if len(wanted) < 2:
        found = f"there is only {len(wanted)} class" + (f" ({wanted[0][0]})" if wanted else "")
        raise RecipeError("real.train", found, "a classifier needs at least two")
    return wanted


def _draw_rows(
    contents: Sequence[str], labels: NDArray[np.int64], label: int, seed: int
) -> list[int]:
    """Rows of a class in a random order that only seed and bytes decide; of images with the same
    bytes the first."""
    rows: dict[str, int] = {}
    for row in np.flatnonzero(labels == label).tolist():
        rows.setdefault(contents[row], row)
    return [rows[content] for content in sorted(rows, key=lambda one: digest([seed, one], 8))]


def _draw_test(
    settings: Real, real: RealSplit, drawn: list[list[int]], seed: int
) -> tuple[set[str], list[list[int]]]:
    """Test rows of each class, and the bytes that nothing may be trained on: all of the test set,
    also what `max_test_per_class` leaves out."""
    most = settings.max_test_per_class
    if real.test is not None:
        rows = [np.flatnonzero(real.test_labels == k).tolist() for k in range(len(drawn))]
        if most is not None:
            rows = [
                _draw_rows(real.test.contents, real.test_labels, k, seed) for k in range(len(drawn))
            ]
        return set(real.test.contents), [one[:most] for one in rows]
    cut = [max(1, round(settings.test_fraction * len(one))) for one in drawn]
    held = [one[:count] for one, count in zip(drawn, cut, strict=True)]
    taken = {real.images.contents[row] for one in held for row in one}
    return taken, [one[:most] for one in held]


def _cut(settings: Real, name: str, rest: list[int]) -> tuple[list[int], list[int]]:
    """Training and validation rows of a class.

    Raises:
        ValueError: too few.
    """
    count_val = max(FEWEST_VAL, round(settings.val_fraction * len(rest)))
    val, train = rest[:count_val], rest[count_val:]
    if not train:
        raise ValueError(
            f"it has {len(rest)} images for training and validation, but validation alone needs "
            f"{count_val}"
        )
    left = min(settings.max_per_class or len(train), len(train))
    wanted = min(left, settings.cut.get(name, left))
    if settings.cut.get(name, 0) > len(train):
        raise ValueError(
            f"it is to be cut to {settings.cut[name]}, but has only {len(train)} training images"
        )
    as_many_as = wanted if settings.cut_validation else left
    keep_val = max(FEWEST_VAL, round(len(val) * as_many_as / len(train)))
    return train[:wanted], val[:keep_val]


def _flatten(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return np.array([row for one in rows for row in one], np.int64)
