"""Trainings that are killed, and trainings by two processes, against one that ran through.

A process that has imported everything forks the others, so that torch is imported once.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Runs the trainings below in the folder that is its argument.
SCRIPT = """
import json, os, signal, socket, sys, time
from pathlib import Path
from digit_tasks import digits, small_task
from synthset.recipe.training import Augmentation, Preprocessing, TimmModel
from synthset.training.task import TrainingStage
from synthset.training.train import train_classifier

place = Path(sys.argv[1])
busy = small_task(  # uses every part of the state
    stages=(
        TrainingStage("pretrain", digits(0, 90), 20), TrainingStage("train", digits(0, 150), 40)
    ),
    optimizer="adamw", learning_rate=0.002, ema=0.9, clip_norm=1.0, label_smoothing=0.1,
    augmentation=Augmentation(flip=False, policy="trivial", mixup=0.5, erase=0.2),
    validate_every=3,
)
sgd = dict(optimizer="sgd", momentum=0.9, decay="cosine", warm_up=0.05)
plain = dict(updates=20, validate_every=5, learning_rate=0.02, choose="last", **sgd)
tasks = {
    "busy": busy,
    "normless": small_task(
        **plain, augmentation=Augmentation(cutmix=1.0), val=digits(1000, 1031),
        model=TimmModel(kind="timm", name="test_convnext"), preprocessing=Preprocessing(size_px=32),
    ),
    "batchnorm": small_task(**plain),
}

def fork(task, folder, **environment):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.environ.update(environment)
        train_classifier(tasks[task], place / folder)
        code = 0
    finally:
        os._exit(code)

def end(*pids):
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0, pid

def looks(folder):
    try:
        with (place / folder / "state.safetensors").open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except FileNotFoundError:
        return 0
    return len(json.loads(header["__metadata__"]["progress"])["looks"])

end(fork("busy", "whole"))
for count in (2, 9):  # once in the pre-training, once in the training
    pid = fork("busy", "killed")
    while looks("killed") < count:
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
end(fork("busy", "killed"))
for task in ("normless", "batchnorm"):
    end(fork(task, f"{task}-one"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    as_torchrun = dict(WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
    end(*(
        fork(task, f"{task}-two", RANK=rank, LOCAL_RANK=rank, LOCAL_WORLD_SIZE="2", **as_torchrun)
        for rank in "01"
    ))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("trained")
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parents[1] / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, place], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return place


def looks(folder):
    return json.loads((folder / "looks.json").read_text())


def losses(folder):
    return [(look["train_loss"], look["val_loss"]) for look in looks(folder)]


def test_a_killed_training_ends_with_the_same_weights(trained):
    whole, killed = trained / "whole", trained / "killed"
    for name in ("model.safetensors", "looks.json"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes()
    assert {path.name for path in killed.iterdir()} == {path.name for path in whole.iterdir()}


def test_two_processes_have_the_loss_of_one(trained):
    one, two = losses(trained / "normless-one"), losses(trained / "normless-two")
    assert len(one) == 4
    for ours, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-6)


def test_with_batch_norm_two_processes_normalise_by_their_own_halves(trained):
    one, two = losses(trained / "batchnorm-one"), losses(trained / "batchnorm-two")
    for ours, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(ours, rel=0.1)
    assert one != two
