from __future__ import annotations

import re
from typing import Any

import numpy as np

from synthset.pages.dataset.histogram_chart import draw_histogram
from synthset.results.dataset.histograms import Histogram, count_values


def of(values: Any, limits: Any = (), keep: Any = None) -> Histogram:
    values = np.asarray(values, dtype=np.float64)
    there = np.ones(len(values), dtype=bool)
    return count_values("s", values, there, there if keep is None else keep, limits)


def test_a_long_tail_has_powers_of_ten_along_its_axis() -> None:
    values = 10 ** np.random.default_rng(0).uniform(0, 5, 1000)
    drawn = draw_histogram(of(values), selected=True).__html__()
    assert {">1<", ">100<", ">10,000<"} <= set(re.findall(">[0-9,]+<", drawn))


def test_the_picture_says_what_it_shows() -> None:
    found = of([1, 1, 2], limits=[(1.5, "min <1.5>")], keep=np.array([True, False, True]))
    drawn = draw_histogram(found, selected=True)
    assert drawn.title == "Images by s, kept and rejected"
    assert [row[1:] for row in drawn.table.rows] == [("1", "1"), ("1", "0")]
    svg = drawn.__html__()
    assert (svg.count('fill="var(--kept)"'), svg.count('fill="var(--rejected)"')) == (2, 1)
    assert "min &lt;1.5&gt;" in svg
