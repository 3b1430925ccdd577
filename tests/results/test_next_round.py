import numpy as np
import yaml

from synthset.pages.experiment.answer_words import write_answer
from synthset.recipe.experiment import load_experiment
from synthset.results.judgement import judge
from synthset.results.trial import Trial

CLASSES = ("cat", "dog", "eel", "fox")
LABELS = np.repeat(np.arange(4), 20)
PARTS = [{"set": "real"}, {"set": "sd", "classes": ["cat", "dog", "eel"]}]


def trial(arm, seed, right):
    """So many of each class right, the others taken for foxes."""
    predicted = np.where(np.tile(np.arange(20), 4) < np.repeat(right, 20), LABELS, 3)
    shares = np.full((80, 4), 0.1, dtype=np.float32)
    shares[np.arange(80), predicted] = 0.7
    made = {"sd": np.array([50, 30, 20, 0])} if arm == "more" else {}
    return Trial(arm, seed, LABELS, shares, {"real": np.full(4, 9), **made})


def judged(before, after):
    """Judge what two seeds got right of cats, dogs and eels, without and with generated images."""
    content = {
        "name": "pets",
        "real": {"train": {"kind": "digits"}},
        "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [
            {"name": "few", "parts": PARTS[:1]},
            {"name": "more", "parts": PARTS, "control": "few"},
        ],
    }
    runs = {"few": before, "more": after}
    trials = [trial(arm, i, [*one, 20]) for arm, two in runs.items() for i, one in enumerate(two)]
    return judge(load_experiment(content), trials, CLASSES)


def test_as_many_images_as_before_go_to_the_classes_that_surely_gained():
    found = judged([(5, 5, 10), (6, 6, 10)], [(15, 14, 8), (17, 9, 8)]).next_round
    assert [one.name for one in found.classes] == ["cat", "dog", "eel"]
    cat, dog, eel = (one.planned for one in found.classes)
    assert (cat + dog, eel) == (100, 0)
    assert found.classes[1].p > found.classes[0].p
    assert cat / dog > found.classes[0].gain / found.classes[1].gain > 1
    assert yaml.safe_load(found.to_yaml()) == {"images_per_class": {"cat": cat, "dog": dog}}


def test_the_answer_says_for_which_classes_to_generate():
    said = write_answer(judged([(5, 5, 10), (6, 6, 10)], [(15, 14, 8), (17, 9, 8)]))[1]
    assert "The next 100 images help most in the classes that gained" in said
    assert said.index("cat (") < said.index("dog (")
    assert "eel (" not in said


def test_where_no_class_gains_nothing_is_to_be_generated():
    found = judged([(9, 9, 9), (8, 9, 8)], [(7, 7, 7), (7, 6, 7)])
    assert yaml.safe_load(found.next_round.to_yaml()) == {"images_per_class": {}}
    assert "No class gained" in write_answer(found)[1]
