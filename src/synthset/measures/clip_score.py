"""Mean of a CLIP score, its deviation over images, and the mean of each class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from synthset.measures.part import Part
from synthset.measures.result import Result
from synthset.metrics.statistics.intervals import bootstrap, mean_interval
from synthset.recipe.metrics import ClipScoreMean

DRAWS = 100


def measure(metric: ClipScoreMean, part: Part) -> list[Result]:
    """Sum a column of 100 x cosine up; images without a score are left out."""
    records = part.reader.records
    values = np.asarray(records[metric.score].cast(pa.float64()).fill_null(np.nan))
    there = part.rows & ~np.isnan(values)
    n, by = int(there.sum()), part.by(metric.encoder)
    empty = Result("CLIP score", part.name, None, n, by, "higher")
    if n < 2:
        return [empty.warned("fewer than two images")]
    deviation = bootstrap(lambda rows: float(rows.std(ddof=1)), values[there][:, None], draws=DRAWS)
    spread = replace(empty, name="CLIP score, deviation of images", better="neither")
    results = [empty.filled(mean_interval(values[there])), spread.filled(deviation)]
    labels = np.asarray(records["label"], dtype=np.int64)
    for label, key in sorted(part.class_keys.items()):
        mine = values[there & (labels == label)]
        if len(mine) > 1:
            results.append(replace(empty, n=len(mine), class_key=key).filled(mean_interval(mine)))
    return results
