"""A training as a whole: what it leaves, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from digit_tasks import digits, small_task
from safetensors.torch import load_file

from synthset.errors import DatasetError, ModelError, RecipeError, UsageError
from synthset.machine import Silent
from synthset.recipe.training import Augmentation, Loss, Preprocessing, SmallResNet, TimmModel
from synthset.training import loop
from synthset.training.draws import DrawPhase
from synthset.training.predict import extract_features, load_classifier, predict
from synthset.training.train import LabelledImages, TrainingStage, train_classifier


def weights_of(folder):
    return (folder / "model.safetensors").read_bytes()


def test_a_small_network_learns_the_digits_and_leaves_what_predicts_them(tmp_path):
    task = small_task(updates=120, train=1000, batch_size=64)
    fitted = train_classifier(task, tmp_path)
    held_out = digits(1100, 1400)
    said = predict(fitted.model, held_out, task.preprocessing, device="cpu", precision="float32")
    assert (said.argmax(axis=1) == held_out.labels).mean() > 0.8
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    again = predict(
        load_classifier(tmp_path), held_out, task.preprocessing, 7, "cpu", precision="float32"
    )
    np.testing.assert_allclose(again, said, atol=1e-5)
    assert extract_features(fitted.model, held_out, task.preprocessing, device="cpu").shape == (
        300,
        64,
    )


@pytest.mark.parametrize(
    ("updates", "validate", "distance"),
    [(10_000, 100, 500), (4_000, 1_000, 211), (400, 100_000, 100)],
)
def test_a_large_validation_split_is_looked_at_less_often(updates, validate, distance):
    task = small_task(updates=updates, batch_size=32)
    rows = np.arange(validate) % len(task.val)

    assert loop.space_looks(replace(task, val=task.val.take(rows))) == distance


def test_the_best_look_is_kept(tmp_path):
    fitted = train_classifier(small_task(updates=40, validate_every=2), tmp_path)
    assert [look.update for look in fitted.looks] == list(range(2, 41, 2))
    best = max(fitted.looks, key=lambda look: (look.val_balanced_accuracy, -look.val_loss))
    assert fitted.chosen == best.update
    assert fitted.looks[-1].train_loss < fitted.looks[0].train_loss


def test_the_kept_weights_are_those_of_the_chosen_look(tmp_path):
    task = small_task(updates=30, learning_rate=0.5, choose="loss", validate_every=5)
    fitted = train_classifier(task, tmp_path)
    said = predict(fitted.model, task.val, task.preprocessing, device="cpu", precision="float32")
    loss = -np.log(said[np.arange(100), task.val.labels]).mean()
    assert loss == pytest.approx(min(look.val_loss for look in fitted.looks), rel=1e-4)


def test_a_finished_training_is_loaded_and_not_repeated(tmp_path):
    task = small_task()
    first = train_classifier(task, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = train_classifier(task, tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert set(before) == {"model.safetensors", "looks.json", "config.json"}
    assert (again.looks, again.chosen) == (first.looks, first.chosen)


@pytest.mark.parametrize("other", [{"seed": 1}, {"learning_rate": 0.2}])
def test_a_folder_of_another_training_is_refused(tmp_path, other):
    train_classifier(small_task(updates=2), tmp_path)
    with pytest.raises(UsageError, match=r"config\.json belongs to another training"):
        train_classifier(small_task(updates=2, **other), tmp_path)


def test_device_and_threads_make_no_other_task():
    assert small_task().fingerprint() == small_task(threads=2, device="auto").fingerprint()
    assert small_task().fingerprint() != small_task(train=100).fingerprint()


def test_weights_to_start_from_are_named_by_their_bytes(tmp_path):
    task = small_task(model=TimmModel(kind="timm", weights=str(tmp_path / "w.safetensors")))
    with pytest.raises(ModelError, match="cannot be read"):
        task.fingerprint()
    (tmp_path / "w.safetensors").write_bytes(b"one")
    first = task.fingerprint()
    (tmp_path / "w.safetensors").write_bytes(b"two")
    assert task.fingerprint() != first


def test_training_after_pre_training_has_a_fresh_schedule_and_alone_chooses(tmp_path):
    stages = (
        TrainingStage("pretrain", digits(0, 100), 6),
        TrainingStage("train", digits(100, 200), 4),
    )
    fitted = train_classifier(small_task(stages=stages, validate_every=2), tmp_path)
    assert [look.update for look in fitted.looks] == [2, 4, 6, 8, 10]
    assert [look.stage for look in fitted.looks] == ["pretrain"] * 3 + ["train"] * 2
    assert fitted.chosen > 6


def test_patience_ends_a_training_that_gets_no_better(tmp_path):
    task = small_task(updates=60, learning_rate=2.0, validate_every=1, patience=3, choose="loss")
    fitted = train_classifier(task, tmp_path)
    worse = len(fitted.looks) - [look.update for look in fitted.looks].index(fitted.chosen) - 1
    assert (worse, len(fitted.looks) < 60) == (3, True)


def test_the_last_weights_are_kept_if_asked(tmp_path):
    fitted = train_classifier(small_task(choose="last", validate_every=5), tmp_path)
    assert fitted.chosen == 12


def test_a_loss_that_is_no_longer_finite_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "compute_losses", lambda logits, *_: logits.sum(dim=1) * float("inf"))
    with pytest.raises(ModelError, match=r"diverged .* lower training\.learning_rate"):
        train_classifier(small_task(), tmp_path)


def test_float16_needs_a_gpu(tmp_path):
    with pytest.raises(RecipeError, match="float16 doesn't work on a cpu device"):
        train_classifier(small_task(precision="float16"), tmp_path)


def test_a_training_leaves_torchs_generator_and_threads_as_they_were(tmp_path):
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train_classifier(small_task(updates=2, threads=3), tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_class_without_training_images_is_refused(tmp_path):
    images = digits(0, 200)
    lacking = images.take(np.flatnonzero(images.labels != 3))
    with pytest.raises(DatasetError, match="no image of class 3 of 10"):
        train_classifier(small_task(stages=(TrainingStage("train", lacking, 5),)), tmp_path)


def test_an_empty_set_and_an_unknown_label_are_refused(tmp_path):
    task = small_task()
    with pytest.raises(DatasetError, match="the validation split: there is no image"):
        train_classifier(replace(task, val=task.val.take([])), tmp_path)
    images = digits(0, 200)
    few = TrainingStage("train", images.take(np.flatnonzero(images.labels != 9)), 5)
    with pytest.raises(DatasetError, match=r"validation split: found label 9, but the 9 classes"):
        train_classifier(replace(task, classes=9, stages=(few,)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_image_is_named_and_not_replaced(tmp_path):
    good = digits(0, 50)
    damaged = LabelledImages(
        lambda i: b"no image" if i == 7 else good.read(i),
        good.labels,
        good.origins,
        good.names,
        tuple(f"key{i}" for i in range(50)),
    )
    with pytest.raises(DatasetError, match="image key7: not a readable image"):
        train_classifier(small_task(stages=(TrainingStage("train", damaged, 2),)), tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": Loss(class_weights="effective", sampling="balanced")},
        {"loss": Loss(kind="focal")},
        {"preprocessing": Preprocessing(size_px=8, noise=4)},
        {"augmentation": Augmentation(policy="rand", cutmix=1.0)},
        {"precision": "bfloat16"},
        {"optimizer": "adamw", "learning_rate": 1e-3},
        {"momentum": 0.0},
        {"model": SmallResNet(kind="small_resnet", width=8), "optimizer": "muon"},
        {"decay": "linear"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_setting_trains(tmp_path, changes):
    fitted = train_classifier(small_task(updates=20, **changes), tmp_path)
    assert fitted.looks[-1].train_loss < fitted.looks[0].train_loss
    assert weights_of(tmp_path)


def test_the_prior_in_the_loss_makes_a_seldom_class_likelier(tmp_path):
    images = digits(0, 400)
    rows = [*np.flatnonzero(images.labels == 0)[:10], *np.flatnonzero(images.labels != 0)]
    table = np.array([[20, *[100] * 9]])
    test, likely = digits(1100, 1700), {}
    for prior in ("none", "class", "source"):
        stage = TrainingStage("train", images.take(rows), 100, (DrawPhase(1.0, table),))
        task = small_task(stages=(stage,), loss=Loss(prior=prior), choose="last", batch_size=64)
        fitted = train_classifier(task, tmp_path / prior)
        said = predict(fitted.model, test, task.preprocessing, device="cpu", precision="float32")
        likely[prior] = said[test.labels == 0, 0].mean()
    assert likely["class"] > 2 * likely["none"]
    assert likely["source"] == likely["class"]  # there is one source


def test_a_table_of_draws_makes_another_training_and_goes_on_from_its_state(tmp_path, monkeypatch):
    images = digits(0, 60)
    there = np.bincount(images.labels, minlength=10) > 0
    table = there[None].astype(np.int64) * [[1, *[2] * 9]]
    stage = TrainingStage("train", images, 12, (DrawPhase(1.0, table),))
    model = SmallResNet(kind="small_resnet", width=4)
    task = small_task(stages=(stage,), optimizer="muon", model=model, validate_every=4)
    assert task.fingerprint() != small_task(stages=(replace(stage, draws=()),)).fingerprint()
    train_classifier(task, tmp_path / "whole")
    look = loop.Loop._look

    def die(self, since):
        look(self, since)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Loop, "_look", die)
    with pytest.raises(KeyboardInterrupt):
        train_classifier(task, tmp_path / "parts")
    monkeypatch.setattr(loop.Loop, "_look", look)
    train_classifier(task, tmp_path / "parts")
    assert weights_of(tmp_path / "parts") == weights_of(tmp_path / "whole")


def test_an_average_of_the_weights_is_what_is_judged(tmp_path):
    task = small_task(ema=0.99, choose="last")
    ours = loop.Loop(task, tmp_path, Silent())
    ours.run()
    own, average = ours.model.net.state_dict(), ours.judged.net.state_dict()
    assert any(not torch.equal(own[name], average[name]) for name in own)
    assert all(torch.equal(ours.best[name], average[name]) for name in own)


def test_saved_weights_have_the_networks_own_names(tmp_path):
    train_classifier(small_task(updates=2), tmp_path)
    assert "groups.0.first.weight" in load_file(tmp_path / "model.safetensors")


def test_the_prior_in_the_loss_is_that_of_the_phase(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        loop, "log_prior", lambda table, _: seen.append(table) or np.zeros(table.shape)
    )
    even, two = np.ones((1, 10), int), np.array([[1, 1] + [0] * 8])
    draws = (DrawPhase(0.5, even), DrawPhase(0.5, two))
    stage = TrainingStage("train", digits(0, 200), 4, draws)
    train_classifier(small_task(stages=(stage,), loss=Loss(prior="class")), tmp_path)
    assert [one.tolist() for one in seen] == [even.tolist(), two.tolist()]


def test_ldam_lowers_the_own_logit_and_weights_come_in_late(tmp_path, monkeypatch):
    seen, real = [], loop.compute_losses

    def told(logits, targets, settings, weights):
        seen.append((logits.detach() * targets, weights is not None))
        return real(logits, targets, settings, weights)

    monkeypatch.setattr(loop, "compute_losses", told)
    loss = {"class_weights": "effective", "weights_after": 0.75}
    for kind in ("cross_entropy", "ldam"):
        task = small_task(updates=4, loss=Loss(kind=kind, margin=1.0, **loss))
        train_classifier(task, tmp_path / kind)
    assert [one for _, one in seen] == [False, False, False, True] * 2
    lower = (seen[0][0] - seen[4][0]).sum(dim=1)  # first updates, with the same weights
    assert lower.max() == pytest.approx(1.0, abs=1e-5)
    assert lower.min() > 0.8  # of about as many images each


def test_settings_of_a_loss_that_decide_nothing_are_not_in_its_identity():
    assert Loss(margin=3.0).identity() == Loss().identity()
    assert Loss(kind="ldam", margin=3.0).identity() != Loss(kind="ldam").identity()
    assert {"margin", "weights_after"}.isdisjoint(Loss().identity())
