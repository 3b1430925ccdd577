from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from synthset.pages.dataset.charts import panel
from synthset.pages.dataset.page import page
from synthset.pages.dataset.what_if import what_if


def case(threshold: float, left: int, **more: Any) -> dict[str, Any]:
    told = {
        "column": "clip_score",
        "side": "min",
        "threshold": threshold,
        "current": threshold == 20,
        "kept": left,
        "distance": 10.0 / left,
        "random": 5.0 / left,
        "coverage": None,
        "recognition": 0.5 + threshold / 100,
        "diversity": None,
    }
    return told | more


CASES = [case(10, 4000), case(20, 2500), case(30, 100)]


@pytest.fixture
def considered(made: Any) -> Any:
    """The toy dataset with what a run found out."""
    dataset, recipe = made

    def write(*cases: Any, **more: Any) -> Any:
        told = {"cases": cases, "encoder": "clip", "reference": "photos", "records": 9, "of": 9}
        dataset.write_json("selections/w.json", told | more)
        dataset.write_view(replace(dataset.view, what_if="selections/w.json"))
        return dataset, recipe

    return write


def test_each_limit_has_a_panel_for_each_figure_that_is_known(considered: Any) -> None:
    dataset, _ = considered(*CASES, case(3, 5, side="max"))
    least, most = what_if(dataset)["limits"]  # type: ignore[index]
    assert (least["column"], least["sign"], most["sign"]) == ("clip_score", "≥", "≤")
    titles = [chart.title for chart in least["panels"]]
    assert titles == ["images kept", "Fréchet distance", "recognition"]
    assert [chart.better for chart in least["panels"]] == ["higher", "lower", "higher"]


def test_the_recipes_own_threshold_is_marked_and_random_stands_beside(considered: Any) -> None:
    dataset, _ = considered(*CASES)
    kept, distance, _ = what_if(dataset)["limits"][0]["panels"]  # type: ignore[index]
    assert kept.now == (20, 2500)
    assert kept.beside == ()
    assert distance.beside == ((10, 0.00125), (20, 0.002), (30, 0.05))
    assert (distance.low, distance.high) == (0.0, 0.1)


def test_a_panel_is_drawn_to_scale(considered: Any) -> None:
    dataset, _ = considered(*CASES)
    drawn = panel(what_if(dataset)["limits"][0]["panels"][0])  # type: ignore[index]
    assert "M36.0 18.0L134.0 " in drawn  # the first threshold and the most images: top left
    assert 'class="limit" d="M134.0 ' in drawn
    assert ">2,500</text>" in drawn


def test_a_flat_figure_and_a_single_threshold_are_drawn_too(considered: Any) -> None:
    dataset, _ = considered(case(20, 1, kept=0, distance=None, random=None))
    for chart in what_if(dataset)["limits"][0]["panels"]:  # type: ignore[index]
        assert "nan" not in panel(chart)


def test_the_page_tells_what_was_looked_at_and_is_whole_without(made: Any, considered: Any) -> None:
    assert 'id="what-if"' not in page(*made)
    html = page(*considered(*CASES, records=20, of=4000))
    assert html.count('<svg class="panel"') == 3
    assert "Looked at 20 of 4\u202f000 images" in html
    assert 'href="#what-if"' in html
    assert what_if(considered()[0]) is None
