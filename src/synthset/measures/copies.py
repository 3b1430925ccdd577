"""Memorisation and leakage of a finished set: which images lie too near to real ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.feature_reader import Mask, RealImages
from synthset.measures.part import Part, find_parts
from synthset.metrics.caution import Caution
from synthset.metrics.features import Features, Scores
from synthset.metrics.sets.copies import (
    MostAlike,
    find_most_alike,
    find_most_alike_within,
    share_above,
)
from synthset.recipe.metrics import Copies
from synthset.recipe.recipe import Recipe
from synthset.results.metric_result import WILSON, Floor, MetricResult

USUAL = 0.01  # share of real images that may be as alike to another as copies are

Content = dict[str, Any]


def measure(metric: Copies, part: Part) -> list[MetricResult]:
    """Find each image's most alike real one, and count those above the threshold.

    Returns:
        The share of all, kept and rejected images, with real ones among themselves as floor; the
        first holds the closest pairs.
    """
    reader = part.reader
    reference = reader.reference(metric.reference, metric.encoder)
    real = _drop_undirected(reference.images())
    features = reader.features(metric.encoder)
    rows = np.flatnonzero(_has_direction(features))
    others = _compare_real(real)
    threshold = metric.threshold if metric.threshold is not None else _find_unusual_cosine(others)
    by = part.describe_encoder(metric.encoder)
    name = f"copies, cosine ≥ {threshold:.4g} ({by})"
    empty = MetricResult(
        name=name,
        of="all",
        measured_by=by,
        unit="share",
        better="lower",
        reference=reference.what,
    )
    alike = _find_most_alike(real, features[rows])
    cosine = np.full(len(features), -1.0)
    cosine[rows] = alike.cosine
    among = _measure_share(empty, others, threshold)
    tells_nothing = metric.threshold is not None and (among.value or 0) > USUAL
    results = []
    for one in find_parts(reader).values():
        result = _measure_share(
            replace(empty, of=one.name), cosine[rows][one.rows[rows]], threshold
        )
        results.append(_judge(result, among, tells_nothing))
    place = reader.imported(metric.reference).path.removeprefix(f"{reader.dataset.path}/")
    pairs = {
        "name": name,
        "measured_by": by,
        "reference": metric.reference,
        "place": place,
        "threshold": threshold,
        "calibrated": None if metric.threshold is not None else USUAL,
        "parts": [_count(result) for result in results],
        "real": _count(among),
        "pairs": _list_closest(reader.records, rows, alike, real, metric.pairs),
    }
    results[0] = replace(results[0], pairs=pairs)
    return _note_dropped(results, metric, reader.recipe)


def _note_dropped(
    results: list[MetricResult], metric: Copies, recipe: Recipe
) -> list[MetricResult]:
    """Add to the kept part that the selection has dropped copies of this reference."""
    if all(
        step.chooses or metric.reference not in step.compares for step in recipe.selection.steps
    ):
        return results
    note = "the selection drops copies of this reference"
    return [one.warn(note) if one.of == "kept" else one for one in results]


def _find_most_alike(real: RealImages, features: Features) -> MostAlike:
    if not len(real.features) or not len(features):
        return MostAlike(np.zeros(0, dtype=np.int64), np.zeros(0))
    return find_most_alike(real.features, features)


def _compare_real(real: RealImages) -> Scores:
    """Highest cosine of each real image with another; what stands there twice counts once."""
    _, distinct = np.unique(real.contents, return_index=True)
    if len(distinct) < 2:
        return np.zeros(0)
    return find_most_alike_within(real.features[np.sort(distinct)])


def _find_unusual_cosine(others: Scores) -> float:
    """The cosine that few real images reach among themselves; 1 where there are none to ask."""
    return float(np.quantile(others, 1 - USUAL, method="higher")) if len(others) else 1.0


def _has_direction(features: Features) -> Mask:
    """Leave out images without features, and such as have none but zeros (all black pixels)."""
    found: Mask = np.nan_to_num(np.linalg.norm(features, axis=1)) > 0
    return found


def _drop_undirected(real: RealImages) -> RealImages:
    return real.take(np.flatnonzero(_has_direction(real.features)))


def _measure_share(empty: MetricResult, cosine: Scores, threshold: float) -> MetricResult:
    if not len(cosine):
        return empty.warn("no images")
    return replace(empty, n=len(cosine)).fill(share_above(cosine, threshold), WILSON)


def _judge(result: MetricResult, among: MetricResult, tells_nothing: bool) -> MetricResult:
    """Set the real images beside; warn where they are that alike as well, or less often."""
    if result.value is None or among.value is None or among.interval is None:
        return result
    ends = (among.interval.low, among.interval.high)
    floor = Floor(among.value, ends, among.n - 1, among.n)
    result = replace(result, floor=floor)
    if tells_nothing:
        return result.warn(
            Caution(
                "{:.1%} of the real images are that close to another real one; raise threshold",
                (among.value,),
            )
        )
    if result.interval and result.interval.low > among.interval.high:
        return result.warn(
            Caution(
                "real images are that close to another one less often ({:.2%}); look at the pairs",
                (among.value,),
            )
        )
    return result


def _count(result: MetricResult) -> Content:
    count = None if result.value is None else round(result.value * result.n)
    return {
        "of": result.of,
        "count": count,
        "n": result.n,
        "share": result.value,
        "interval": result.interval and (result.interval.low, result.interval.high),
    }


def _list_closest(
    records: pa.Table,
    rows: NDArray[np.int64],
    alike: MostAlike,
    real: RealImages,
    most: int,
) -> list[Content]:
    """Name the closest pairs, the nearest first; images of the same bytes are shown once."""
    ids, contents, names = (
        records.column(name).to_pylist() for name in ("id", "sha256", "class_name")
    )
    pairs: list[Content] = []
    shown: set[str] = set()
    for place in np.argsort(-alike.cosine, kind="stable").tolist():
        row, other = int(rows[place]), int(alike.index[place])
        if len(pairs) == most:
            break
        if contents[row] in shown:
            continue
        shown.add(contents[row])
        pairs.append(
            {
                "id": ids[row],
                "class_name": names[row],
                "real_id": real.ids[other],
                "real_class_name": real.names[other],
                "similarity": float(alike.cosine[place]),
                "same_bytes": contents[row] == real.contents[other],
            }
        )
    return pairs
