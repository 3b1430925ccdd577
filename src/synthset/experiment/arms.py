"""Composes the training set of each arm, and counts what is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.experiment.sets import Joined, Sets
from synthset.experiment.splits import RealImages, Split
from synthset.recipe.experiment import Arm, Part
from synthset.seeds import digest
from synthset.training.labelled import Labelled

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Composed:
    """The images of one stage of an arm.

    Attributes:
        images: with their labels and where they come from.
        short: notes where a set had fewer images than asked for.
    """

    images: Labelled
    short: tuple[str, ...]


def compose(
    parts: Sequence[Part], real: RealImages, split: Split, sets: Sets, where: str
) -> Composed:
    """Put the parts of a training set together.

    Which images of a set are taken is drawn by the split's seed and the images' bytes: arms that
    take as many from a set take the same ones, and an arm that takes more takes those as well.

    Args:
        parts: what goes in.
        real: real images.
        split: which of them train.
        sets: the other sets.
        where: place in the experiment, for messages.

    Raises:
        RecipeError: nothing is left, or a set has too few images.
    """
    counts = np.zeros(len(real.classes), np.int64)
    taken: list[Labelled] = []
    short: list[str] = []
    for i, part in enumerate(parts):
        place = f"{where}[{i}]"
        source = (
            Joined(real.images, real.labels) if part.set == "real" else sets.get(part.set, split)
        )
        asked = _asked(part, real, place)
        rows_of = split.train if part.set == "real" else _drawn(source, real, split)
        pools = _pools(asked, source.labels, rows_of)
        wanted = _wanted(part, asked, [len(pool) for pool in pools], counts)
        problems = []
        for k, (pool, count) in enumerate(zip(pools, wanted, strict=True)):
            if count > len(pool):
                name = real.classes[k][0]
                said = f"{part.set} has {len(pool):,} images of {name!r}, {count:,} are wanted"
                problems.append(Problem(place, said, "ask for fewer, or set `short: take`"))
                short.append(said)
        if problems and part.short == "refuse":
            raise RecipeError.of(problems)
        rows = [pool[:count] for pool, count in zip(pools, wanted, strict=True)]
        counts += [len(one) for one in rows]
        if any(map(len, rows)):
            taken.append(_labelled(source, np.concatenate(rows), part.set))
    if not taken:
        raise RecipeError(where, "no image is left", "look at classes and amounts of its parts")
    return Composed(Labelled.join(taken), tuple(short))


def check_sources(arm: Arm, composed: Composed, classes: int) -> None:
    """Assert that a training set holds what its parts promise: every set that is named, and as many
    images in all as by origin.

    Raises:
        RecipeError: a set that the arm names gave nothing.
    """
    counts = composed.images.counts(classes)
    assert sum(int(one.sum()) for one in counts.values()) == len(composed.images)
    for i, part in enumerate(arm.parts):
        if not counts.get(part.set, np.zeros(1)).any():
            found = f"arm {arm.name!r} takes no image of {part.set!r}"
            raise RecipeError(f"arms.{arm.name}.parts[{i}]", found, "mend its amount, or remove it")


def _asked(part: Part, real: RealImages, where: str) -> list[bool]:
    """Which classes a part is about."""
    label_of = {name: k for k, one in enumerate(real.classes) for name in one}
    for name in part.classes or ():
        if name not in label_of:
            known = [one[0] for one in real.classes]
            raise RecipeError(f"{where}.classes", f"no class {name!r}", did_you_mean(name, known))
    labels = None if part.classes is None else {label_of[name] for name in part.classes}
    return [labels is None or k in labels for k in range(len(real.classes))]


def _pools(asked: Sequence[bool], labels: Rows, rows: Rows) -> list[Rows]:
    """Rows of each class that a part may take from, in the order of their draw."""
    return [rows[labels[rows] == k] if mine else rows[:0] for k, mine in enumerate(asked)]


def _drawn(source: Joined, real: RealImages, split: Split) -> Rows:
    """Rows of a set in a random order, copies of others and of test images left out."""
    contents = source.images.contents
    tests = real.test if real.test is not None else real.images
    test = (
        set(tests.contents)
        if real.test is not None
        else {real.images.contents[row] for row in split.test}
    )
    held = {real.images.contents[row] for row in split.val}
    rows: dict[str, int] = {}
    for row in np.flatnonzero(source.labels >= 0).tolist():
        if contents[row] not in test and contents[row] not in held:
            rows.setdefault(contents[row], row)
    order = sorted(rows, key=lambda one: digest([split.seed, one], 8))
    return np.array([rows[content] for content in order], np.int64)


def _wanted(part: Part, asked: Sequence[bool], there: Sequence[int], before: Rows) -> list[int]:
    """How many images of each class a part asks for."""
    counts = np.array(there, np.int64)
    if part.per_class is not None:  # "at most": a class with fewer gives all it has
        counts = np.minimum(counts, part.per_class)
    elif part.share is not None:
        counts = np.minimum(counts, np.maximum(1, np.rint(part.share * counts)))
    elif part.ratio is not None:
        counts = np.rint(part.ratio * before)
    elif part.top_up_to is not None:
        top = before.max() if part.top_up_to == "largest" else part.top_up_to
        counts = np.maximum(0, top - before)
    return [int(count) if mine else 0 for count, mine in zip(counts, asked, strict=True)]


def _labelled(source: Joined, rows: Rows, name: str) -> Labelled:
    contents = source.images.contents
    return Labelled(
        read=Rowwise(source.images.read, rows),
        labels=source.labels[rows],
        origins=np.zeros(len(rows), np.int16),
        names=(name,),
        keys=tuple(contents[row] for row in rows.tolist()),
    )


@dataclass(frozen=True)
class Rowwise:
    """Reads image i of some rows; may be sent to another process."""

    read: Callable[[int], bytes]
    rows: Rows

    def __call__(self, i: int) -> bytes:
        return self.read(int(self.rows[i]))
