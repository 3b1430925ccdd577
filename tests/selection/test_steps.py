"""The steps that choose sets: sizes, reasons, who chooses and who measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from worlds import WIDTH, candidates, real

from synthset.encoders.feature_reader import RealImages
from synthset.errors import RecipeError, UsageError
from synthset.metrics.sets.gaussian import gaussian
from synthset.recipe.recipe import load_recipe
from synthset.recipe.selection import Selection
from synthset.selection.diverse import facility_location, k_center
from synthset.selection.select import decide, select

PER_CLASS = 150
REAL = 200


class Eyes:
    """Two classes; the first third of the candidates of each is good."""

    def __init__(self, classes=("cat", "dog"), names=("Cat", "Dog"), statistics=False):
        shift = np.eye(WIDTH)[0] * 3  # between the classes
        self.seen = np.concatenate(
            [candidates(50, 100, seed=i).astype(np.float32) + i * shift for i in range(2)]
        )
        images = np.concatenate([real(REAL, seed=i) + i * shift for i in range(2)])
        labels = [i for i in range(2) for _ in range(REAL)]
        self.images = RealImages(
            images.astype(np.float32),
            [classes[i] for i in labels],
            [names[i] for i in labels],
            [f"content {i}" for i in range(len(images))],
            [f"r{i}" for i in range(len(images))],
        )
        self.statistics = statistics

    def features(self, encoder):
        return self.seen if encoder == "clip" else self.seen[:, ::-1] * 3

    def real(self, reference, encoder):
        assert reference == "photos"
        if self.statistics:
            return gaussian(self.images.features)
        if encoder == "clip":
            return self.images
        return replace(self.images, features=self.images.features[:, ::-1] * 3)

    def other_encoders(self, reference, encoder):
        assert (reference, encoder) == ("photos", "clip")
        return ["three times as large"]


def records(**columns):
    count = 2 * PER_CLASS
    given = {
        "id": [f"r{i}" for i in range(count)],
        "label": pa.array([i // PER_CLASS for i in range(count)], pa.int32()),
        "class_key": [["cat", "dog"][i // PER_CLASS] for i in range(count)],
        "class_name": [["cat", "dog"][i // PER_CLASS] for i in range(count)],
        "sha256": [f"s{i}" for i in range(count)],
        "error": pa.nulls(count, pa.string()),
    }
    return pa.table({**given, **columns})


def decided(eyes, *before, table=None, **settings):
    step = {"kind": "nearest_set", "encoder": "clip", "reference": "photos", **settings}
    if step["kind"] == "diverse":
        del step["reference"]
    return decide(table or records(), Selection(steps=[*before, step]), eyes)


def kept(decision):
    return np.flatnonzero(np.asarray(decision.table.column("keep")))


def test_each_class_gets_its_number_and_every_dropped_image_its_reason():
    decision = decided(Eyes(), per_class=40)
    rows = decision.table.to_pylist()
    assert [sum(row["keep"] for row in part) for part in (rows[:150], rows[150:])] == [40, 40]
    one = next(row for row in rows if not row["keep"])
    found = one["reason"]
    assert (found["step"], found["rule"], found["bound"]) == ("1 nearest_set", "not nearest", 40)
    good = kept(decision) % 150 < 50
    assert good.mean() > 0.6


def test_a_share_is_of_what_the_steps_before_left():
    table = records(a=np.arange(300.0))
    limits = {"kind": "limits", "limits": {"a": {"min": 50}}}
    decision = decided(Eyes(), limits, table=table, share=0.5)
    assert (kept(decision) < 150).sum() == 50
    assert (kept(decision) >= 150).sum() == 75
    assert kept(decision).min() >= 50
    assert decision.table.column("reason")[0].as_py()["step"] == "1 limits"


def test_what_chose_and_what_measured_are_apart_and_both_told():
    for outcome in decided(Eyes(), per_class=40).outcomes:
        assert outcome["real_chosen_by"] + outcome["real_held_out"] == REAL
        assert 60 < outcome["real_held_out"] < 140
        assert outcome["nearest"]["held_out"] < 0.6 * outcome["random"]["held_out"]
        assert outcome["bound"] <= outcome["nearest"]["target"] < outcome["random"]["target"]
        assert outcome["nearest"]["target"] < outcome["all"]["target"]


def test_another_encoder_sees_the_same_images_of_the_same_sets():
    eyes = Eyes()
    for outcome in decided(eyes, per_class=40, target="both").outcomes:
        (seen,) = outcome["by_other"].values()
        assert set(seen) == {"all", "random", "nearest"}
        for part, value in seen.items():
            assert value == pytest.approx(9 * outcome[part]["held_out"])
    eyes.seen[:] = np.nan
    assert decided(eyes, per_class=40).outcomes == []


def test_real_images_show_how_near_is_near_enough():
    outcome = decided(Eyes(), per_class=40).outcomes[0]
    assert outcome["real"]["n"] == 40
    assert 0 < outcome["real"]["held_out"] < outcome["random"]["held_out"]
    assert decided(Eyes(statistics=True), per_class=40, target="all").outcomes[0]["real"]["n"] == 0


def test_images_that_do_not_choose_change_nothing():
    eyes = Eyes()
    chooses = eyes.images.split(0.5)
    first = kept(decided(eyes, per_class=40))
    eyes.images.features[~chooses] += 100
    assert kept(decided(eyes, per_class=40)).tolist() == first.tolist()
    eyes.images.features[np.flatnonzero(chooses)[0]] += 1
    assert kept(decided(eyes, per_class=40)).tolist() != first.tolist()


def test_all_real_images_may_choose_and_then_none_measures():
    outcome = decided(Eyes(), per_class=40, use=1).outcomes[0]
    assert outcome["real_held_out"] == 0
    assert outcome["nearest"]["held_out"] is None
    assert outcome["nearest"]["chosen_by"] is not None


def test_a_class_is_matched_by_key_then_by_name():
    by_key = kept(decided(Eyes(), per_class=40))
    by_name = kept(decided(Eyes(classes=("n01", "n02")), per_class=40))
    assert by_key.tolist() == by_name.tolist()
    swapped = kept(decided(Eyes(classes=("dog", "cat")), per_class=40))
    assert by_key.tolist() != swapped.tolist()


def test_a_class_without_real_images_stands_for_itself():
    outcomes = decided(Eyes(classes=("cat", "x"), names=("Cat", "x")), per_class=40).outcomes
    assert [outcome["real_chosen_by"] == 0 for outcome in outcomes] == [False, True]
    assert outcomes[1]["guessed_cov"] == 1
    assert outcomes[1]["nearest"]["target"] < outcomes[1]["random"]["target"]


def test_statistics_choose_for_the_whole_with_the_quotas():
    eyes = Eyes(statistics=True)
    decision = decided(eyes, per_class=40, target="all")
    assert (kept(decision) < 150).sum() == 40
    (outcome,) = decision.outcomes
    assert outcome["class_key"] is None
    assert outcome["chosen"] == 80
    assert outcome["bound"] <= outcome["nearest"]["target"] < 0.5 * outcome["random"]["target"]
    with pytest.raises(RecipeError, match="target: all"):
        decided(eyes, per_class=40)


def test_both_brings_the_whole_nearer_than_class_by_class():
    alone = decided(Eyes(), per_class=40, target="both").outcomes
    assert [outcome["class_key"] for outcome in alone] == ["cat", "dog", None]
    assert alone[2]["nearest"]["target"] < 0.5 * alone[2]["random"]["target"]
    assert alone[0]["nearest"]["target"] < alone[0]["random"]["target"]


def test_a_preference_counts_and_a_missing_score_leaves():
    liked = np.random.default_rng(0).random(300)
    liked[3] = np.nan
    table = records(a=liked)
    indifferent = kept(decided(Eyes(), table=table, per_class=40))
    decision = decided(Eyes(), table=table, per_class=40, prefer={"a": 0.5})
    assert liked[kept(decision)].mean() > np.nanmean(liked[indifferent]) + 0.1
    assert decision.table.column("reason")[3].as_py()["rule"] == "missing"


def test_an_image_without_features_leaves():
    eyes = Eyes()
    eyes.seen[7] = np.nan
    for settings in ({"per_class": 40}, {"kind": "diverse", "per_class": 40}):
        table = decided(eyes, **settings).table
        assert table.column("reason")[7].as_py()["rule"] == "no features"


def test_the_kernel_mean_may_decide():
    outcome = decided(Eyes(), per_class=40, objective="mmd").outcomes[0]
    assert outcome["nearest"]["held_out"] < 0.8 * outcome["random"]["held_out"]


def test_it_needs_a_reader():
    with pytest.raises(UsageError, match="reads features"):
        select(records(), Selection(steps=[{"kind": "diverse", "encoder": "clip", "per_class": 1}]))


@pytest.mark.parametrize("choose", [k_center, facility_location])
def test_a_diverse_set_has_an_image_of_every_heap(choose):
    rng = np.random.default_rng(0)
    sizes = (200, 40, 10, 3)
    heaps = np.repeat(np.arange(4), sizes)
    features = 5 * np.eye(4)[heaps] + 0.1 * rng.standard_normal((len(heaps), 4))
    assert set(heaps[choose(features, 4)].tolist()) == {0, 1, 2, 3}
    assert choose(features, 300).tolist() == list(range(253))
    assert len(choose(np.ones((9, 2)), 4)) == 4


def test_the_lazy_greedy_choice_is_the_greedy_one():
    features = np.random.default_rng(1).standard_normal((30, 3))
    centred = features - features.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    similar, chosen = (1 + unit @ unit.T) / 2, []
    for _ in range(6):
        served = similar[chosen].max(axis=0) if chosen else np.zeros(30)
        chosen.append(int(np.maximum(similar, served).sum(axis=1).argmax()))
    assert facility_location(features, 6).tolist() == sorted(chosen)


def recipe(**step):
    content = {"kind": "nearest_set", "encoder": "eye", "reference": "photos", "per_class": 5}
    return load_recipe(
        {
            "name": "pets",
            "classes": ["cat"],
            "source": {"kind": "shapes"},
            "images_per_class": 9,
            "encoders": {"eye": {"kind": "pixels"}},
            "references": {
                "photos": {"kind": "images", "paths": [{"path": "/photos"}]},
                "numbers": {"kind": "statistics", "file": "cifar10-train"},
            },
            "selection": {"steps": [{**content, **step}]},
        }
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"encoder": "ey"}, r"steps\[0\].encoder: no entry 'ey' in encoders; did you mean 'eye'"),
        ({"reference": "photo"}, r"steps\[0\].reference: no entry 'photo' in references"),
        ({"reference": "numbers"}, "statistics of all classes together.*target: all"),
        ({"prefer": {"clip_score": 1}}, "no score writes a column 'clip_score'"),
        ({"share": 0.5}, "either per_class or share"),
        ({"per_class": None}, "either per_class or share"),
        ({"objective": "mmd", "target": "all"}, "class by class"),
        ({"kind": "diverse", "reference": "photos"}, "reference"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_a_set(step, message):
    with pytest.raises(RecipeError, match=message):
        recipe(**step)


def test_statistics_with_one_target_for_all_are_fine():
    assert recipe(reference="numbers", target="all").selection.steps[0].target == "all"
