"""The experiment that a folder asks for."""

import math

import pytest

from synthset.recipe.default_experiment import Plan, compose_experiment
from synthset.recipe.experiment import load_experiment

IMAGES = {"kind": "images", "paths": [{"path": "photos"}]}
SD = {"kind": "images", "paths": [{"path": "made", "origin": "sd"}]}


def plan(counts, sets=(), test=None):
    return Plan("photos", IMAGES, test, dict.fromkeys(sets, SD), counts, size_px=32)


def arms(one):
    return {arm.name: arm for arm in load_experiment(compose_experiment(one)).arms}


def test_without_rare_classes_and_sets_there_are_changed_copies():
    found = arms(plan({"cat": 20, "dog": 30}))
    assert list(found) == ["nothing", "with-copies"]
    assert found["with-copies"].control == "nothing"


def test_a_rare_class_brings_the_remedies_that_need_no_images():
    found = arms(plan({"cat": 10, "dog": 31, "eel": 30}))
    assert list(found) == ["nothing", "weights", "prior", "with-copies"]
    share = found["prior"].draws["real"].classes["cat"]
    even, natural = 1 / 3, 10 / 71
    # two thirds of the way from even to natural draws, on a scale of logarithms
    assert math.log(share / even) == pytest.approx(2 / 3 * math.log(natural / even), abs=1e-4)
    assert found["with-copies"].parts[1].top_up_to == "largest"


def test_each_set_comes_in_three_ways_and_each_has_a_control():
    found = arms(plan({"cat": 10, "dog": 100}, ["sd", "gan"]))
    assert [name for name in found if "sd" in name] == ["with-sd", "sd-first", "source-sd"]
    assert found["source-sd"].control == "prior"
    assert found["source-sd"].loss == found["prior"].loss
    even = arms(plan({"cat": 100, "dog": 100}, ["sd"]))
    assert (even["source-sd"].control, "source-sd-control" in even) == ("source-sd-control", True)


@pytest.mark.parametrize(("count", "share"), [(50, 0.3), (500, 0.15), (5_000, 0.05)])
def test_the_more_real_images_the_smaller_the_share_of_generated_ones(count, share):
    found = arms(plan({"cat": count, "dog": count}, ["sd"]))
    assert found["source-sd"].draws["sd"].share == share


def test_a_test_set_is_used_and_else_split_off():
    content = compose_experiment(plan({"cat": 20, "dog": 30}, test=SD))
    assert content["real"]["test"] == SD
    assert compose_experiment(plan({"cat": 20, "dog": 30}))["real"]["test_fraction"] == 0.4
    assert compose_experiment(plan({"cat": 2_000, "dog": 30}))["real"]["test_fraction"] == 0.2
