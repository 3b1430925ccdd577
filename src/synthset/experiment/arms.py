"""Composes the training set of each arm, and counts what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from synthset.errors import Problem, RecipeError
from synthset.experiment.images import SetImages, find_label
from synthset.experiment.sets import SetRows, Sets
from synthset.experiment.splits import RealSplit, Split
from synthset.recipe.arms import ArmPart, Phase
from synthset.seeds import digest
from synthset.taxonomy.label_conflicts import (
    apply_rule,
    describe_conflicts,
    describe_outcome,
    find_label_conflicts,
)
from synthset.taxonomy.names import ClassIndex
from synthset.training.draws import DrawPhase, make_table
from synthset.training.labelled import LabelledImages

Rows = NDArray[np.int64]
SHOWN = 8  # names that a note lists before it counts the rest


@dataclass(frozen=True)
class Composed:
    """The images of one stage of an arm.

    Attributes:
        images: with their labels and where they come from.
        short: notes where a set had fewer images than asked for, and of labels in conflict.
        draws: how often each source and class is drawn, phase by phase; empty by their images.
        counts: (K,) images of each part.
    """

    images: LabelledImages
    short: tuple[str, ...]
    draws: tuple[DrawPhase, ...] = ()
    counts: tuple[Rows, ...] = ()

    def draw_by(self, schedule: Sequence[Phase], classes: Sequence[str]) -> Composed:
        """Draw each set and class as often as is asked; nothing asked draws by images.

        Args:
            schedule: phases, with the share of each set, and of its classes.
            classes: K names.

        Raises:
            RecipeError: they don't fit the images.
        """
        phases = (DrawPhase(p.share, make_table(self.images, classes, p.draws)) for p in schedule)
        return replace(self, draws=tuple(phases))


@dataclass(frozen=True, eq=False)
class PartLimits:
    """What is known of the images that parts take, beyond their settings.

    Attributes:
        ranks: part that chooses -> (N,) int64 rank of each image of its set within its class, the
            best first; -1 for one that can't be chosen.
        counts: (K,) images that each part takes at most; empty without a limit.
    """

    ranks: Mapping[ArmPart, Rows] = field(default_factory=dict)
    counts: tuple[Rows, ...] = ()


def compose(
    parts: Sequence[ArmPart], sets: Sets, split: Split, where: str, limits: PartLimits | None = None
) -> Composed:
    """Put the parts of a training set together.

    Which images of a set are taken is drawn by the split's seed and the images' bytes: arms that
    take as many from a set take the same ones, and an arm that takes more takes those as well. A
    part that chooses takes them by their rank.

    Args:
        parts: what goes in.
        sets: of the experiment.
        split: which real images train.
        where: place in the experiment, for messages.
        limits: ranks of the parts that choose; none where no part does.

    Raises:
        RecipeError: a part takes nothing, or a set has too few images.
    """
    real, limits = sets.real, limits or PartLimits()
    counts = np.zeros(len(real.classes), np.int64)
    taken: list[LabelledImages] = []
    promised: dict[str, Rows] = {}
    used: dict[str, Rows] = {}  # rows by set: an image counts once, also if two parts name its set
    taken_by: list[Rows] = []
    short: list[str] = []
    names = [one[0] for one in real.classes]
    for i, part in enumerate(parts):
        place = f"{where}[{i}]"
        source, drawn = open_set(part.set, sets, split)
        asked = select_classes(part, real, place)
        outcome = describe_outcome(real.rule, f"taken from {part.set}")
        short += describe_conflicts(drawn.conflicts, names, outcome)
        rows_of = drawn.rows[~np.isin(drawn.rows, used.get(part.set, drawn.rows[:0]))]
        pools = _collect_pools(asked, source.labels, rows_of)
        wanted = _count_wanted(part, asked, [len(pool) for pool in pools], counts)
        if part.choose:
            pools = [_order(pool, limits.ranks[part]) for pool in pools]
        if limits.counts:
            wanted = np.minimum(wanted, limits.counts[i]).tolist()
        missing = _name_short_classes(part, pools, wanted, real)
        if missing and part.short == "refuse":
            right = "ask for fewer, or set `short: take`"
            raise RecipeError.of([Problem(place, said, right) for said in missing])
        short += missing
        rows = [pool[:count] for pool, count in zip(pools, wanted, strict=True)]
        if not any(map(len, rows)):
            right = "change its amount or classes, or remove it"
            raise RecipeError(place, f"this part takes no image of {part.set!r}", right)
        chosen, mine = np.concatenate(rows), np.array([len(one) for one in rows], np.int64)
        used[part.set] = np.concatenate([used.get(part.set, chosen[:0]), chosen])
        promised[part.set] = promised.get(part.set, np.zeros_like(mine)) + mine
        counts += mine
        taken_by.append(mine)
        taken.append(source.images.label_rows(source.labels, chosen, part.set))
    images = LabelledImages.join(taken)
    _assert_counts(images, promised, len(real.classes))
    notes = (*short, *_name_empty_classes(counts, real))
    return Composed(images, notes, counts=tuple(taken_by))


def open_set(name: str, sets: Sets, split: Split) -> tuple[SetImages, SetRows]:
    """Open a set as the arms of a split may take from it.

    Args:
        name: of the set; `real` are the split's real training images.
        sets: of the experiment.
        split: which real images train.
    """
    real = sets.real
    if name == "real":
        return SetImages(real.images, real.labels, real.images.contents), SetRows(split.train, {})
    source = sets.get(name, split)
    key = name, split.seed, id(source)
    if key not in sets.drawn:
        sets.drawn[key] = SetRows(_draw_rows(source, real, split), _find_conflicts(source, real))
    return source, sets.drawn[key]


def _name_empty_classes(counts: Rows, real: RealSplit) -> tuple[str, ...]:
    """Say which classes have no image at all."""
    names = [repr(real.classes[k][0]) for k in np.flatnonzero(counts == 0).tolist()]
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return (f"there is no image of {', '.join(names[:SHOWN])}{more}",) if names else ()


def _name_short_classes(
    part: ArmPart, pools: Sequence[Rows], wanted: Sequence[int], real: RealSplit
) -> list[str]:
    """Say which classes have fewer images than are wanted."""
    chosen = f" that `{part.choose}` can choose" if part.choose else ""
    return [
        f"{part.set} has {len(pool):,} images of {real.classes[k][0]!r}{chosen}, but {count:,} are "
        "wanted"
        for k, (pool, count) in enumerate(zip(pools, wanted, strict=True))
        if count > len(pool)
    ]


def _assert_counts(images: LabelledImages, promised: dict[str, Rows], classes: int) -> None:
    """A training set holds what its parts promise, by origin and class: half and half is half."""
    found = images.count_images(classes)
    assert found.keys() == promised.keys()
    assert all((found[name] == promised[name]).all() for name in found), (found, promised)


def select_classes(part: ArmPart, real: RealSplit, where: str) -> list[bool]:
    """Select the classes that a part is about.

    Args:
        part: of an arm.
        real: for the K classes.
        where: place of the part in the experiment, for messages.

    Raises:
        RecipeError: there is no such class.
    """
    if part.classes is None:
        return [True] * len(real.classes)
    index = ClassIndex(real.classes)
    labels = {find_label(name, index, f"{where}.classes") for name in part.classes}
    return [k in labels for k in range(len(real.classes))]


def _collect_pools(asked: Sequence[bool], labels: Rows, rows: Rows) -> list[Rows]:
    """Rows of each class that a part may take from, in the order of their draw."""
    return [rows[labels[rows] == k] if mine else rows[:0] for k, mine in enumerate(asked)]


def _order(pool: Rows, ranks: Rows) -> Rows:
    """Rows of a class that can be chosen, by their rank."""
    chosen = pool[ranks[pool] >= 0]
    return chosen[np.argsort(ranks[chosen], kind="stable")]


def _find_conflicts(source: SetImages, real: RealSplit) -> dict[str, tuple[int, ...]]:
    """Bytes of a set that have several labels there, or another among the real images."""
    mine = set(source.originals)
    found = find_label_conflicts(
        chain(source.originals, real.images.contents),
        chain(source.labels.tolist(), real.labels.tolist()),
    )
    return {content: labels for content, labels in found.items() if content in mine}


def _draw_rows(source: SetImages, real: RealSplit, split: Split) -> Rows:
    """Rows of a set in a random order; copies of others and of test images are left out, and by the
    experiment's rule labels in conflict, in which real images come first."""
    contents = source.originals
    tests = real.test if real.test is not None else real.images
    test = (
        set(tests.contents)
        if real.test is not None
        else {real.images.contents[row] for row in split.test}
    )
    held = {real.images.contents[row] for row in split.val}
    used = apply_rule(
        [*real.images.contents, *contents],
        [*real.labels.tolist(), *source.labels.tolist()],
        real.rule,
    )[len(real.images) :]
    rows: dict[tuple[str, int], int] = {}
    for row in np.flatnonzero((source.labels >= 0) & used).tolist():
        if contents[row] not in test and contents[row] not in held:
            rows.setdefault((contents[row], int(source.labels[row])), row)
    order = sorted(rows, key=lambda one: (digest([split.seed, one[0]], 8), one[1]))
    return np.array([rows[one] for one in order], np.int64)


def _count_wanted(
    part: ArmPart, asked: Sequence[bool], there: Sequence[int], before: Rows
) -> list[int]:
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
