from __future__ import annotations

from typing import Any

import pytest

from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.nearest_sets import draw_distance_row, read_choices
from synthset.results.dataset.set_choices import sort_farthest_first

CLASSES = [{"key": "a", "name": "ant"}, {"key": "b", "name": "bee"}]


def far(value: float | None, target: float = 1.0) -> dict[str, float | None]:
    return {"target": target, "chosen_by": target, "held_out": value}


def outcome(key: str | None = "a", **more: Any) -> dict[str, Any]:
    """Half as far as a random draw, by either encoder."""
    told = {
        "step": "2 nearest_set",
        "class_key": key,
        "encoder": "clip",
        "reference": "photos",
        "candidates": 200,
        "chosen": 100,
        "real_chosen_by": 300,
        "real_held_out": 300,
        "guessed_mean": 0.1,
        "guessed_cov": 0.2,
        "all": far(0.7),
        "random": far(0.8, 0.9),
        "nearest": far(0.4, 0.3),
        "real": {"held_out": 0.1, "n": 100},
        "bound": 0.25,
        "by_other": {"classifier": {"all": 7.0, "random": 8.0, "nearest": 4.0}},
    }
    return told | more


@pytest.fixture
def shown(made: Any) -> Any:
    """What is shown of some outcomes."""
    dataset, _ = made

    def read(*outcomes: Any) -> list[dict[str, Any]]:
        dataset.write_json("selections/1.json", list(outcomes))
        return read_choices(dataset, CLASSES)

    return read


def test_held_out_images_come_first_then_other_encoders_then_the_target(shown: Any) -> None:
    (choice,) = shown(outcome())
    kinds = [(m.kind, m.encoder, m.rows[0].mark) for m in choice["measures"]]
    assert kinds == [
        ("held_out", "clip", 0.1),
        ("other", "classifier", None),
        ("target", "clip", 0.25),
    ]
    assert [m.ratio for m in choice["measures"]] == pytest.approx([0.5, 0.5, 1 / 3])
    assert choice["warnings"] == []


def test_the_farthest_class_comes_first_below_the_whole(shown: Any) -> None:
    (choice,) = shown(outcome("a"), outcome("b", nearest=far(0.6)), outcome(None))
    for measure in choice["measures"]:
        assert [row.name for row in measure.rows] == ["all classes together", "bee", "ant"]
    assert (choice["chosen"], choice["candidates"]) == (200, 400)
    nothing = outcome("a", nearest=far(None, 9.0))
    assert sort_farthest_first([outcome("b"), nothing])[0] is nothing


def test_few_real_images_are_warned_of(shown: Any) -> None:
    (choice,) = shown(outcome(real_chosen_by=7, guessed_cov=0.83), outcome("b"))
    (warning,) = choice["warnings"]
    assert "7 in ant." in warning
    assert "83 %" in warning


def test_without_held_out_images_only_the_target_is_shown(shown: Any) -> None:
    alone = outcome(
        random=far(None), nearest=far(None), by_other={}, real={"held_out": None, "n": 0}
    )
    (choice,) = shown(alone)
    assert [measure.kind for measure in choice["measures"]] == ["target"]
    assert "No real images were held out for ant" in choice["warnings"][0]


def test_a_mark_of_fewer_real_images_is_said_to_be_too_far(shown: Any) -> None:
    (choice,) = shown(outcome(real={"held_out": 0.3, "n": 40}))
    assert "(40)" in choice["warnings"][0]


def test_outcomes_of_other_steps_and_older_ones_do_no_harm(shown: Any) -> None:
    older = {k: v for k, v in outcome().items() if k not in ("real", "by_other")}
    (choice,) = shown({"step": "1 copies", "groups": 3}, older)
    assert [measure.kind for measure in choice["measures"]] == ["held_out", "target"]
    assert shown({"step": "1 copies", "groups": 3}) == []


def test_the_page_shows_a_row_a_class_and_is_whole_without(made: Any) -> None:
    dataset, recipe = made
    assert 'id="nearest"' not in render_dataset_page(dataset, recipe)
    dataset.write_json("selections/1.json", [outcome("key-0"), outcome("key-1")])
    html = render_dataset_page(dataset, recipe)
    section = html.split('id="nearest"')[1].split("</section>")[0]
    assert section.count('<svg class="row-chart"') == 3 * 2
    assert "0.50 × random" in html
    assert "0.8 <span" in html
    assert 'href="#nearest"' in html


def test_a_row_starts_at_zero_and_ends_at_the_top(shown: Any) -> None:
    (choice,) = shown(outcome())
    drawn = draw_distance_row(choice["measures"][0].rows[0], 0.8)
    assert 'stroke="var(--soft)" stroke-width="2" cx="100.00%"' in drawn
    assert 'fill="var(--kept)" cx="50.00%"' in drawn
    assert 'fill="var(--ink)" x="12.50%"' in drawn
