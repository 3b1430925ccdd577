"""Metrics that compare two sets image by image, or one set with itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthset.engine.reference import Measured
from synthset.metrics.cmmd import cmmd
from synthset.metrics.enough import shortfalls
from synthset.metrics.intervals import around, jackknife, mean_interval, wilson
from synthset.metrics.kid import kid_full
from synthset.metrics.mmd import Discrepancy
from synthset.metrics.per_class import per_class
from synthset.metrics.prdc import neighbourhoods, summarise
from synthset.metrics.vendi import vendi_score
from synthset.recipe.scores import Cmmd, Kid, Prdc

KID_SCALE = 1000.0
FEWEST = 3  # images on each side that a discrepancy with an error needs


@dataclass(frozen=True)
class Result:
    """One number, and all that is needed to read it.

    Attributes:
        name: what it may be called.
        of: `all`, `kept` or `rejected`.
        value: None where it could not be measured; `warning` says why.
        n: images that it was measured on.
        measured_by: the encoder in words.
        better: `lower` or `higher`.
        interval: 95 %, or None.
        class_key: the class, or None for the whole set.
        reference: what it was compared with, in words.
        warning: what to mind.
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


@dataclass(frozen=True, eq=False)
class Seen:
    """One part of a set as one encoder sees it.

    Attributes:
        part: `all`, `kept` or `rejected`.
        features: (N, D) float32.
        names: (N,) class names.
        keys: class name to class key.
        by: the encoder in words.
        kind: kind of the encoder.
    """

    part: str
    features: NDArray[np.float32]
    names: Sequence[str]
    keys: Mapping[str, str]
    by: str
    kind: str

    def result(self, name: str, better: str, reference: str | None = None) -> Result:
        """A result of this part that has no value yet."""
        return Result(
            name, self.part, None, len(self.features), self.by, better, reference=reference
        )


def compare(metric: Kid | Cmmd | Prdc, seen: Seen, measured: Measured) -> list[Result]:
    """Compare a part of the set with a reference set."""
    real, names = measured.features()
    match metric:
        case Kid():
            return _kid(metric, seen, real, names, measured.what)
        case Cmmd():
            empty = seen.result(f"CMMD ({seen.by})", "lower", measured.what)
            if len(seen.features) < FEWEST:
                return [replace(empty, warning="fewer than three images")]
            return [_told(empty, cmmd(real, seen.features, with_diagonal=False), 1.0, "cmmd", real)]
        case Prdc():
            return _prdc(metric, seen, real, measured.what)


def _kid(
    metric: Kid, seen: Seen, real: NDArray[np.float32], names: Sequence[str], what: str
) -> list[Result]:
    name = "KID x 1000" if seen.kind == "inception" else f"KD x 1000 ({seen.by})"
    empty = seen.result(name, "lower", what)
    if len(seen.features) < FEWEST:
        return [replace(empty, warning="fewer than three images")]
    results = [_told(empty, kid_full(real, seen.features), KID_SCALE, "cmmd", real)]
    if metric.per_class:
        known = sorted(set(names) & set(seen.names))
        place = {name: i for i, name in enumerate(known)}
        ours = np.array([place.get(name, len(known)) for name in seen.names])
        theirs = np.array([place.get(name, len(known)) for name in names])
        rows, kept = ours < len(known), theirs < len(known)
        found = per_class(kid_full, real[kept], theirs[kept], seen.features[rows], ours[rows])
        for label, discrepancy in found.items():
            one = replace(empty, n=int((ours == label).sum()), class_key=seen.keys[known[label]])
            results.append(_told(one, discrepancy, KID_SCALE, None, real))
    return results


def _told(
    empty: Result, found: Discrepancy, scale: float, metric: str | None, real: NDArray[np.float32]
) -> Result:
    interval = around(scale * found.value, scale * found.standard_error)
    short = shortfalls(metric, len(real), empty.n, real.shape[1]) if metric else []
    ends = (interval.low, interval.high)
    return replace(empty, value=interval.value, interval=ends, warning="; ".join(short) or None)


def _prdc(metric: Prdc, seen: Seen, real: NDArray[np.float32], what: str) -> list[Result]:
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


def vendi(seen: Seen) -> list[Result]:
    """Count how many different images a part is worth."""
    empty = seen.result(f"Vendi score ({seen.by})", "higher")
    count, width = seen.features.shape
    if count < 2:
        return [replace(empty, warning="fewer than two images")]
    groups = min(20, count)
    interval = jackknife(vendi_score, seen.features, groups=groups)
    short = "; ".join(shortfalls("vendi", 0, count, width)) or None
    ends = (interval.low, interval.high)
    return [replace(empty, value=interval.value, interval=ends, warning=short)]
