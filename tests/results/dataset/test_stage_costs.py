from __future__ import annotations

from synthset.results.dataset.stage_costs import title_of


def test_the_title_of_a_pass_names_its_parts() -> None:
    assert (
        title_of("scores/clip_score+scores/quality+features/clip")
        == "scores: clip_score, quality · features: clip"
    )
