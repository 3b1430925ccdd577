"""Metrics that compare two sets image by image, or one set with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synthset.engine.reference import Measured
from synthset.metrics.sets.cmmd import cmmd
from synthset.metrics.sets.kid import kid_full
from synthset.metrics.sets.mmd import Discrepancy
from synthset.metrics.sets.prdc import neighbourhoods, summarise
from synthset.metrics.sets.sample_size import shortfalls
from synthset.metrics.sets.vendi import vendi_score
from synthset.metrics.statistics.intervals import around, jackknife, mean_interval, wilson
from synthset.recipe.scores import Cmmd, Kid, Prdc, Vendi

KID_SCALE = 1000.0
FEWEST = 3  # images on each side that a discrepancy with an error needs
ROUGH = 20  # below so many images a standard error is itself a guess

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Floor:
    """What real images score against other real images: no set can be expected to do better.

    Attributes:
        value: mean of a few draws.
        interval: where one draw falls, 95 %.
        n_real: images that stood for the reference.
        n_generated: images that stood for the set.
    """

    value: float
    interval: tuple[float, float]
    n_real: int
    n_generated: int


@dataclass(frozen=True)
class Result:
    """One number, and all that is needed to read it.

    Attributes:
        name: what it may be called.
        of: `all`, `kept` or `rejected`.
        value: None where it could not be measured; `warning` says why.
        n: images that it was measured on.
        measured_by: the encoder in words.
        better: `lower`, `higher` or `neither`.
        interval: 95 %, or None.
        class_key: the class, or None for the whole set.
        reference: what it was compared with, in words.
        warning: what to mind.
        floor: what real images score at this count, where the number depends on it.
        failed: what broke the metric; None where nothing did. It is tried again by the next run.
        over: over how many classes a mean of classes is, where some have no image.
    """

    name: str
    of: str
    value: float | None
    n: int
    measured_by: str
    better: str
    interval: tuple[float, float] | None = None
    class_key: str | None = None
    reference: str | None = None
    warning: str | None = None
    floor: Floor | None = None
    failed: str | None = None
    over: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """One part of a set as one encoder sees it.

    Attributes:
        part: `all`, `kept` or `rejected`.
        features: (N, D) float32.
        names: (N,) class names.
        keys: class name to class key.
        by: the encoder in words.
        kind: kind of the encoder; `inception` with the weights alone that FID is defined by.
    """

    part: str
    features: Features
    names: Sequence[str]
    keys: Mapping[str, str]
    by: str
    kind: str

    def result(self, name: str, better: str, reference: str | None = None) -> Result:
        """A result of this part that has no value yet."""
        return Result(
            name, self.part, None, len(self.features), self.by, better, reference=reference
        )

    def rows(self, mine: NDArray[np.int64]) -> Seen:
        """Some of its images."""
        return replace(self, features=self.features[mine], names=[self.names[i] for i in mine])


def class_by_class(
    seen: Seen, real: Features, names: Sequence[str], at_least: int = FEWEST
) -> Iterator[tuple[str, Seen, Features]]:
    """Give each class with its real images, by name, where both sides have enough.

    Args:
        seen: a part of the set.
        real: (M, D) real images.
        names: (M,) class name of each.
        at_least: the fewest images on each side.

    Yields:
        Key of the class, its images, and its real images.
    """
    ours, theirs = np.array(seen.names, dtype=object), np.array(names, dtype=object)
    for name in sorted(set(seen.names) & set(names)):
        mine, real_ones = np.flatnonzero(ours == name), np.flatnonzero(theirs == name)
        if min(len(mine), len(real_ones)) >= at_least:
            yield seen.keys[name], seen.rows(mine), real[real_ones]


def compare(metric: Kid | Cmmd | Prdc, seen: Seen, measured: Measured) -> list[Result]:
    """Compare a part of the set with a reference set, in all and class by class if wanted."""
    real, names = measured.features()
    results = _compared(metric, seen, real, measured.what)
    if metric.per_class:
        for key, ours, theirs in class_by_class(seen, real, names):
            found = _compared(metric, ours, theirs, measured.what)
            results += [replace(result, class_key=key) for result in found]
    return results


def _compared(metric: Kid | Cmmd | Prdc, seen: Seen, real: Features, what: str) -> list[Result]:
    match metric:
        case Kid():
            name = "KID x 1000" if seen.kind == "inception" else f"KD x 1000 ({seen.by})"
            return [_told(seen.result(name, "lower", what), seen, real, kid_full, KID_SCALE)]
        case Cmmd():
            empty = seen.result(f"CMMD ({seen.by})", "lower", what)
            return [_told(empty, seen, real, partial(cmmd, with_diagonal=False), 1.0)]
        case Prdc():
            return _prdc(metric, seen, real, what)


def _told(
    empty: Result,
    seen: Seen,
    real: Features,
    discrepancy: Callable[[Features, Features], Discrepancy],
    scale: float,
) -> Result:
    """Unbiased at any count, so that the interval says what few images cost."""
    fewer = min(len(seen.features), len(real))
    if fewer < FEWEST:
        return replace(empty, warning="fewer than three images")
    found = discrepancy(real, seen.features)
    interval = around(scale * found.value, scale * found.standard_error)
    few = f"an interval of {fewer} images is a rough one itself" if fewer < ROUGH else None
    return replace(empty, value=interval.value, interval=(interval.low, interval.high), warning=few)


def _prdc(metric: Prdc, seen: Seen, real: Features, what: str) -> list[Result]:
    names = ("precision", "recall", "density", "coverage")
    empty = [seen.result(f"{name} ({seen.by})", "higher", what) for name in names]
    count = len(seen.features)
    if min(count, len(real)) <= metric.k:
        return [replace(one, warning=f"needs more than k = {metric.k} images") for one in empty]
    found = neighbourhoods(real, seen.features, metric.k)
    values = summarise(found, metric.k)
    inside = int((found.balls_around > 0).sum())
    ranges = [
        wilson(inside, count),
        wilson(int(found.recalled.sum()), len(real)),
        mean_interval(found.balls_around / metric.k),
        wilson(int(found.covered.sum()), len(real)),
    ]
    short = "; ".join(shortfalls("prdc", len(real), count, real.shape[1])) or None
    return [
        replace(
            one,
            value=float(getattr(values, name)),
            interval=(interval.low, interval.high),
            warning=short,
        )
        for one, name, interval in zip(empty, names, ranges, strict=True)
    ]


def vendi(metric: Vendi, seen: Seen) -> list[Result]:
    """Count how many different images a part is worth, and each class of it if wanted."""
    results = _vendi(seen)
    if metric.per_class:
        for key, ours, _ in class_by_class(seen, seen.features, seen.names):
            results += [replace(result, class_key=key) for result in _vendi(ours)]
    return results


def _vendi(seen: Seen) -> list[Result]:
    empty = seen.result(f"Vendi score ({seen.by})", "higher")
    count, width = seen.features.shape
    if count < 2:
        return [replace(empty, warning="fewer than two images")]
    groups = min(20, count)
    interval = jackknife(vendi_score, seen.features, groups=groups)
    short = "; ".join(shortfalls("vendi", 0, count, width)) or None
    ends = (interval.low, interval.high)
    return [replace(empty, value=interval.value, interval=ends, warning=short)]
