import json

import pytest

from synthset.errors import RecipeError
from synthset.experiment import trials
from synthset.experiment.run_experiment import run_experiment
from synthset.experiment.suites.knn import KnnSuite

PIXELS = {"kind": "knn", "encoder": {"kind": "pixels"}, "per_class": 4, "k": [3]}
SHAPES = {
    "classes": ["cat", "dog", "fox"],
    "source": {"kind": "shapes", "size_px": 16},
    "images_per_class": 4,
}
CONTRAST = {"kind": "corruptions", "names": ["contrast"], "severities": [2, 4]}


def run_benchmark(content, suites="corrected"):
    return run_experiment(content, workers=1, suites=suites)


@pytest.fixture
def done(monkeypatch):
    """What is really done: names of trained arms, and of suites with the arms that they read."""
    found, train, read = {"trained": [], "read": []}, trials.run_trial, KnnSuite.read

    def told(job, advance):
        found["trained"].append((job.arm.name, job.seed))
        train(job, advance)

    def told_too(suite, part, jobs):
        found["read"] += [(suite.name, job.arm.name, job.seed) for job in jobs]
        return read(suite, part, jobs)

    monkeypatch.setattr("synthset.experiment.trials.run_trial", told)
    monkeypatch.setattr(KnnSuite, "read", told_too)
    return found


def test_arms_are_measured_by_all_suites_and_written_down(content, tmp_path):
    content |= {"suites": {"near": PIXELS, "dull": CONTRAST}, "seeds": [0, 1]}
    found = run_benchmark(content)
    page = found.benchmark_page
    assert page.resolve() == tmp_path / "colours" / "benchmark" / "index.html"
    written = json.loads(page.with_name("benchmark.json").read_text())
    assert [measure["name"] for measure in written["measures"]] == ["base", "dull", "near"]
    cell = found.benchmark.cells["dull"]["mixed"]
    assert len(cell.figure.each) == 2
    assert set(cell.details) == {"contrast/2", "contrast/4"}
    assert written["cells"]["dull"]["mixed"]["figure"]["value"] == cell.figure.value
    assert page.with_name("table.csv").read_text().count("\n") == 3
    assert found.page.is_file()


def test_a_new_suite_is_measured_alone_and_nothing_is_trained_again(content, done, no_pages):
    run_benchmark({**content, "suites": {"near": PIXELS}})
    assert done["trained"] == [("real", 0), ("mixed", 0)]
    done["read"].clear()
    run_benchmark({**content, "suites": {"near": PIXELS, "five": {**PIXELS, "k": [5]}}})
    assert len(done["trained"]) == 2
    assert done["read"] == [("five", "real", 0), ("five", "mixed", 0)]


def test_suites_measure_the_full_budget_alone(content, done, no_pages):
    run_benchmark({**content, "suites": {"near": PIXELS}, "smaller_budget": {}})
    assert sorted(done["trained"]) == [("mixed", 0)] * 2 + [("real", 0)] * 2
    assert sorted(done["read"]) == [("near", "mixed", 0), ("near", "real", 0)]


def test_what_a_suite_is_called_in_figures_measures_nothing_anew(content, done, no_pages):
    run_benchmark({**content, "suites": {"near": PIXELS}})
    done["read"].clear()
    found = run_benchmark({**content, "suites": {"near": {**PIXELS, "text": "kNN"}}})
    assert done["read"] == []
    assert found.benchmark.measures[1].text == "kNN"


def test_a_killed_benchmark_goes_on_where_it_stopped(content, done, monkeypatch, no_pages):
    content["suites"], read = {"near": PIXELS}, KnnSuite.read
    calls = []

    def killed(suite, part, jobs):
        calls.append(jobs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return read(suite, part, jobs)

    monkeypatch.setattr(KnnSuite, "read", killed)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(content)
    monkeypatch.setattr(KnnSuite, "read", read)
    done["read"].clear()
    run_benchmark(content)
    assert done["read"] == [("near", "mixed", 0)]
    assert done["trained"] == [("real", 0), ("mixed", 0)]


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ({"kind": "shift", "images": {"kind": "images", "paths": [{"path": "gone"}]}}, "gone"),
        ({"kind": "knn", "encoder": {"kind": "clip", "model": "./no"}}, "no folder ./no"),
        ({"kind": "corruption"}, "did you mean 'corruptions'"),
        ({"kind": "transfer", "train": {"kind": "torchvision", "name": "Nothing", "root": "."}},
         "no dataset 'Nothing'"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_before_anything_is_trained(
    content, done, tmp_path, suite, message
):
    content["suites"] = {"wrong": suite}
    with pytest.raises(RecipeError, match=message) as refused:
        run_benchmark(content)
    assert str(refused.value).startswith("suites.wrong")
    assert done["trained"] == []
    assert not (tmp_path / "colours").exists()


def test_problems_of_all_suites_are_told_at_once(content, no_pages):
    gone = {"kind": "shift", "images": {"kind": "images", "paths": [{"path": "gone"}]}}
    content["suites"] = {"a": gone, "b": gone}
    with pytest.raises(RecipeError) as refused:
        run_benchmark(content)
    assert len(refused.value.problems) == 2


def test_suites_do_not_change_what_a_trial_is_called(content, done, no_pages):
    one = run_benchmark(content)
    two = run_benchmark({**content, "suites": {"near": PIXELS}})
    assert len(done["trained"]) == 2
    assert one.benchmark.cells["base"] == two.benchmark.cells["base"]


def test_published_conventions_are_said_and_followed(content, no_pages):
    corrected = run_benchmark(content)
    published = run_benchmark(content, "published")
    assert corrected.benchmark.conventions[0].startswith("balanced accuracy: the mean recall (pub")
    assert published.benchmark.conventions[0].startswith("balanced accuracy: the mean of (prec")
    assert published.benchmark.published
    one, other = (found.benchmark.cells["base"]["real"] for found in (corrected, published))
    assert one.figure == other.figure
    mean = (other.details["macro precision"] + one.details["balanced accuracy"]) / 2
    assert other.details["balanced accuracy"] == pytest.approx(mean)


def test_the_test_accuracy_has_the_verdict_of_the_experiments_page(content, no_pages):
    found = run_benchmark(content)
    (row,) = found.judgement.differences["accuracy"]
    assert row.test == "McNemar, exact"
    assert found.benchmark.cells["base"][row.arm].difference is row


def test_every_arm_has_a_bill(content, no_pages):
    content["sets"]["shapes"] = {"kind": "recipe", "recipe": SHAPES}
    content["arms"].append({"name": "shapes", "parts": [{"set": "real"}, {"set": "shapes"}]})
    real, mixed, shapes = run_benchmark(content).benchmark.costs
    assert (real.attempted, real.obtained, real.kept) == (42, 42, 42.0)
    assert (real.seconds, real.gpu_hours, real.notes) == (0.0, 0.0, ())
    assert real.bytes > 42 * 100
    assert (mixed.attempted, mixed.obtained, mixed.kept) == (None, 12 + 36, 48.0)
    assert (mixed.seconds, mixed.gpu_hours) == (None, None)
    assert mixed.notes == ("made existed before, so its costs are unknown",)
    assert (shapes.attempted, shapes.obtained, shapes.kept) == (54, 54, 54.0)
    assert shapes.seconds > 0
    assert shapes.training_seconds > 0
