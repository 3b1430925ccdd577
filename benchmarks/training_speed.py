"""How accurate is a classifier for its CPU seconds, and how many of them does the loop take?

    OMP_NUM_THREADS=1 python benchmarks/training_speed.py TRAIN.parquet TEST.parquet --work WORK

Each training starts from scratch, on one thread, with images of CIFAR-10's size and layout: the
default network and schedule; the same in a loop that does nothing else (the bare loop); and a
ResNet-18, for as many CPU seconds as two cores can spare. Each sees TEST once, at the end. Decoding
isn't counted: all of them get their pixels from memory. Finished trainings are kept in
WORK/results.jsonl, so the command resumes where it stopped; `--short` leaves out what takes more
than about ten CPU minutes. It writes a section of benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from torch.nn import functional

from synthset.images import sha256
from synthset.recipe.single import Single
from synthset.training.augment import augment, draw
from synthset.training.labelled import LabelledImages
from synthset.training.models import Classifier, build
from synthset.training.pixels import Prepared
from synthset.training.precision import autocast, pick_precision
from synthset.training.predict import predict
from synthset.training.schedule import learning_rate, make_optimizer
from synthset.training.train import Task, TrainingStage, train_classifier
from turns import conditions, write_section

CLASSES, VALIDATED, SEED = 10, 1000, 0
CPU = torch.device("cpu")
PACKAGES = ("torch", "timm")
RESNET = {"model": "resnet18"}
WIDE = {"model": {"kind": "small_resnet", "width": 96}}


@dataclass(frozen=True)
class Way:
    """A training.

    Attributes:
        name: in the table.
        settings: of `synthset train`; what is left out is the default.
        images: to train on.
        draws: images that are drawn in all.
        bare: whether in a loop that does nothing else.
        long: whether it takes more than some ten CPU minutes.
    """

    name: str
    settings: dict[str, Any]
    images: int
    draws: int
    bare: bool = False
    long: bool = False


WAYS = (
    Way("default", {}, 5000, 38_400),
    Way("default, bare loop", {}, 5000, 38_400, bare=True),
    Way("ResNet-18", RESNET, 5000, 2_560),
    Way("default", {}, 45_000, 102_400),
    Way("default, bare loop", {}, 45_000, 102_400, bare=True),
    Way("ResNet-18", RESNET, 45_000, 6_400),
    Way("default", {}, 45_000, 262_144, long=True),
    Way("default, 96 wide", WIDE, 45_000, 393_216, long=True),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path, help="Parquet file of images with labels")
    parser.add_argument("test", type=Path, help="the same, for the test")
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps the results")
    parser.add_argument("--short", action="store_true", help="leave out the long ones")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.work.mkdir(parents=True, exist_ok=True)
    kept = asked.work / "results.jsonl"
    done = {json.dumps(one["way"]) for one in read_results(kept)}
    train, test = read_images(asked.train), read_images(asked.test)
    for way in WAYS:
        if json.dumps(name(way)) in done or (asked.short and way.long):
            continue
        result = {"way": name(way), **measure(way, train, test, asked.work / "training")}
        with kept.open("a") as file:
            file.write(json.dumps(result) + "\n")
        print(result, file=sys.stderr, flush=True)
    body = report(read_results(kept))
    print(body)
    write_section("Accuracy for CPU seconds", body)


def name(way: Way) -> list[Any]:
    return [way.name, way.images, way.draws]


def read_results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def read_images(path: Path) -> LabelledImages:
    """Hugging Face layout: `image` with `bytes`, and `label`."""
    table = pq.read_table(path, columns=["image", "label"])
    contents = [one["bytes"] for one in table["image"].to_pylist()]
    labels = np.asarray(table["label"], dtype=np.int64)
    keys = tuple(map(sha256, contents))
    origins = np.zeros(len(labels), np.int16)
    return LabelledImages(contents.__getitem__, labels, origins, ("real",), keys)


def measure(way: Way, train: LabelledImages, test: LabelledImages, folder: Path) -> dict[str, Any]:
    """Train once, in CPU seconds of this process, and read the test."""
    settings = Single.model_validate(way.settings)
    batch = settings.training.batch_size
    changes = {"updates": way.draws // batch, "device": "cpu", "choose": "last"}
    settings = settings.model_copy(
        update={"training": settings.training.model_copy(update=changes)}
    )
    order = np.random.default_rng(SEED).permutation(len(train))
    val, images = train.take(order[:VALIDATED]), train.take(order[VALIDATED:][: way.images])
    for one in (images, val):  # decoded beforehand
        Prepared(one, settings.preprocessing, training=True).take(np.arange(len(one)))
    begun = time.process_time()
    if way.bare:
        model = train_bare(images, settings)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        stages = (TrainingStage("train", images, settings.training.updates),)
        task = Task(
            stages, val, CLASSES, settings.model, settings.preprocessing,
            settings.training, settings.loss, SEED,
        )  # fmt: skip
        model = train_classifier(task, folder).model
    seconds = time.process_time() - begun
    said = predict(model, test, settings.preprocessing, device="cpu")
    accuracy = float((said.argmax(axis=1) == test.labels).mean())
    return {"cpu_s": round(seconds, 1), "accuracy": accuracy}


def train_bare(images: LabelledImages, settings: Single) -> Classifier:
    """The same network, optimiser, schedule and changes of images, and nothing else."""
    training = settings.training
    torch.manual_seed(SEED)
    prepared = Prepared(images, settings.preprocessing, training=True)
    pixels = torch.from_numpy(prepared.take(np.arange(len(images)))).permute(0, 3, 1, 2)
    labels = torch.from_numpy(images.labels)
    model = build(settings.model, CLASSES, 32)
    model.net.whiten(model.normalise(pixels[:2000].float() / 255))
    optimizer, precision = make_optimizer(model, training), pick_precision("auto", CPU)
    rng = np.random.default_rng(SEED)
    order = np.concatenate(
        [
            rng.permutation(len(images))
            for _ in range(1 + training.updates * training.batch_size // len(images))
        ]
    )
    model.train()
    for number in range(training.updates):
        rows = torch.from_numpy(order[number * training.batch_size :][: training.batch_size])
        batch = pixels[rows].float() / 255
        changed = augment(batch, draw(training.augmentation, len(rows), 32, rng))
        for group in optimizer.param_groups:
            group["lr"] = group["scale"] * learning_rate(number, training.updates, training)
        with autocast(CPU, precision):
            out = model(changed.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(out, labels[rows], label_smoothing=training.label_smoothing)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def report(results: list[dict[str, Any]]) -> str:
    lines = ["| network | images | drawn | CPU s | drawn a CPU s | accuracy |", "|---" * 6 + "|"]
    for one in results:
        way, images, drawn = one["way"]
        lines.append(
            f"| {way} | {images:,} | {drawn:,} | {one['cpu_s']:.0f} | "
            f"{drawn / one['cpu_s']:,.0f} | {100 * one['accuracy']:.1f} % |"
        )
    bfloat16 = "has" if torch.cpu.get_capabilities().get("avx512_bf16") else "lacks"
    return "\n".join(
        [*lines, "", f"One thread; the CPU {bfloat16} bfloat16. {conditions(PACKAGES)}"]
    )


if __name__ == "__main__":
    main()
