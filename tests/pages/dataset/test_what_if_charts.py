from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.what_if_charts import draw_what_if, make_limits, read_what_if
from synthset.pages.kit.picture import Word


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
    least, most = read_what_if(dataset)["limits"]  # type: ignore[index]
    assert (least.name, most.name) == ("clip score ≥", "clip score ≤")
    titles = [panel.title for panel in least.panels]
    assert titles == ["Images kept", "Distance to real images ↓", "Recognition ↑"]


def test_the_recipes_own_threshold_is_marked_and_random_stands_beside(considered: Any) -> None:
    dataset, _ = considered(*CASES)
    kept, distance, _ = read_what_if(dataset)["limits"][0].panels  # type: ignore[index]
    assert kept.rules == [(20, "2,500")]
    assert [line.name for line in kept.content] == ["at each threshold"]
    random, _ = distance.content
    assert random.points == [(10, 0.00125), (20, 0.002), (30, 0.05)]
    assert distance.y.low == 0.0


def test_a_flat_figure_and_a_single_threshold_are_drawn_too(considered: Any) -> None:
    dataset, _ = considered(case(20, 1, kept=0, distance=None, random=None))
    for picture in read_what_if(dataset)["limits"][0].pictures:  # type: ignore[index]
        assert "nan" not in picture.__html__()


def test_page_and_file_show_the_same_panels() -> None:
    drawn = draw_what_if(CASES)
    panels = [panel.title for limit in make_limits(CASES) for panel in limit.panels]
    words = [mark.text for mark in drawn.marks if isinstance(mark, Word)]
    assert [text for text in words if text in panels] == panels
    assert "random draw of the same size" in words


def test_the_page_tells_what_was_looked_at_and_is_whole_without(made: Any, considered: Any) -> None:
    assert 'id="what-if"' not in render_dataset_page(*made)
    html = render_dataset_page(*considered(*CASES, records=20, of=4000))
    section = html.split('id="what-if"')[1].split("</section>")[0]
    assert section.count('<figure class="chart">') == 3
    assert "Based on 20 of 4,000 images" in html
    assert 'href="#what-if"' in html
    assert read_what_if(considered()[0]) is None
