from __future__ import annotations

from synthset.pages.dataset.costs import title


def test_the_title_of_a_pass_names_its_parts() -> None:
    assert (
        title("scores/clip_score+scores/quality+features/clip")
        == "scores: clip_score, quality · features: clip"
    )
