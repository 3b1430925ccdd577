import numpy as np
import pytest

from synthset.pages.experiment.experiment_page import write_experiment_page
from synthset.recipe.experiment import load_experiment
from synthset.results.judgement import judge
from synthset.results.trial import Trial

CLASSES = ("cat", "dog")
PART = {"set": "sd", "per_class": 5, "short": "take"}
ARMS = {"recognised": "recognition", "typical": "nearest"}


def experiment(control="drawn"):
    """Two arms that choose, and the control that they share."""
    choosing = [
        {"name": name, "parts": [{"set": "real"}, {**PART, "choose": way}], "control": control}
        for name, way in ARMS.items()
    ]
    drawn = {"name": "drawn", "parts": [{"set": "real"}, PART]}
    return load_experiment(
        {
            "name": "pets",
            "real": {"train": {"kind": "digits"}},
            "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
            "arms": [{"name": "nothing", "parts": [{"set": "real"}]}, *choosing, drawn],
            "seeds": [0],
        }
    )


def trial(arm, *made):
    labels = np.arange(8) % 2
    shares = np.full((8, 2), 0.5, np.float32)
    counts = {"real": np.array([9, 9])} | ({"sd": np.array(made)} if made else {})
    return Trial(arm, 0, labels, shares, counts)


TRIALS = [trial("nothing"), trial("recognised", 3, 4), trial("typical", 5, 5), trial("drawn", 5, 5)]


def test_a_shared_control_with_other_numbers_of_images_is_named_and_marked(tmp_path):
    made = experiment()
    found = judge(made, TRIALS, CLASSES)
    said = "seed 0: 3 images of 'cat' from sd, against 5 (and 1 more)"
    assert found.unequal == {"recognised": said}
    assert any(said in note and "`control: true`" in note for note in found.notes)
    html = write_experiment_page(tmp_path, made, found, TRIALS).read_text()
    assert html.count("unequal numbers of images") == 1


@pytest.mark.parametrize("control", ["nothing", None])
def test_a_control_without_such_images_may_have_any_number(control):
    assert judge(experiment(control), TRIALS, CLASSES).unequal == {}
