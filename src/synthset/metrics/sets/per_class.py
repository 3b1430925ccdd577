"""Any metric of two sets, class by class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.features import Features, Labels, checked_labels, checked_pair

Value = TypeVar("Value")


def per_class(
    metric: Callable[[Features, Features], Value],
    real: Features,
    real_labels: Labels,
    generated: Features,
    generated_labels: Labels,
    at_least: int = 3,
) -> dict[int, Value]:
    """Compare the generated images of each class with the real images of that class.

    >>> from synthset.metrics.sets.kid import kid_full
    >>> features, labels = np.random.default_rng(0).normal(size=(40, 8)), np.arange(40) % 2
    >>> found = per_class(kid_full, features, labels, features, labels)
    >>> sorted(found)
    [0, 1]

    Args:
        metric: takes the real and the generated features of one class.
        real: (N, D) float32 or float64.
        real_labels: (N,) class index of each.
        generated: (M, D).
        generated_labels: (M,) intended class index of each.
        at_least: the fewest images of a class on each side that the metric can work with.

    Returns:
        Class index -> metric, ascending. A class with too few images on a side is not in it.

    Raises:
        UsageError: as `features.checked_pair`, or labels that do not fit.
    """
    real, generated = checked_pair(real, generated)
    real_rows = _rows_of(checked_labels(real_labels, len(real), "real_labels"))
    generated_rows = _rows_of(checked_labels(generated_labels, len(generated), "generated_labels"))
    return {
        label: metric(real[real_rows[label]], generated[generated_rows[label]])
        for label in sorted(real_rows.keys() & generated_rows.keys())
        if min(len(real_rows[label]), len(generated_rows[label])) >= at_least
    }


def _rows_of(labels: Labels) -> dict[int, NDArray[np.intp]]:
    """Class index -> its rows, in order; one sort, however many classes there are."""
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True))
