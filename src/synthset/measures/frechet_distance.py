"""Fréchet distances beside what real images score at the same count: of a part of the set, and of
each class of it.

The distance depends on the number of images. Within a class, where images are few, most of it may
be bias, so it is taken over the reference's leading principal axes, and never stands alone.
"""

from __future__ import annotations

from dataclasses import replace

from synthset.encoders.feature_reader import Reference
from synthset.encoders.models import is_standard_inception
from synthset.measures.part import EncodedImages, Part
from synthset.metrics.caution import Caution
from synthset.metrics.features import Features
from synthset.metrics.sets.fid import frechet_distance, frechet_distance_from_features
from synthset.metrics.sets.floor import real_floor
from synthset.metrics.sets.gaussian import GaussianAccumulator, gaussian
from synthset.metrics.sets.influence import fd_influence, jackknife_error
from synthset.metrics.sets.pca import find_principal_axes
from synthset.metrics.sets.sample_size import explain_shortfalls
from synthset.metrics.statistics.intervals import Interval, bootstrap, jackknife, normal_interval
from synthset.recipe.metrics import FrechetDistance
from synthset.results.metric_result import BOOTSTRAP, JACKKNIFE, Floor, MetricResult

RESAMPLED = 50_000  # above this many images an interval by resampling is narrow and slow
NARROW = 512  # features; below, leaving out each image is cheaper than leaving out groups
GROUPS = 20


def measure(metric: FrechetDistance, part: Part) -> list[MetricResult]:
    """Compare a part with a reference set, and each class of it if wanted."""
    reference = part.reader.reference(metric.reference, metric.encoder)
    results = [_compare_whole(metric, part, reference)]
    if metric.per_class:
        results += compare_classes(metric, part.read_encoded(metric.encoder), reference)
    return results


def _compare_whole(metric: FrechetDistance, part: Part, reference: Reference) -> MetricResult:
    """Compare all images, shard by shard, so that any number of them fits in memory."""
    by = part.describe_encoder(metric.encoder)
    accumulator = GaussianAccumulator()
    for block in part.reader.blocks(metric.encoder, part.rows):
        accumulator.add(block)
    standard = is_standard_inception(part.reader.recipe.encoders[metric.encoder])
    name = "FID" if standard else f"FD ({by})"
    empty = MetricResult(
        name=name,
        of=part.name,
        n=accumulator.n,
        measured_by=by,
        better="lower",
        reference=reference.what,
    )
    if accumulator.n < 2:
        return empty.warn("fewer than two images")
    found, goal = accumulator.gaussian(), reference.gaussian
    width = len(found.mean)
    empty = replace(empty, value=frechet_distance(goal, found))
    if found.n <= RESAMPLED:
        features = part.read_encoded(metric.encoder).features
        interval = bootstrap(
            lambda rows: frechet_distance(goal, gaussian(rows)),
            features,
            draws=40 if width <= NARROW else 10,
        )
        empty = replace(empty.fill(interval, BOOTSTRAP), value=empty.value)
    if reference.read is not None and goal.n <= RESAMPLED:
        empty = replace(empty, floor=find_floor(reference.images().features, found.n))
    return empty.warn(*explain_shortfalls("fid", goal.n, found.n, width))


def compare_classes(
    metric: FrechetDistance, images: EncodedImages, reference: Reference
) -> list[MetricResult]:
    """Compare each class with its real images, over axes of the whole reference.

    Returns:
        A result for each class with three images or more on both sides, with its real floor.
    """
    real = reference.images()
    name = "FID" if images.is_standard else f"FD ({images.by})"
    axes = None
    if metric.axes is not None and len(real.features) > 1:
        count, width = real.features.shape
        axes = find_principal_axes(real.features, min(metric.axes, width, count - 1))
        name = f"FD over {axes.basis.shape[1]} axes ({images.by})"
    results = []
    for key, ours, theirs in images.by_class(real.features, real.names):
        empty = replace(ours.result(name, "lower", reference.what), class_key=key)
        if axes is None:
            results.append(_compare(empty, theirs, ours.features, "fid"))
        else:
            pair = (axes.project(theirs), axes.project(ours.features))
            results.append(_compare(empty, *pair, "fd_pca"))
    return results


def find_floor(real: Features, count: int) -> Floor | None:
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


def _compare(empty: MetricResult, real: Features, generated: Features, metric: str) -> MetricResult:
    value = frechet_distance_from_features(real, generated)
    interval = _interval(value, real, generated)
    floor = find_floor(real, len(generated))
    warnings = explain_shortfalls(metric, len(real), len(generated), real.shape[1], per_class=True)
    if floor is not None and floor.n_generated < len(generated):
        warnings.append(
            Caution(
                "there are too few real images for a floor at {:,} images; this floor is for "
                "{:,}, and so too high",
                (len(generated), floor.n_generated),
            )
        )
    return replace(empty.fill(interval, JACKKNIFE, *warnings), value=value, floor=floor)


def _interval(value: float, real: Features, generated: Features) -> Interval:
    """95 % over new draws of the generated images."""
    if real.shape[1] <= NARROW:
        return normal_interval(value, jackknife_error(fd_influence(gaussian(real), generated)))
    return jackknife(
        lambda rows: frechet_distance_from_features(real, rows),
        generated,
        groups=min(GROUPS, len(generated)),
    )
