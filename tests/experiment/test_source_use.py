import numpy as np
import pytest

from synthset.experiment import source_use
from synthset.experiment.jobs import plan_jobs
from synthset.experiment.run_experiment import run_experiment
from synthset.experiment.sets import Sets
from synthset.experiment.source_use import find_cue, measure_source_use, subtract_shares
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment
from synthset.results.trial import Trial


@pytest.fixture
def filled(world, content, monkeypatch):
    """Cats filled up with made ones, so that a made image is a cat; made dogs aren't trained on."""
    monkeypatch.setattr(source_use, "FEWEST", 5)
    content["arms"][1]["control"] = "few"
    return {**content, "seeds": [0]}


def plan(content):
    sets = Sets("pets", load_experiment(content), Silent())
    jobs = [job for (job,) in plan_jobs(sets, workers=1)]
    return sets, jobs, [answer(job) for job in jobs]


def answer(job):
    """A trial that is always right."""
    right = np.eye(2, dtype=np.float32)[job.test.labels]
    return Trial(job.arm.name, 0, job.test.labels, right, job.train.images.count_images(2))


def test_the_cue_is_the_class_that_is_more_frequent_in_a_source_than_anywhere_else():
    real = np.array([5, 50, 50])
    assert find_cue({"real": real, "sd": np.array([45, 0, 0])}) == ("sd", 0)
    assert find_cue({"real": real, "sd": np.array([95, 50, 50])}) == ("sd", 0)
    assert find_cue({"real": real, "sd": real}) is None
    assert find_cue({"real": real}) is None


def test_a_difference_of_shares_has_an_error_even_where_nobody_answers_so():
    found = subtract_shares(np.array([[30, 10], [0, 0]]), np.array([[100, 100], [100, 100]]))
    assert found.value == pytest.approx(0.2)
    none = subtract_shares(np.array([[0], [0]]), np.array([[98], [98]]))
    half = 1.96 * (2 * 0.01 * 0.99 / 100) ** 0.5
    assert (none.low, none.high) == (pytest.approx(-half, rel=1e-3), pytest.approx(half, rel=1e-3))


def test_a_classifier_that_takes_every_made_image_for_a_cat_uses_the_source(filled, monkeypatch):
    asked = []

    def ask(job, images):
        asked.append((job.arm.name, images.labels.tolist(), set(images.keys)))
        return np.zeros(len(images), int) if job.arm.name == "filled" else images.labels

    monkeypatch.setattr(source_use, "_ask", ask)
    sets, jobs, trials = plan(filled)
    few, found = (one.source_use for one in measure_source_use(sets, jobs, trials))
    assert few is None
    assert (found.source, found.class_name) == ("made", "cat")
    assert (found.excess.value, found.control.value) == (1.0, 0.0)
    assert [name for name, _, _ in asked] == ["filled", "few"]
    assert all(labels == [1] * 30 for _, labels, _ in asked)  # dogs alone
    assert not asked[0][2] & set(jobs[1].train.images.keys)


def test_without_images_or_without_the_classifier_it_is_said_why_there_is_no_figure(
    filled, monkeypatch
):
    sets, jobs, trials = plan(filled)
    found = measure_source_use(sets, jobs, trials)[1].source_use
    assert (found.excess, found.missing) == (None, "the classifier is no longer there")
    monkeypatch.setattr(source_use, "FEWEST", 31)
    found = measure_source_use(sets, jobs, trials)[1].source_use
    assert found.excess is None
    assert "no other class has 31 test images and as many in made" in found.missing


def test_an_experiment_shows_the_use_and_asks_each_classifier_once(filled, world):
    done = run_experiment(filled, "pets", workers=1)
    leak = done.judgement.arms[1].leak
    assert leak.use.excess.value is not None
    assert leak.use.control.value is not None
    html = done.page.read_text()
    assert "use: cat answered on images of made from other classes" in html
    assert "source_use_excess" in (done.page.parent / "arms.csv").read_text()
    before = {file: file.stat().st_mtime_ns for file in world.glob("pets/trials/*/answers-*.json")}
    assert len(before) == 2
    run_experiment(filled, "pets", workers=1)
    assert before == {file: file.stat().st_mtime_ns for file in before}
