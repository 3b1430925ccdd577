"""After a training: do the classifier's features tell generated from real images of a class?

Wherever they do, and the source of an image tells of its class, the classifier may have learned the
source in place of the class.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.sets.pca import find_principal_axes
from synthset.metrics.statistics.probe import probe
from synthset.results.source_leak import SourceProbe
from synthset.training.labelled import LabelledImages

PER_SIDE = 200  # images of a class, real ones and generated ones each: seconds for ten classes
FEWEST = 20  # with fewer on a side, an interval reaches from no leak to a strong one
CLASSES = 50  # with both kinds that are probed, those of the fewest real images first
AXES = 16  # principal axes of a class's features that the probe sees

Features = NDArray[np.float32]


def probe_sources(
    images: LabelledImages, classes: int, read: Callable[[LabelledImages], Features]
) -> SourceProbe | None:
    """Probe each class that has real and generated training images, as many of either kind.

    Args:
        images: that the classifier was trained on; the bytes decide which of them are taken.
        classes: K.
        read: gives the (N, D) float32 features of images.

    Returns:
        None where images are all real, or all generated.
    """
    chosen = choose_rows(images, classes)
    if chosen is None:
        return None
    probed = {label: rows for label, rows in chosen.items() if len(rows)}
    if not probed:
        return SourceProbe({}, len(chosen))
    features = read(images.take(np.concatenate(list(probed.values()))))
    areas, start = {}, 0
    for label, rows in probed.items():
        mine = features[start : start + len(rows)]
        start += len(rows)
        axes = find_principal_axes(mine, min(AXES, len(rows) - 1, mine.shape[1]))
        generated = np.arange(len(rows)) >= len(rows) // 2
        areas[label] = probe(axes.project(mine), generated)
    return SourceProbe(areas, len(chosen) - len(probed))


def choose_rows(images: LabelledImages, classes: int) -> dict[int, NDArray[np.int64]] | None:
    """Choose the images of each class that has both kinds: first real ones, then as many generated
    ones; none of a class that isn't probed. None where no class has both."""
    if len(images.names) < 2:
        return None
    real = images.origins == (images.names.index("real") if "real" in images.names else -1)
    order = np.array(sorted(range(len(images)), key=images.keys.__getitem__))  # by their bytes
    sides = {
        label: [order[(images.labels[order] == label) & (real[order] == kind)] for kind in (1, 0)]
        for label in range(classes)
    }
    both = {label: two for label, two in sides.items() if all(map(len, two))}
    if not both:
        return None
    enough = [label for label, two in both.items() if min(map(len, two)) >= FEWEST]
    first = set(sorted(enough, key=lambda label: len(both[label][0]))[:CLASSES])
    return {
        label: np.concatenate([one[: min(PER_SIDE, *map(len, two))] for one in two])
        if label in first
        else order[:0]
        for label, two in both.items()
    }
