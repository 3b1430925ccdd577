import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment.suites.answers import read_features
from synthset.experiment.suites.knn import choose_bank
from synthset.experiment.suites.suite import collect_training_images, draw_rows
from synthset.metrics.sets.knn import weighted_knn

PIXELS = {"kind": "knn", "encoder": {"kind": "pixels"}, "per_class": 4, "k": [3, 500]}


def test_the_bank_has_as_many_of_each_class_and_larger_ones_hold_smaller_ones(trained):
    _, (job, _) = trained({})
    images = collect_training_images(job)
    small, large = choose_bank(images, 2), choose_bank(images, 3)
    assert np.bincount(images.labels[small]).tolist() == [2, 2, 2]
    assert set(small) < set(large)


def test_without_a_number_the_smallest_class_decides(trained):
    _, (job, _) = trained({})
    images = collect_training_images(job)
    images = images.take(np.flatnonzero((images.labels != 1) | (np.arange(len(images)) % 5 == 0)))
    counts = np.bincount(images.labels)
    assert np.bincount(images.labels[choose_bank(images, None)]).tolist() == [counts.min()] * 3


def test_the_first_k_is_the_figure_and_too_large_ones_are_said(trained):
    suites, jobs = trained({"pixels": PIXELS})
    (reading,) = suites["pixels"].read("", jobs)[0]
    assert reading.value == reading.details["k = 3"]
    assert reading.value > 0.9  # colours tell the classes apart
    assert set(reading.details) == {"k = 3", "k = 500"}
    assert reading.note == "k = 500 takes all of 12 images"


def test_features_of_the_arms_own_classifier(trained):
    suites, jobs = trained({"own": {"kind": "knn", "encoder": "trained", "k": [5]}})
    (reading,), job = suites["own"].read("", jobs)[0], jobs[0]
    bank = collect_training_images(job)
    said = weighted_knn(
        read_features(job, bank), bank.labels, read_features(job, job.test), [5], 0.07
    )
    assert reading.value == (said[5] == job.test.labels).mean()


def test_a_class_without_an_image_is_reported_and_its_images_count_as_wrong(trained):
    suites, jobs = trained({"pixels": PIXELS})
    suite, job = suites["pixels"], jobs[0]
    rows = np.flatnonzero(collect_training_images(job).labels != 2)
    job = type(job)(
        **{**vars(job), "train": type(job.train)(collect_training_images(job).take(rows), ())}
    )
    (reading,) = suite.read("", [job])[0]
    assert reading.note.startswith(
        "there is no image of fox: test images of such a class count as wrong"
    )
    assert reading.value <= 2 / 3


def test_drawing_takes_all_where_nothing_is_asked():
    assert draw_rows(["a", "b"], np.array([0, 1]), None).tolist() == [0, 1]


@pytest.mark.parametrize("k", [[], [5, 5], [0]])
def test_wrong_ks_are_refused(trained, k):
    with pytest.raises(RecipeError, match=r"^suites\.bad"):
        trained({"bad": {**PIXELS, "k": k}})
