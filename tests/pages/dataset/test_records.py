from __future__ import annotations

import pytest

from synthset.pages.dataset.costs import title
from synthset.pages.dataset.records import general, own_value

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("reason", "expected", "own"),
    [
        ("clip_score 18.2 < 22", "clip_score < 22", "18.2"),
        ("sharpness 1e-05 < 0.5", "sharpness < 0.5", "1e-05"),
        ("a -3 > -4", "a > -4", "-3"),
        ("p 0.1 is not among the 5 best", "p is not among the 5 best", "0.1"),
        ("quality_issue is blurry", "quality_issue is blurry", None),
        ("clip_score missing", "clip_score missing", None),
        (f"same bytes as {ID}", "same bytes as another image", None),
        (f"near copy of {ID} (2 of 64 bits differ)", "near copy of another image", None),
        (f"looks like {ID} in a (b (1).png)", "looks like another image in a", None),
        ("its class already has 10", "its class already has 10", None),
        (None, None, None),
    ],
)  # fmt: skip
def test_reasons_are_grouped_without_each_images_own_value(
    reason: str | None, expected: str | None, own: str | None
) -> None:
    assert general(reason) == expected
    assert own_value(reason) == own


def test_the_title_of_a_pass_names_its_parts() -> None:
    assert (
        title("scores/clip_score+scores/quality+features/clip")
        == "scores: clip_score, quality · features: clip"
    )
