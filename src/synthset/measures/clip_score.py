"""Mean of a CLIP score, its deviation over images, and the mean of each class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthset.measures.part import Part
from synthset.metrics.statistics.intervals import bootstrap, mean_interval
from synthset.recipe.metrics import ClipScoreMean
from synthset.results.metric_result import BOOTSTRAP, NORMAL, MetricResult

DRAWS = 100


def measure(metric: ClipScoreMean, part: Part) -> list[MetricResult]:
    """Sum a column of 100 x cosine up; images without a score are left out."""
    records = part.reader.records
    values = np.asarray(records[metric.score].cast(pa.float64()).fill_null(np.nan))
    there = part.rows & ~np.isnan(values)
    n, by = int(there.sum()), part.describe_encoder(metric.encoder)
    empty = MetricResult(name="CLIP score", of=part.name, measured_by=by, n=n, better="higher")
    if n < 2:
        return [empty.warn("fewer than two images")]
    deviation = bootstrap(lambda rows: float(rows.std(ddof=1)), values[there][:, None], draws=DRAWS)
    spread = replace(empty, name="CLIP score, deviation of images", better=None)
    mean = empty.fill(mean_interval(values[there]), NORMAL)
    results = [mean, spread.fill(deviation, BOOTSTRAP)]
    labels = np.asarray(records["label"], dtype=np.int64)
    for label, key in sorted(part.class_keys.items()):
        mine = values[there & (labels == label)]
        if len(mine) > 1:
            one = replace(empty, n=len(mine), class_key=key)
            results.append(one.fill(mean_interval(mine), NORMAL))
    return results
