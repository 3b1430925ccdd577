"""Are there enough images for this metric? Said in words, before a number misleads.

The figures are measured on features of one distribution on both sides, D=2048, where the true
distance is 0: benchmarks/RESULTS.md.
"""

from __future__ import annotations

from synthset.errors import UsageError, did_you_mean
from synthset.metrics.caution import Caution
from synthset.metrics.statistics.intervals import wilson

METRICS = ("fid", "fd_pca", "kid", "cmmd", "inception_score", "prdc", "vendi", "recognition_rate")


def explain_shortfalls(
    metric: str,
    n_real: int,
    n_generated: int,
    width: int,
    *,
    per_class: bool = False,
    block: int = 1000,
) -> list[Caution]:
    """Say why these counts are too small for a metric.

    >>> explain_shortfalls("kid", 5000, 5000, 2048)
    []
    >>> print(explain_shortfalls("kid", 5000, 300, 2048)[0])
    KID draws blocks of 1,000, but there are only 300 generated images; use kid_full, or block=300

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


def _frechet(metric: str, smaller: int, side: str, width: int, per_class: bool) -> list[Caution]:
    name = "FD over principal axes" if metric == "fd_pca" else "the Fréchet distance"
    what = f"{name} of {{:,}} {side} images over {{:,}} features"
    if smaller <= width:
        share = "70 to 95 % of it is" if per_class else "most of it may be"
        said = (
            f"{what} rests on a covariance of rank {{:,}}, and {share} bias that comes only from "
            "the count; use kid_full, or print it beside real_floor at the same counts"
        )
        return [Caution(said, (smaller, width, max(smaller - 1, 0)))]
    if smaller < 5 * width:
        said = (
            f"{what} is noticeably too large (as with any count below {{:,}}); compare it only at "
            "equal counts, beside real_floor"
        )
        return [Caution(said, (smaller, width, 5 * width))]
    return []


def _kid(smaller: int, side: str, block: int) -> list[Caution]:
    if smaller < 3:
        said = f"KID needs 3 images on each side, but there are only {{}} {side} images"
        return [Caution(said, (smaller,))]
    if block > smaller:
        said = (
            f"KID draws blocks of {{:,}}, but there are only {{:,}} {side} images; use kid_full, "
            "or block={}"
        )
        return [Caution(said, (block, smaller, smaller))]
    return []


def _cmmd(smaller: int, side: str) -> list[Caution]:
    if smaller < 300:
        said = (
            f"CMMD with its diagonal is too large by about 1/n, which matters with {{:,}} {side} "
            "images; use with_diagonal=False and read its standard error"
        )
        return [Caution(said, (smaller,))]
    return []


def _inception_score(count: int, classes: int, block: int) -> list[Caution]:
    found = []
    if block > count:
        said = "a split of {:,} needs more than the {:,} generated images; use fewer splits"
        found.append(Caution(said, (block, count)))
    most = min(block, count)
    if most < classes:
        said = (
            "the Inception Score of {:,} images cannot exceed {:,}, although there are {:,} "
            "classes; use fewer splits"
        )
        found.append(Caution(said, (most, most, classes)))
    return found


def _prdc(n_real: int, n_generated: int, smaller: int, side: str) -> list[Caution]:
    found = []
    if smaller < 1000:
        said = (
            f"with {{:,}} {side} images, neighbourhoods are wide, so precision, recall, density "
            "and coverage depend on the count; compare them only at equal counts"
        )
        found.append(Caution(said, (smaller,)))
    if max(n_real, n_generated) > 2 * smaller:
        said = (
            "with {:,} real and {:,} generated images, coverage and recall depend on the counts, "
            "as they rise with the number of generated images; draw as many of each"
        )
        found.append(Caution(said, (n_real, n_generated)))
    return found


def _vendi(count: int, width: int) -> list[Caution]:
    if count < width:
        said = (
            "the Vendi score of {:,} generated images over {:,} features is limited by the count; "
            "compare it only at equal counts"
        )
        return [Caution(said, (count, width))]
    return []


def _recognition(count: int) -> list[Caution]:
    if count >= 100:
        return []
    interval = wilson(count // 2, count)
    said = "a recognition rate of {:,} images is accurate to +-{:.2f} at best; print its interval"
    return [Caution(said, (count, (interval.high - interval.low) / 2))]
