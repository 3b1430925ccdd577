"""What other thresholds would leave."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from worlds import candidates, real

from synthset.encoders.feature_reader import RealImages
from synthset.metrics.sets.gaussian import gaussian
from synthset.recipe.selection import Selection
from synthset.selection.what_if import move_limits

IMAGES = real(300)
PHOTOS = RealImages(IMAGES, ["cat"] * 300, ["cat"] * 300, [str(i) for i in range(300)], [])
FEATURES = candidates(100, 100)


def records():
    """The score is right about which are good."""
    score = np.concatenate([np.linspace(0.5, 1, 100), np.linspace(0, 0.49, 100)])
    return pa.table(
        {
            "id": [f"r{i}" for i in range(200)],
            "label": pa.array([0] * 200, pa.int32()),
            "sha256": [f"s{i}" for i in range(199)] + ["s0"],
            "error": pa.nulls(200, pa.string()),
            "score": score,
            "recognition_rank": pa.array([1] * 100 + [2] * 100, pa.int32()),
        }
    )


def cases(reference=PHOTOS, features=FEATURES, **limits):
    steps = [
        {"kind": "duplicates"},
        {"kind": "limits", "limits": limits or {"score": {"min": 0.5}}},
    ]
    return move_limits(records(), Selection(steps=steps), features, reference)


def test_a_stricter_limit_keeps_fewer_and_here_better_images():
    found = cases()
    assert [case.threshold for case in found] == sorted(case.threshold for case in found)
    assert [case.kept for case in found] == sorted((c.kept for c in found), reverse=True)
    assert found[0].kept == 199  # the duplicate is gone at any threshold
    now = next(case for case in found if case.current)
    assert (now.threshold, now.kept, now.recognition) == (0.5, 100, 1.0)
    assert now.distance < 0.5 * found[0].distance
    assert now.diversity > found[0].diversity
    assert found[0].recognition == pytest.approx(100 / 199)
    assert 0 < now.coverage <= 1


def test_a_random_draw_of_as_many_stands_beside_each_distance():
    found = cases()
    assert found[0].random == pytest.approx(found[0].distance)
    now = next(case for case in found if case.current)
    assert now.distance < 0.5 * now.random
    assert cases(features=None)[0].random is None


def test_both_ends_of_a_limit_move_and_the_other_stays():
    found = cases(score={"min": 0.2, "max": 0.8})
    assert {case.side for case in found} == {"min", "max"}
    highest = [case for case in found if case.side == "max"][-1]
    assert highest.kept == int((np.asarray(records()["score"]) >= 0.2)[:199].sum())


def test_what_cannot_be_measured_is_left_out():
    alone = cases(reference=None, features=None)
    assert {case.distance for case in alone} == {None}
    assert {case.diversity for case in alone} == {None}
    statistics = cases(reference=gaussian(IMAGES))
    assert {case.coverage for case in statistics} == {None}
    assert statistics[0].distance == pytest.approx(cases()[0].distance)
    assert move_limits(records(), Selection(), FEATURES, PHOTOS) == []
