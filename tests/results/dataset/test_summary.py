from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthset.results.dataset.summary import summarise
from synthset.store.dataset import View


def test_the_funnel_counts_planned_made_passed_and_kept(made: Any) -> None:
    found = summarise(made[0])
    # of 8: one failed, one below the limit, one dark, one (number 4) repeats number 3
    assert [found[part] for part in ("planned", "made", "passed", "kept")] == [16, 14, 8, 8]
    row = found["classes"][0]
    assert (row["name"], row["key"], row["label"]) == ("zebra", "key-0", 0)
    assert [row[part] for part in ("planned", "made", "passed", "kept", "short")] == [8, 7, 4, 4, 0]


@pytest.mark.parametrize(("target", "kept", "short"), [(2, 2, 0), (9, 4, 5)])
def test_what_is_over_the_quota_passed_and_a_shortfall_is_told(
    tmp_path: Path, make: Any, recipe_of: Any, target: int, kept: int, short: int
) -> None:
    selection = {"steps": [{"kind": "duplicates"}], "target_per_class": target}
    recipe = recipe_of(["cat"], selection=selection)
    found = summarise(make(tmp_path / "cats", ["cat"], recipe=recipe)[0])
    (row,) = found["classes"]
    assert found["target"] == target
    assert (row["passed"], row["kept"], row["short"]) == (4, kept, short)


def test_reasons_are_in_the_order_of_the_steps(made: Any) -> None:
    found = [(row["step"], row["reason"], row["n"]) for row in summarise(made[0])["dropped"]]
    assert found == [
        ("image", "flagged by the safety checker", 2),
        ("1 limits", "clip_score < 20", 2),
        ("1 limits", "quality_issue is dark", 2),
        ("2 duplicates", "same bytes as another image", 2),
    ]


def test_errors_name_some_of_their_records(made: Any) -> None:
    (error,) = summarise(made[0])["errors"]
    assert error["error"] == "flagged by the safety checker"
    assert error["n"] == 2
    assert error["examples"][0][1] == "zebra"


def test_cost_leaves_other_settings_out_and_adds_killed_attempts(made: Any) -> None:
    found = summarise(made[0])
    images, scores = found["stages"]
    assert (images["role"], images["seconds"], images["rows"], images["per_second"]) == (
        "images",
        8.0,
        16,
        2.0,
    )
    assert scores["seconds"] == 2.0
    assert (images["failed"], scores["failed"]) == (4, 0)
    assert found["seconds_per_kept"] == 10.0 / 8
    assert found["run"]["versions"]["torch"] == "2.8"


def test_a_dataset_without_selection_or_events_has_a_summary_too(made: Any) -> None:
    dataset = made[0]
    dataset.write_view(View("plan", "images-1", scores={"all": "scores-1"}))
    (Path(dataset.path) / "run.jsonl").unlink()
    found = summarise(dataset)
    assert not found["selected"]
    assert found["dropped"] == found["stages"] == []
    assert found["kept"] == found["made"] == 14
    assert found["run"] == {}
