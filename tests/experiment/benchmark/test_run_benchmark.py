import json

import pytest

from synthset.errors import RecipeError
from synthset.experiment import trials
from synthset.experiment.benchmark.run_benchmark import run_benchmark
from synthset.experiment.suites.knn import KnnSuite

PIXELS = {"kind": "knn", "encoder": {"kind": "pixels"}, "per_class": 4, "k": [3]}
CONTRAST = {"kind": "corruptions", "names": ["contrast"], "severities": [2, 4]}


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

    monkeypatch.setattr("synthset.experiment.trial_processes.run_trial", told)
    monkeypatch.setattr(KnnSuite, "read", told_too)
    return found


def test_arms_are_measured_by_all_suites_and_written_down(content, tmp_path):
    content |= {"suites": {"near": PIXELS, "dull": CONTRAST}, "seeds": [0, 1]}
    found = run_benchmark(content, workers=1)
    assert found.page == tmp_path.joinpath("colours", "benchmark", "index.html").relative_to(
        tmp_path
    )
    written = json.loads(found.page.with_name("benchmark.json").read_text())
    assert [measure["name"] for measure in written["measures"]] == ["base", "dull", "near"]
    assert len(found.values) == 2 * 2 * 4  # arms, seeds, and the bytes beside the measures
    cell = found.benchmark.cells["dull"]["mixed"]
    assert len(cell.figure.each) == 2
    assert set(cell.details) == {"contrast/2", "contrast/4"}
    assert written["cells"]["dull"]["mixed"]["figure"]["value"] == cell.figure.value
    assert found.page.with_name("table.csv").read_text().count("\n") == 3
    assert found.experiment.page.is_file()


def test_a_new_suite_is_measured_alone_and_nothing_is_trained_again(content, done, no_pages):
    run_benchmark({**content, "suites": {"near": PIXELS}}, workers=1)
    assert done["trained"] == [("real", 0), ("mixed", 0)]
    done["read"].clear()
    run_benchmark({**content, "suites": {"near": PIXELS, "five": {**PIXELS, "k": [5]}}}, workers=1)
    assert len(done["trained"]) == 2
    assert done["read"] == [("five", "real", 0), ("five", "mixed", 0)]


def test_what_a_suite_is_called_in_figures_measures_nothing_anew(content, done, no_pages):
    run_benchmark({**content, "suites": {"near": PIXELS}}, workers=1)
    done["read"].clear()
    found = run_benchmark({**content, "suites": {"near": {**PIXELS, "text": "kNN"}}}, workers=1)
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
        run_benchmark(content, workers=1)
    monkeypatch.setattr(KnnSuite, "read", read)
    done["read"].clear()
    run_benchmark(content, workers=1)
    assert done["read"] == [("near", "mixed", 0)]
    assert done["trained"] == [("real", 0), ("mixed", 0)]


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ({"kind": "shift", "images": {"kind": "images", "paths": [{"path": "gone"}]}}, "gone"),
        ({"kind": "knn", "encoder": {"kind": "clip", "model": "./no"}}, "no folder ./no"),
        ({"kind": "corruption"}, "did you mean 'corruptions'"),
        ({"kind": "transfer", "train": {"kind": "torchvision", "name": "Nothing", "root": "."}},
         "no data set 'Nothing'"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_before_anything_is_trained(
    content, done, tmp_path, suite, message
):
    content["suites"] = {"wrong": suite}
    with pytest.raises(RecipeError, match=message) as refused:
        run_benchmark(content, workers=1)
    assert str(refused.value).startswith("suites.wrong")
    assert done["trained"] == []
    assert not (tmp_path / "colours").exists()


def test_problems_of_all_suites_are_told_at_once(content, no_pages):
    gone = {"kind": "shift", "images": {"kind": "images", "paths": [{"path": "gone"}]}}
    content["suites"] = {"a": gone, "b": gone}
    with pytest.raises(RecipeError) as refused:
        run_benchmark(content, workers=1)
    assert len(refused.value.problems) == 2


def test_suites_do_not_change_what_a_trial_is_called(content, done, no_pages):
    one = run_benchmark(content, workers=1)
    two = run_benchmark({**content, "suites": {"near": PIXELS}}, workers=1)
    assert len(done["trained"]) == 2
    assert one.benchmark.cells["base"] == two.benchmark.cells["base"]


def test_published_conventions_are_said_and_followed(content, no_pages):
    corrected = run_benchmark(content, workers=1)
    published = run_benchmark(content, workers=1, published=True)
    assert corrected.benchmark.conventions[0].startswith("balanced accuracy: the mean recall (pub")
    assert published.benchmark.conventions[0].startswith("balanced accuracy: the mean of (prec")
    assert published.benchmark.published
    one, other = (found.benchmark.cells["base"]["real"] for found in (corrected, published))
    assert one.figure == other.figure
    mean = (other.details["macro precision"] + one.details["balanced accuracy"]) / 2
    assert other.details["balanced accuracy"] == pytest.approx(mean)


def test_the_test_accuracy_has_the_verdict_of_the_experiments_page(content, no_pages):
    found = run_benchmark(content, workers=1)
    (row,) = found.experiment.judgement.differences["accuracy"]
    assert row.test == "McNemar, exact"
    assert found.benchmark.cells["base"][row.arm].difference is row
