"""Fréchet distances beside what real images score at the same count: of a set, and class by class.

The distance depends on the number of images. Within a class, where images are few, most of it may
be bias, so it is taken over the reference's leading principal axes, and never stands alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthset.engine.compare import Floor, Result, Seen, class_by_class
from synthset.engine.reference import Measured
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.metrics.sets.floor import real_floor
from synthset.metrics.sets.gaussian import gaussian
from synthset.metrics.sets.influence import fd_influence, jackknife_error
from synthset.metrics.sets.pca import principal_axes
from synthset.metrics.sets.sample_size import shortfalls
from synthset.metrics.statistics.intervals import around, jackknife
from synthset.recipe.scores import FrechetDistance

NARROW = 512  # features; below, leaving out each image is cheaper than leaving out groups
GROUPS = 20

Features = NDArray[np.float32] | NDArray[np.float64]


def frechet_by_class(metric: FrechetDistance, seen: Seen, measured: Measured) -> list[Result]:
    """Compare each class with its real images, over axes of the whole reference.

    Returns:
        A result for each class with three images or more on both sides, with its real floor.
    """
    real, names = measured.features()
    name = "FID" if seen.kind == "inception" else f"FD ({seen.by})"
    axes = None
    if metric.axes is not None and len(real) > 1:
        axes = principal_axes(real, min(metric.axes, real.shape[1], len(real) - 1))
        name = f"FD over {axes.basis.shape[1]} axes ({seen.by})"
    results = []
    for key, ours, theirs in class_by_class(seen, real, names):
        empty = replace(ours.result(name, "lower", measured.what), class_key=key)
        if axes is None:
            results.append(_compared(empty, theirs, ours.features, "fid"))
        else:
            pair = (axes.project(theirs), axes.project(ours.features))
            results.append(_compared(empty, *pair, "fd_pca"))
    return results


def floor_of(real: Features, count: int) -> Floor | None:
    """What real images score against real images, at the count of a comparison or the nearest.

    Args:
        real: (N, D); as many as the comparison has images stand for it, half of N at most, and all
            others for the reference.
        count: images of the comparison.

    Returns:
        None with fewer than four real images.
    """
    some = min(count, len(real) // 2)
    if some < 2:
        return None
    found = real_floor(frechet_distance_from_features, real, len(real) - some, some)
    return Floor(found.value, (found.low, found.high), len(real) - some, some)


def _compared(empty: Result, real: Features, generated: Features, metric: str) -> Result:
    value = frechet_distance_from_features(real, generated)
    low, high = _interval(value, real, generated)
    floor = floor_of(real, len(generated))
    said = shortfalls(metric, len(real), len(generated), real.shape[1], per_class=True)
    if floor is not None and floor.n_generated < len(generated):
        said.append(
            f"real images are too few for a floor at {len(generated):,}: it is of "
            f"{floor.n_generated:,}, and so too high"
        )
    warning = "; ".join(said) or None
    return replace(empty, value=value, interval=(low, high), floor=floor, warning=warning)


def _interval(value: float, real: Features, generated: Features) -> tuple[float, float]:
    """95 % over new draws of the generated images."""
    if real.shape[1] <= NARROW:
        found = around(value, jackknife_error(fd_influence(gaussian(real), generated)))
    else:
        groups = min(GROUPS, len(generated))
        found = jackknife(
            lambda rows: frechet_distance_from_features(real, rows), generated, groups=groups
        )
    return found.low, found.high
