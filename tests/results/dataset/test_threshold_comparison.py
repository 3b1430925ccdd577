from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.threshold_comparison import EACH, choose_score, compare_with_threshold
from synthset.results.reason import Reason, make_reason_array

REASONS = [
    None,  # kept by the set
    Reason("quota", "over quota"),  # dropped later
    Reason("2 nearest_set", "not nearest"),
    Reason("2 nearest_set", "no features", "clip"),
    Reason("1 limits", "below", "score"),  # dropped before
    None,
]


def seen(scores: list[float | None], reasons: Any = None) -> FinishedRecords:
    reasons = reasons or REASONS
    table = pa.table(
        {
            "label": pa.array([0] * len(reasons), pa.int32()),
            "keep": [reason is None for reason in reasons],
            "reason": make_reason_array(reasons),
            "score": pa.array(scores, pa.float32()),
        }
    )
    return FinishedRecords(table, [{"key": "a", "name": "ant", "label": 0}])


def test_the_threshold_keeps_as_many_of_what_the_step_chose_from() -> None:
    (one,) = compare_with_threshold(
        seen([0.1, 0.9, 0.8, 1.0, 1.0, 0.7]), "2 nearest_set", "score", [0]
    )
    assert (one.kept, one.of, one.only_set) == (3, 4, 1)
    assert one.groups == {"only_set": [0], "only_threshold": [2], "both": [1, 5]}


def test_an_image_without_the_score_takes_no_part() -> None:
    (one,) = compare_with_threshold(
        seen([None, 0.9, 0.8, 1.0, 1.0, 0.7]), "2 nearest_set", "score", [0]
    )
    assert (one.kept, one.of) == (2, 3)


def test_classes_come_as_asked_and_only_so_many_images_are_shown() -> None:
    many = seen(np.arange(80.0).tolist(), [None, Reason("1 nearest_set", "not nearest")] * 40)
    (one,) = compare_with_threshold(many, "1 nearest_set", "score", [0, 0], room=1)
    assert one.only_set == 20
    assert len(one.groups["only_set"]) == EACH
    assert compare_with_threshold(many, "1 nearest_set", "no such score", [0]) == []
    assert compare_with_threshold(seen([1.0], [None]), "1 nearest_set", "score", [0]) == []


@pytest.mark.parametrize(
    ("scores", "column"),
    [
        ([{"kind": "clip_score"}, {"kind": "recognition", "name": "judge"}], "judge_probability"),
        ([{"kind": "clip_score", "name": "fit"}], "fit"),
        ([], None),
    ],
)
def test_recognition_is_what_a_threshold_looks_at_first(
    recipe_of: Any, scores: Any, column: str | None
) -> None:
    recipe = recipe_of(["cat"], scores=scores, selection={})
    assert choose_score(recipe) == column
