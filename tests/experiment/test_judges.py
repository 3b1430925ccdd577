import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment import judges
from synthset.experiment.arms import open_set
from synthset.experiment.jobs import plan_jobs
from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.experiment.sets import Sets
from synthset.experiment.suites import answers
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment

PARTS = [{"set": "real"}, {"set": "made", "per_class": 5, "choose": "recognition"}]


@pytest.fixture
def choosing(content):
    """An arm that chooses, its control, and the arm that is its judge."""
    content["arms"] = [
        {"name": "nothing", "parts": [{"set": "real"}], "draws": {"real": {}}},
        {"name": "chosen", "parts": PARTS, "draws": {"real": {}, "made": {}}, "control": True},
    ]
    content["real"]["cut"] = {}
    content["real"]["val_fraction"] = 0.5
    content["training"]["updates"] = 6
    content["seeds"] = [0]
    return content


def choose(content, **changes):
    content["arms"][1]["parts"] = [PARTS[0], {**PARTS[1], **changes}]
    return content


def taken(done, trial):
    return {name: one.tolist() for name, one in done.trials[trial].counts.items()}


def keys(job):
    """The generated images that a job trains on."""
    images = job.train.images
    return {key for key, origin in zip(images.keys, images.origins, strict=True) if origin}


def test_an_arm_takes_what_its_judge_ranks_first_and_its_control_as_many_at_random(world, choosing):
    sets = Sets("pets", load_experiment(choosing), Silent())
    _, (chosen,), (control,) = plan_jobs(sets, workers=1)
    (file,) = (world / "pets" / "choices").glob("*.npy")
    _, drawn = open_set("made", sets, sets.draw_split(0))
    best = drawn.rows[np.load(file) < 5].tolist()
    contents = sets.get("made", sets.draw_split(0)).images.contents
    assert keys(chosen) == {contents[row] for row in best}
    assert len(keys(chosen)) == len(keys(control)) == 10
    assert keys(chosen) != keys(control)


def test_an_arm_of_the_experiment_is_the_judge_and_nothing_is_done_twice(
    world, choosing, monkeypatch
):
    done, fit, rank = [], judges.fit, judges.rank_images
    monkeypatch.setattr(judges, "fit", lambda *a: done.append("judge") or fit(*a))
    monkeypatch.setattr(judges, "rank_images", lambda *a: done.append("ranks") or rank(*a))
    for _ in range(2):
        run_experiment(choosing, "pets", workers=1)
    names = sorted(path.name.split("-s0-")[0] for path in (world / "pets" / "trials").iterdir())
    assert names == ["chosen", "chosen-control", "nothing"]
    assert done == ["judge", "ranks"]
    choose(choosing, choose="nearest")["arms"].pop(0)  # its judge is there, whatever it was called
    run_experiment(choosing, "pets", workers=1)
    assert done == ["judge", "ranks", "ranks"]


def test_images_that_train_alone_are_chosen_by_the_arm_that_is_named_and_trained_once(
    world, choosing
):
    alone = {"name": "chosen", "parts": PARTS[1:], "judge": "nothing", "control": True}
    choosing["arms"][1] = alone
    judged = "judges: 1 × 1 seeds, trained first, by which arms choose images; 1 of them are arms"
    said = list(preview(load_experiment(choosing)))
    assert judged in said
    assert "chosen: made chosen by recognition, judged by arm nothing" in said
    done = run_experiment(choosing, "pets", workers=1)
    names = sorted(path.name.split("-s0-")[0] for path in (world / "pets" / "trials").iterdir())
    assert names == ["chosen", "chosen-control", "nothing"]
    assert taken(done, 1) == taken(done, 2) == {"made": [5, 5]}


def test_naming_the_judge_that_an_arm_would_have_changes_no_image_and_no_name(world, choosing):
    def plan():
        sets = Sets("pets", load_experiment(choosing), Silent())
        return [job.folder for (job,) in plan_jobs(sets, workers=1)]

    before = plan()
    choosing["arms"][1]["judge"] = "nothing"
    assert plan() == before
    assert len(list((world / "pets" / "choices").glob("*.npy"))) == 1


def test_a_judge_sees_images_once_in_however_many_ways_it_ranks_them(world, choosing, monkeypatch):
    ways, asked, ask = ("recognition", "hard", "nearest", "influence"), [], answers.judge_images
    choosing["arms"] = choosing["arms"][:1] + [
        {"name": way, "parts": [PARTS[0], {**PARTS[1], "choose": way, "short": "take"}]}
        for way in ways
    ]
    for arm in choosing["arms"][1:]:
        arm["judge"] = "nothing"
    monkeypatch.setattr(answers, "judge_images", lambda *a: asked.append(len(a[1])) or ask(*a))
    plan_jobs(Sets("pets", load_experiment(choosing), Silent()), workers=1)
    files = (world / "pets" / "choices").glob("*.npy")
    assert asked == [60, 20, 20]  # the set, the judge's real images, the validation split
    assert sorted(one.name.split("-")[0] for one in files) == sorted(ways)


def test_each_judge_is_billed_once_with_the_arms_that_it_chose_for(world, choosing):
    other = {"name": "hard", "parts": [PARTS[0], {**PARTS[1], "choose": "hard"}]}
    choosing["arms"][1].pop("control")
    choosing["arms"].append({**other, "judge": "nothing"})
    done = run_experiment(choosing, "pets", workers=1, suites="corrected")
    (bill,) = done.benchmark.judges
    assert (bill.arm, bill.used_by, bill.seeds) == ("nothing", ("chosen", "hard"), (0,))
    assert 0 < bill.extra_s == bill.ranking_s < 60
    said = "The classifier of nothing chose images for chosen, hard (1 seed); training: counted"
    assert said in done.page.read_text()
    assert said in done.benchmark_page.read_text()
    for file in (world / "pets" / "choices").glob("*.json"):
        file.unlink()
    choosing["arms"] = choosing["arms"][1:2]
    (bill,) = run_experiment(choosing, "pets", workers=1).judgement.judges
    assert (bill.arm, bill.used_by, bill.ranking_s) == (None, ("chosen",), None)
    assert bill.extra_s == bill.training_s > 0


@pytest.mark.parametrize("way", ["nearest", "diverse", "influence", "hard"])
def test_each_way_takes_the_same_images_for_any_number_of_workers(world, choosing, way):
    choose(choosing, choose=way, per_class=2, short="take")
    one = run_experiment(choosing, "one", workers=1)
    two = run_experiment(choosing, "two", workers=2)
    np.testing.assert_array_equal(one.trials[1].probabilities, two.trials[1].probabilities)
    assert taken(one, 1) == taken(one, 2)


def test_too_few_images_to_choose_are_refused_or_taken_and_the_control_takes_as_few(
    world, choosing, monkeypatch
):
    def rank(task, advance):
        file = task.files["recognition"]
        file.parent.mkdir(parents=True, exist_ok=True)
        ranks = np.full(len(task.images), -1)
        ranks[np.flatnonzero(task.images.labels == 0)[:3]] = range(3)
        ranks[np.flatnonzero(task.images.labels == 1)[:9]] = range(9)
        np.save(file, ranks)

    monkeypatch.setattr(judges, "rank_images", rank)
    said = "made has 3 images of 'cat' that `recognition` can choose, but 5 are wanted"
    with pytest.raises(RecipeError, match=said):
        run_experiment(choosing, "pets", workers=1)
    done = run_experiment(choose(choosing, short="take"), "pets", workers=1)
    assert taken(done, 1) == taken(done, 2) == {"real": [10, 10], "made": [3, 5]}
    assert said in done.trials[1].short


def test_the_plan_counts_judges_and_trains_none(world, choosing):
    said = list(preview(load_experiment(choosing)))
    assert "chosen, parts: 20 real, 10 made" in said
    own = "chosen: made chosen by recognition, judged by a classifier trained on its earlier parts"
    assert own in said
    judged = "judges: 1 × 1 seeds, trained first, by which arms choose images; 1 of them are arms"
    assert judged in said
    assert not (world / "pets").exists()


def test_influence_on_too_few_validation_images_is_refused(world, choosing):
    choosing["real"]["val_fraction"] = 0.1
    said = r"arms\[1\]\.parts\[1\]\.choose: 2 validation images of 'cat'.*by another measure"
    with pytest.raises(RecipeError, match=said):
        list(preview(load_experiment(choose(choosing, choose="influence"))))


def test_draws_that_are_chosen_choose_their_own_images(world, choosing):
    choosing["arms"][1] |= {
        "draws": {"real": {"share": [0.5, 0.8]}, "made": {}},
        "loss": {"prior": "source"},
    }
    done = run_experiment(choosing, "pets", workers=1)
    assert len(done.judgement.arms[1].tunings[0].candidates) == 2
    assert taken(done, 1) == taken(done, 2)
