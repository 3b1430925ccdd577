import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment.trials import read_trial


def shift(root, place, **more):
    return {
        "kind": "shift",
        "images": {"kind": "images", "paths": [{"path": str(root / place)}]},
        **more,
    }


def test_the_test_images_themselves_give_the_accuracy_of_the_test(trained, colours):
    suites, jobs = trained({"same": shift(colours, "test")})
    for base, same, job in zip(
        suites["base"].read("", jobs), suites["same"].read("", jobs), jobs, strict=True
    ):
        trial = read_trial(job.folder)
        assert base[0].value == same[0].value
        assert base[0].value == (trial.probabilities.argmax(axis=1) == trial.labels).mean()
        assert (base[0].images, same[0].images) == (18, 18)


def test_only_classes_that_occur_there_compete(trained, colours, monkeypatch):
    masked, free = shift(colours, "other"), shift(colours, "other", mask=False)
    suites, jobs = trained({"masked": masked, "free": free})
    suite = suites["masked"]
    assert suite.measures[0].note == (
        "10 images of 2 of 3 classes; the classifier chooses only among these; "
        "2 images of other classes left out"
    )
    # Everything is a fox, and the right class comes second, but for the first cat.
    said = 0.4 * np.eye(3)[suite.images.labels] + [0.05, 0.05, 0.5]
    said[0] = [0.1, 0.4, 0.5]
    monkeypatch.setattr("synthset.experiment.suites.shift.predict_probabilities", lambda *_: said)
    (reading,) = suite.read("", jobs)[0]
    assert reading.value == 0.9
    assert reading.details == {
        "balanced accuracy over 2 of 3 classes": 0.9, "with the mask": 0.9, "without a mask": 0.0
    }  # fmt: skip
    assert suites["free"].read("", jobs)[0][0].value == 0.0


def test_classes_there_may_be_called_otherwise(trained, colours):
    suites, _ = trained({"named": shift(colours, "other", names={"cow": "fox"})})
    assert np.bincount(suites["named"].images.labels).tolist() == [5, 5, 2]


def test_images_are_drawn_by_their_bytes(trained, colours):
    suites, _ = trained({"few": shift(colours, "test", max_per_class=2)})
    more, _ = trained({"few": shift(colours, "test", max_per_class=3)})
    assert set(suites["few"].images.keys) < set(more["few"].images.keys)
    assert len(suites["few"].images) == 6


def test_training_images_among_them_are_said(trained, colours):
    suites, jobs = trained({"made": shift(colours, "made")})
    real, mixed = suites["made"].read("", jobs)
    assert real[0].note == ""
    assert mixed[0].note == "36 of its images (100.0%) are also training images"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"classes": ["cat", "cow"]},
            r"suites.bad.classes\[1\]: there is no class 'cow'; known: cat",
        ),
        ({"classes": ["fox"]}, r"suites.bad.classes\[0\]: there is no image of class 'fox'"),
        ({"names": {"owl": "fox"}}, r"suites.bad.names.owl: these images have no such class"),
        ({"names": {"cow": "owl"}}, r"suites.bad.images: class 'owl' is none of|no class 'owl'"),
    ],
)
def test_classes_that_do_not_fit_are_refused(trained, colours, more, message):
    with pytest.raises(RecipeError, match=message):
        trained({"bad": shift(colours, "other", **more)})
