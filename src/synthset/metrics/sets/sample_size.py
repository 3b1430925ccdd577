"""Are there enough images for this metric? Said in words, before a number misleads.

The figures are measured on features of one distribution on both sides, D=2048, where the true
distance is 0: benchmarks/RESULTS.md.
"""

from __future__ import annotations

from synthset.errors import UsageError, did_you_mean
from synthset.metrics.statistics.intervals import Interval, wilson

METRICS = ("fid", "fd_pca", "kid", "cmmd", "inception_score", "prdc", "vendi", "recognition_rate")


def shortfalls(
    metric: str,
    n_real: int,
    n_generated: int,
    width: int,
    *,
    per_class: bool = False,
    block: int = 1000,
) -> list[str]:
    """Say why these counts are too small for a metric.

    >>> shortfalls("kid", 5000, 5000, 2048)
    []
    >>> shortfalls("kid", 5000, 300, 2048)[0]
    'KID draws blocks of 1,000, but there are only 300 generated images; use kid_full, or block=300'

    Args:
        metric: one of `METRICS`.
        n_real: real images (of the class, if `per_class`); not read for metrics without a
            reference.
        n_generated: generated images (of the class, if `per_class`).
        width: D features; components for fd_pca, classes K for inception_score.
        per_class: the counts are one class's.
        block: images in a KID subset, or in an inception-score split.

    Returns:
        One sentence a problem, naming what to use instead; empty when there are enough.

    Raises:
        UsageError: an unknown metric.
    """
    if metric not in METRICS:
        raise UsageError(f"metric: unknown {metric!r}; {did_you_mean(metric, METRICS)}")
    smaller = min(n_real, n_generated)
    side = "real" if n_real < n_generated else "generated"
    if metric in ("fid", "fd_pca"):
        return _frechet(metric, smaller, side, width, per_class)
    if metric == "kid":
        return _kid(smaller, side, block)
    if metric == "cmmd":
        return _cmmd(smaller, side)
    if metric == "inception_score":
        return _inception_score(n_generated, width, block)
    if metric == "prdc":
        return _prdc(n_real, n_generated, smaller, side)
    if metric == "vendi":
        return _vendi(n_generated, width)
    return _recognition(n_generated)


def _frechet(metric: str, smaller: int, side: str, width: int, per_class: bool) -> list[str]:
    name = "FD over principal axes" if metric == "fd_pca" else "the Fréchet distance"
    if smaller <= width:
        share = "70 to 95 % of it is" if per_class else "most of it may be"
        return [
            f"{name} of {smaller:,} {side} images over {width:,} features sees a covariance of "
            f"rank {max(smaller - 1, 0):,}, and {share} bias from the count alone; use kid_full, "
            "or print it beside real_floor at the same counts"
        ]
    if smaller < 5 * width:
        return [
            f"{name} of {smaller:,} {side} images over {width:,} features is visibly too large "
            f"(with fewer than {5 * width:,}); compare it only at equal counts, beside real_floor"
        ]
    return []


def _kid(smaller: int, side: str, block: int) -> list[str]:
    if smaller < 3:
        return [f"KID needs 3 images on each side, but there are only {smaller} {side} images"]
    if block > smaller:
        return [
            f"KID draws blocks of {block:,}, but there are only {smaller:,} {side} images; use "
            f"kid_full, or block={smaller}"
        ]
    return []


def _cmmd(smaller: int, side: str) -> list[str]:
    if smaller < 300:
        return [
            f"CMMD with its diagonal is too large by about 1/n, which shows with {smaller:,} "
            f"{side} images; use with_diagonal=False and read its standard error"
        ]
    return []


def _inception_score(count: int, classes: int, block: int) -> list[str]:
    found = []
    if block > count:
        found.append(
            f"a split of {block:,} is more than the {count:,} generated images; use fewer splits"
        )
    if min(block, count) < classes:
        found.append(
            f"an inception score of {min(block, count):,} images cannot exceed "
            f"{min(block, count):,}, with {classes:,} classes to tell apart; use fewer splits"
        )
    return found


def _prdc(n_real: int, n_generated: int, smaller: int, side: str) -> list[str]:
    found = []
    if smaller < 1000:
        found.append(
            f"neighbourhoods of {smaller:,} {side} images are wide: precision, recall, density and "
            "coverage depend on the count there; compare them only at equal counts"
        )
    if max(n_real, n_generated) > 2 * smaller:
        found.append(
            f"{n_real:,} real and {n_generated:,} generated images: coverage and recall rise with "
            "the number of generated images alone; draw as many of each"
        )
    return found


def _vendi(count: int, width: int) -> list[str]:
    if count < width:
        return [
            f"the Vendi score of {count:,} generated images over {width:,} features is held down "
            "by the count; compare it only at equal counts"
        ]
    return []


def _recognition(count: int) -> list[str]:
    interval = wilson(count // 2, count)
    if count < 100:
        return [
            f"a recognition rate of {count:,} images is known to +-{_half(interval):.2f} at best; "
            "print its interval"
        ]
    return []


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2
