from types import SimpleNamespace

import numpy as np
import pytest
import torch
from digit_tasks import digits, small_task

from synthset.machine import Silent
from synthset.recipe.training import Augmentation, Loss, SmallResNet, Training
from synthset.training import loop, replay
from synthset.training.draws import DrawPhase
from synthset.training.task import TrainingStage

PLAIN = SmallResNet(kind="small_resnet", width=4)
MUON = {"optimizer": "muon"}
EVEN, TWO = np.ones((1, 10), int), np.array([[1, 1] + [0] * 8])
STAGE = TrainingStage("train", digits(0, 200), 8, (DrawPhase(0.5, EVEN), DrawPhase(0.5, TWO)))


def train(folder, **changes):
    task = small_task(updates=8, choose="last", **{"optimizer": "sgd", **changes})
    ours = loop.Loop(task, folder, Silent())
    ours.run()
    return ours


@pytest.fixture
def recordings(monkeypatch):
    """What stands in for CUDA's graphs on a CPU: it computes anew."""
    made = []

    def record(compute, changed):
        replay.rehearse(compute, changed)
        made.append(compute)
        return compute

    monkeypatch.setattr(replay, "record_graph", record)
    monkeypatch.setattr(loop, "can_replay", lambda *_: True)
    return made


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({**MUON, "label_smoothing": 0.1}, 1),
        ({"stages": (STAGE,), "loss": Loss(prior="class")}, 1),
        ({"augmentation": Augmentation(mixup=1.0, cutmix=1.0, erase=0.5, crop=0.5)}, 2),
        ({"loss": Loss(kind="ldam", class_weights="effective", weights_after=0.5)}, 2),
        ({**MUON, "ema": 0.9, "augmentation": Augmentation(cutmix=1.0)}, 1),
    ],
    ids=["muon", "phases", "changes", "late_weights", "average"],
)
def test_updates_that_are_replayed_give_the_same_weights(tmp_path, recordings, changes, count):
    replayed = train(tmp_path / "replayed", **changes)
    assert len(recordings) == count
    with pytest.MonkeyPatch.context() as plain:
        plain.setattr(loop, "can_replay", lambda *_: False)
        started = train(tmp_path / "started", **changes)
    assert all(torch.equal(replayed.best[name], value) for name, value in started.best.items())
    assert replayed.progress.looks == started.progress.looks


def test_a_training_that_is_replayed_goes_on_after_a_kill(tmp_path, recordings, monkeypatch):
    whole, look = train(tmp_path / "whole", **MUON, validate_every=4), loop.Loop._look

    def die(self, since):
        look(self, since)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Loop, "_look", die)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "parts", **MUON, validate_every=4)
    monkeypatch.setattr(loop.Loop, "_look", look)
    parts = train(tmp_path / "parts", **MUON, validate_every=4)
    assert len(recordings) == 3
    assert all(torch.equal(parts.best[name], value) for name, value in whole.best.items())


def test_a_rehearsal_leaves_everything_as_it_was():
    norm, images = torch.nn.BatchNorm1d(3), torch.randn(4, 3)
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    ran = []

    def compute():
        norm(images).square().sum().backward()
        ran.append(norm.running_mean.clone())
        return ()

    replay.rehearse(compute, [*norm.parameters(), *norm.buffers()])
    assert not torch.equal(ran[0], before["running_mean"])
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
    assert all(value.grad is None for value in norm.parameters())


def test_a_device_that_cannot_record_is_named_once(monkeypatch):
    said = []

    def fail(compute, changed):
        raise RuntimeError("operation not permitted\nmore")

    monkeypatch.setattr(replay, "record_graph", fail)
    double = replay.Replay(lambda one: (2 * one["a"],), [], torch.device("cpu"), said.append)
    assert [double({"a": torch.tensor(float(i))})[0].item() for i in (1, 2)] == [2, 4]
    assert double({"a": torch.tensor(3.0), "b": torch.ones(1)})[0].item() == 6
    assert len(said) == 1
    assert "cpu can't record an update as a CUDA graph (operation not permitted); its" in said[0]


def test_only_the_same_kernels_on_one_nvidia_gpu_are_replayed(monkeypatch):
    alone = {"num_processes": 1, "scaler": None, "device": torch.device("cuda")}

    def can(training=None, model=None, **other):
        accelerator = SimpleNamespace(**{**alone, **other})
        return replay.can_replay(accelerator, training or Training(), model or PLAIN)

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert can()
    assert not can(training=Training(clip_norm=1.0))
    assert not can(model=PLAIN.model_copy(update={"dropout": 0.1}))
    assert not can(num_processes=2)
    assert not can(scaler=object())
    assert not can(device=torch.device("cpu"))
