from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.histograms import (
    Histogram,
    WordCounts,
    count_values,
    make_histograms,
)

RNG = np.random.default_rng(0)


def of(values: Any, limits: Any = (), keep: Any = None) -> Histogram:
    values = np.asarray(values, dtype=np.float64)
    keep = np.ones(len(values), dtype=bool) if keep is None else keep
    return count_values("s", values, np.ones(len(values), dtype=bool), keep, limits)


def test_every_image_is_in_one_bar_also_the_outliers() -> None:
    values = np.concatenate([RNG.normal(size=1000), [1e6, -1e6]])
    keep = values > 0
    found = of(values, keep=keep)
    assert found.kept.sum() == keep.sum()
    assert found.rejected.sum() == (~keep).sum()
    assert found.edges[-1] < 100


def test_missing_values_and_failed_images_are_counted_apart() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0])
    made = np.array([True, True, True, False])
    found = count_values("s", values, made, made)
    assert (found.kept.sum(), found.missing) == (2, 1)


def test_the_axis_reaches_every_limit() -> None:
    found = of(RNG.uniform(10, 20, 100), limits=[(0.0, "min 0"), (40.0, "max 40")])
    assert found.edges[0] < 0
    assert found.edges[-1] > 40
    assert found.limits == [(0.0, "min 0"), (40.0, "max 40")]


def test_few_whole_numbers_get_a_bar_each() -> None:
    found = of([1, 1, 1, 2, 5])
    assert found.kept.tolist() == [3, 1, 0, 0, 1]
    assert found.edges.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]


def test_a_long_tail_gets_a_logarithmic_axis() -> None:
    found = of(10 ** RNG.uniform(0, 5, 1000), limits=[(100.0, "min 100")])
    assert found.log
    assert found.limits == [(100.0, "min 100")]
    assert found.medians[0] is not None
    assert 50 < found.medians[0] < 2000


def test_one_value_for_all_is_said_and_not_drawn() -> None:
    assert of([1.0, 1.0]).only == "1"
    assert of([1.0, 2.0]).only is None


def test_scores_of_the_dataset_are_drawn_with_their_limits(made: Any) -> None:
    dataset, recipe = made
    charts = {
        chart.column: chart
        for chart in make_histograms(FinishedRecords.of(dataset), recipe.selection)
    }
    assert charts["clip_score"].limits == [(20.0, "min 20")]
    assert "recognition_predicted" not in charts
    issue = charts["quality_issue"]
    assert isinstance(issue, WordCounts)
    assert issue.rows == [("none", 8, 4), ("dark", 0, 2)]


def test_words_that_come_once_each_are_not_drawn(made: Any) -> None:
    dataset, recipe = made
    seen = FinishedRecords.of(dataset)
    few = seen.records.slice(2, 6)
    for words, drawn in ((list("abcdef"), False), (list("aabcde"), True)):
        records = few.append_column("mark", pa.array(words))
        charts = make_histograms(FinishedRecords(records, seen.classes), recipe.selection)
        assert ("mark" in [chart.column for chart in charts]) == drawn
