"""Source cues on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from synthset.metrics.images.source_cues import CUES, TOGETHER
from synthset.metrics.statistics.intervals import Interval
from synthset.pages.dataset.cues import ADVICE, draw_cue_bar, make_cue_charts, write_advice
from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.results.metric_result import MetricResult, SetResults, SourceCue
from synthset.results.stored import dump


def result(name: str, value: float | None, of: str = "all", **facts: Any) -> MetricResult:
    blank: dict[str, Any] = {"n": 90, "measured_by": "probe", "reference": "photos"}
    found = MetricResult(name=name, of=of, **(blank | facts))
    if value is None:
        return found
    return found.fill(Interval(value, max(0.0, value - 0.03), min(1.0, value + 0.03)), "probe")


def both(cue: str, stored: float | None, matched: float | None, of: str = "all") -> list[Any]:
    before, after = SourceCue(cue), SourceCue(cue, "all at 32 px")
    return [
        result(f"source cue: {cue}", stored, of, cue=before),
        result(f"source cue, matched: {cue}", matched, of, cue=after),
    ]


def test_every_cue_has_its_advice() -> None:
    assert set(ADVICE) == set(CUES)


def test_the_kept_part_is_shown_and_all_where_nothing_is_kept() -> None:
    metrics = [*both("size", 0.9, 0.5), *both("size", 0.7, 0.5, "kept")]
    (chart,) = make_cue_charts(metrics)
    assert (chart["part"], chart["how"], chart["n"]) == ("kept", "all at 32 px", 90)
    assert chart["rows"][0]["stored"].value == 0.7
    (chart,) = make_cue_charts([*both("size", 0.9, 0.5), *both("size", None, None, "kept")])
    assert chart["part"] == "all"


def test_each_reference_has_its_chart_and_other_results_have_none() -> None:
    metrics = [*both("size", 0.9, 0.5), result("FD (x)", 3.0)]
    other = [replace(one, reference="paintings") for one in both("size", 0.6, 0.5)]
    assert [chart["reference"] for chart in make_cue_charts(metrics + other)] == [
        "photos",
        "paintings",
    ]
    assert make_cue_charts([result("FD (x)", 3.0)]) == []


def test_advice_names_what_tells_the_strongest_first() -> None:
    metrics = [*both("size", 0.7, 0.51), *both("jpeg", 0.99, 0.66), *both("borders", 0.55, 0.5)]
    (chart,) = make_cue_charts([*metrics, *both(TOGETHER, 0.99, 0.8)])
    first, second, last = chart["advice"]
    assert first.startswith(
        "By JPEG compression, a probe distinguishes a generated from a real image in 99 of"
    )
    assert "66 of 100" in first
    assert second.startswith("By size")
    assert "the cue is gone" in second
    assert "80 of 100 pairs" in last


def test_without_a_cue_nothing_needs_mending() -> None:
    (chart,) = make_cue_charts([*both("size", 0.52, 0.5), *both(TOGETHER, 0.53, 0.5)])
    assert chart["advice"] == [
        "No single cue distinguishes generated from real images, so there is nothing to do."
    ]
    assert write_advice([]) == []


@pytest.mark.parametrize(("value", "width"), [(0.4, "0.00"), (0.75, "50.00"), (1.0, "100.00")])
def test_a_bar_starts_at_a_half_and_ends_at_one(value: float, width: str) -> None:
    assert f'width="{width}%" height="10"' in draw_cue_bar(result("x", value), "kept")


def test_the_page_has_a_section_and_the_table_of_metrics_none_of_it(made: Any) -> None:
    dataset, recipe = made
    assert 'id="cues"' not in render_dataset_page(dataset, recipe)
    cues = [*both("jpeg", 0.99, None), *both("size", None, None)]
    cues[0] = cues[0].warn("fewer than <20> images")
    dataset.write_text(dataset.view.metrics, dump(SetResults((*dataset.metrics(), *cues))))
    html = render_dataset_page(dataset, recipe)
    assert '<a href="#cues">' in html
    section = html.split('<section id="cues">')[1].split("</section>")[0]
    assert "JPEG compression" in section
    assert "fewer than &lt;20&gt; images" in section
    assert "source cue" not in html.split('id="metrics"')[1].split("</section>")[0]
