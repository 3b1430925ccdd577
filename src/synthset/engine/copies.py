"""Memorisation and leakage of a finished set: which images lie too near to real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.engine.compare import Floor, Result
from synthset.engine.reference import Measured
from synthset.engine.sight import looks_of
from synthset.metrics.features import Features, Scores
from synthset.metrics.sets.copies import MostAlike, most_alike, most_alike_within, share_above
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Copies
from synthset.selection.looks import Looks
from synthset.stage import list_column
from synthset.store.dataset import Dataset

USUAL = 0.01  # share of real images that may be as alike to another as copies are

Mask = NDArray[np.bool_]
Page = dict[str, Any]


@dataclass(frozen=True)
class Copied:
    """What one metric `copies` found.

    Attributes:
        results: the share of all, kept and rejected images; real ones among themselves as floor.
        page: the same with counts, and the closest pairs, for the report.
    """

    results: list[Result]
    page: Page


def copies(
    metric: Copies, by: str, dataset: Dataset, parts: Mapping[str, Mask], measured: Measured
) -> Copied:
    """Find each image's most alike real one, and count those above the threshold.

    Args:
        metric: threshold, encoder and reference.
        by: the encoder in words.
        dataset: with finished features.
        parts: name of a part -> (N,) which records belong to it.
        measured: the reference, a set of images.
    """
    assert measured.images is not None
    real = _directed(looks_of(measured.images, None, metric.encoder))
    table = dataset.read(dataset.view.features[metric.encoder], ["features"])
    features = list_column(table, "features")
    rows = np.flatnonzero(_has_direction(features))
    others = _among_real(real)
    threshold = metric.threshold if metric.threshold is not None else _unusual(others)
    name = f"copies, cosine ≥ {threshold:.4g} ({by})"
    empty = Result(name, "all", None, 0, by, "lower", reference=measured.what)
    alike = _alike(real, features[rows])
    cosine = np.full(len(features), -1.0)
    cosine[rows] = alike.cosine
    results = [
        _share(replace(empty, of=part), cosine[rows][mask[rows]], threshold)
        for part, mask in parts.items()
    ]
    among = _share(empty, others, threshold)
    tells_nothing = metric.threshold is not None and (among.value or 0) > USUAL
    results = [_judged(result, among, tells_nothing) for result in results]
    page = {
        "name": name,
        "measured_by": by,
        "reference": metric.reference,
        "place": measured.images.path.removeprefix(f"{dataset.path}/"),
        "threshold": threshold,
        "calibrated": None if metric.threshold is not None else USUAL,
        "parts": [_counted(result) for result in results],
        "real": _counted(among),
        "pairs": _closest(dataset.records(), rows, alike, real, measured.images, metric.pairs),
    }
    return Copied(results, page)


def told(copied: Copied, metric: Copies, recipe: Recipe) -> Copied:
    """Add to the kept part that the selection has dropped copies of this reference."""
    dropped = any(
        not step.chooses and metric.reference in step.compares for step in recipe.selection.steps
    )
    if not dropped:
        return copied
    note = "the selection drops copies of this reference"
    results = [
        replace(one, warning="; ".join(filter(None, [one.warning, note])))
        if one.of == "kept"
        else one
        for one in copied.results
    ]
    return replace(copied, results=results)


def _alike(real: Looks, features: Features) -> MostAlike:
    assert real.features is not None
    if not len(real) or not len(features):
        return MostAlike(np.zeros(0, dtype=np.int64), np.zeros(0))
    return most_alike(real.features, features)


def _among_real(real: Looks) -> Scores:
    """Highest cosine of each real image with another; what stands there twice counts once."""
    assert real.features is not None
    _, distinct = np.unique(real.contents, return_index=True)
    if len(distinct) < 2:
        return np.zeros(0)
    return most_alike_within(real.features[np.sort(distinct)])


def _unusual(others: Scores) -> float:
    """The cosine that few real images reach among themselves; 1 where there are none to ask."""
    return float(np.quantile(others, 1 - USUAL, method="higher")) if len(others) else 1.0


def _has_direction(features: Features) -> Mask:
    """Leave out images without features, and such as have none but zeros (all black pixels)."""
    found: Mask = np.nan_to_num(np.linalg.norm(features, axis=1)) > 0
    return found


def _directed(looks: Looks) -> Looks:
    assert looks.features is not None
    return looks.take(np.flatnonzero(_has_direction(looks.features)))


def _share(empty: Result, cosine: Scores, threshold: float) -> Result:
    if not len(cosine):
        return replace(empty, warning="no images")
    found = share_above(cosine, threshold)
    return replace(empty, value=found.value, n=len(cosine), interval=(found.low, found.high))


def _judged(result: Result, among: Result, tells_nothing: bool) -> Result:
    """Set the real images beside; warn where they are that alike as well, or less often."""
    if result.value is None or among.value is None or among.interval is None:
        return result
    result = replace(result, floor=Floor(among.value, among.interval, among.n - 1, among.n))
    if tells_nothing:
        warning = f"{among.value:.1%} of the real images are that alike to another: raise threshold"
        return replace(result, warning=warning)
    if result.interval and result.interval[0] > among.interval[1]:
        warning = f"more often than real images are to another ({among.value:.2%}): look at pairs"
        return replace(result, warning=warning)
    return result


def _counted(result: Result) -> Page:
    count = None if result.value is None else round(result.value * result.n)
    return {
        "of": result.of,
        "count": count,
        "n": result.n,
        "share": result.value,
        "interval": result.interval,
    }


def _closest(
    records: pa.Table,
    rows: NDArray[np.int64],
    alike: MostAlike,
    real: Looks,
    images: Dataset,
    most: int,
) -> list[Page]:
    """Name the closest pairs, the nearest first; images of the same bytes are shown once."""
    plan = images.read(images.view.plan, ["id", "class_name"]).to_pylist()
    classes = {row["id"]: row["class_name"] for row in plan}
    ids, contents, names = (
        records.column(name).to_pylist() for name in ("id", "sha256", "class_name")
    )
    pairs: list[Page] = []
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
                "real_class_name": classes[real.ids[other]],
                "similarity": float(alike.cosine[place]),
                "same_bytes": contents[row] == real.contents[other],
            }
        )
    return pairs
