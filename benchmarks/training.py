"""Which part of a synthetic set trains the best classifier? Chosen subsets, tested on real photos.

    synthset run benchmarks/training.yaml -o POOL
    OMP_NUM_THREADS=1 python benchmarks/training.py POOL TEST.parquet --work WORK

Every strategy chooses a set of the same size from the same pool. A small convolutional network is
trained on each from scratch, for the same number of updates, and for one seed with the same start
and the same order of draws (paired). It sees TEST once, at the end: nothing is tuned on TEST, and
no epoch is chosen. Finished trainings are kept in WORK/results.jsonl, so the command resumes where
it stopped. It writes a section of benchmarks/RESULTS.md, and takes about two CPU hours.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import t as student
from torch import Tensor, nn
from torch.nn import functional

import synthset
from synthset.encoders.feature_reader import FeatureReader
from synthset.engine.reference import find_reference
from synthset.recipe.recipe import load_recipe
from synthset.recipe.selection import Selection
from synthset.selection.select import select
from synthset.store.dataset import Dataset
from turns import conditions, write_section

WIDTH, BATCH = 24, 128
EPOCHS = {500: 24, 2000: 6}  # the same number of updates
SEEDS = {500: 3, 2000: 3}
PEAK_RATE, MOMENTUM, DECAY, WARM_UP = 0.1, 0.9, 5e-4, 0.15
PAD_PX = 4
PACKAGES = ("torch", "numpy")
BASE = "random"
RECOGNISED = {"kind": "limits", "limits": {"recognition_probability": {"min": 0.5}}}
#: Name of a way to its steps; None stands for the number of images of each class, {seed} is known.
WAYS: dict[str, list[dict[str, Any]]] = {
    "random": [{"kind": "random"}],
    "recognised (at least 0.5), then random": [RECOGNISED, {"kind": "random"}],
    "highest recognition probability": [{"kind": "top", "by": "recognition_probability"}],
    "highest CLIP score": [{"kind": "top", "by": "clip_score"}],
    "nearest set, CLIP": [{"kind": "nearest_set", "encoder": "clip", "reference": "real"}],
    "nearest set, classifier": [
        {"kind": "nearest_set", "encoder": "classifier", "reference": "real"}
    ],
    "recognised, then nearest set, CLIP": [
        RECOGNISED,
        {"kind": "nearest_set", "encoder": "clip", "reference": "real"},
    ],
    "diverse, CLIP": [{"kind": "diverse", "encoder": "clip"}],
}


@dataclass(frozen=True)
class Pixels:
    """Images and labels of a set, in memory.

    Attributes:
        images: (N, 3, 32, 32) uint8.
        labels: (N,) int64.
    """

    images: Tensor
    labels: Tensor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pool", type=Path, help="dataset made by benchmarks/training.yaml")
    parser.add_argument("test", type=Path, help="Parquet file of real images with labels")
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps the results")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(EPOCHS))
    parser.add_argument("--seeds", type=int, help="how many; default 3")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    asked.work.mkdir(parents=True, exist_ok=True)
    train_all(asked, asked.work / "results.jsonl")
    body = report(read_results(asked.work / "results.jsonl"))
    print(body)
    write_section("Training on chosen subsets", body)
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)


def train_all(asked: argparse.Namespace, kept: Path) -> None:
    """Train whatever is missing, seed by seed: every way is there from the first seed on."""
    dataset = synthset.open(asked.pool)
    pool, test = read_pool(dataset), read_parquet(asked.test)
    done = {(r["way"], r["size"], r["seed"]) for r in read_results(kept)}
    for size in asked.sizes:
        for seed in range(asked.seeds or SEEDS.get(size, 3)):
            for way in asked.ways:
                if (way, size, seed) in done:
                    continue
                rows = chosen(dataset, way, size, seed, asked.work)
                begun = time.process_time()
                model = train(Pixels(pool.images[rows], pool.labels[rows]), EPOCHS[size], seed)
                result = judge(model, test) | {
                    "way": way, "size": size, "seed": seed, "images": len(rows),
                    "cpu_s": round(time.process_time() - begun, 1),
                }  # fmt: skip
                with open(kept, "a") as file:
                    file.write(json.dumps(result) + "\n")
                print(f"{size} {seed} {way}: {100 * result['accuracy']:.2f} %", file=sys.stderr)


def chosen(dataset: Dataset, way: str, size: int, seed: int, work: Path) -> Tensor:
    """Rows that a way keeps; only what draws at random depends on the seed."""
    steps = [{"kind": "duplicates"}]
    draws = False
    for step in WAYS[way]:
        step = dict(step)
        if step["kind"] != "limits":
            step["per_class"] = size
        if step["kind"] == "random":
            step["seed"], draws = seed, True
        steps.append(step)
    name = "".join(c if c.isalnum() else "-" for c in way)
    place = work / f"{name}-{size}-{seed if draws else 0}.npy"
    if not place.exists():
        recipe = load_recipe(Path(dataset.path) / "recipe.yaml")
        view, records = dataset.view, dataset.read_records(dataset.view)
        reader = FeatureReader(
            dataset, view, records, recipe,
            lambda name: Dataset.open(find_reference(dataset, recipe, name)),
        )  # fmt: skip
        keep = select(records, Selection.model_validate({"steps": steps}), reader)["keep"]
        np.save(place, np.flatnonzero(np.asarray(keep)))
    return torch.from_numpy(np.load(place))


def read_pool(dataset: Dataset) -> Pixels:
    """Every image of a dataset, in plan order."""
    labels = np.asarray(dataset.records(scores=False)["label"], dtype=np.int64)
    table, images = dataset.view.images, []
    for shard in dataset.shards(table):
        images += dataset.read_cell(table, shard, ["image"])["image"].to_pylist()
    return Pixels(decode(images), torch.from_numpy(labels))


def read_parquet(path: Path) -> Pixels:
    """Every image of a file in the Hugging Face layout."""
    rows = pq.read_table(path, columns=["image", "label"])
    labels = torch.from_numpy(np.array(rows["label"], dtype=np.int64))
    return Pixels(decode(rows["image"].to_pylist()), labels)


def decode(images: Sequence[dict[str, Any]]) -> Tensor:
    """(N, 3, 32, 32) uint8."""
    arrays = [np.asarray(Image.open(io.BytesIO(i["bytes"])).convert("RGB")) for i in images]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()


def block(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """x + two blocks of x."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(block(width, width), block(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def network(width: int = WIDTH) -> nn.Module:
    """Six convolutions, 0.4 million weights."""
    return nn.Sequential(
        block(3, width),
        nn.MaxPool2d(2),
        block(width, 2 * width),
        nn.MaxPool2d(2),
        block(2 * width, 4 * width),
        Residual(4 * width),
        nn.MaxPool2d(2),
        block(4 * width, 4 * width),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, 10),
    ).to(memory_format=torch.channels_last)


def train(data: Pixels, epochs: int, seed: int) -> nn.Module:
    """Train from nothing for a fixed number of updates; the rate rises, then falls to zero."""
    torch.manual_seed(seed)
    model, generator = network(), torch.Generator().manual_seed(seed)
    updates = epochs * (len(data.labels) // BATCH)
    optimizer = torch.optim.SGD(
        model.parameters(), PEAK_RATE, MOMENTUM, weight_decay=DECAY, nesterov=True
    )
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=updates, pct_start=WARM_UP, anneal_strategy="linear",
        cycle_momentum=False,
    )  # fmt: skip
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(updates):
        if len(order) < BATCH:
            order = torch.randperm(len(data.labels), generator=generator)
        rows, order = order[:BATCH], order[BATCH:]
        images = augmented(data.images[rows], generator)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(images)
        loss = functional.cross_entropy(logits.float(), data.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    return model.eval()


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half of the images, and move each by up to PAD_PX (mirrored borders)."""
    flip = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    padded = functional.pad(scaled(images), (PAD_PX,) * 4, mode="reflect").permute(0, 2, 3, 1)
    corner = torch.randint(2 * PAD_PX + 1, (2, len(images), 1), generator=generator)
    down, right = corner + torch.arange(images.shape[-1])  # (N, 32) each
    rows = torch.arange(len(images))[:, None, None]
    return padded[rows, down[:, :, None], right[:, None, :]].permute(0, 3, 1, 2)


def scaled(images: Tensor) -> Tensor:
    """uint8 to float32 of roughly unit variance; the same numbers for every set."""
    return (images.float() / 255 - 0.47) / 0.25


@torch.no_grad()
def judge(model: nn.Module, test: Pixels) -> dict[str, Any]:
    """Accuracy in all and of each class; no test-time augmentation."""
    predicted = torch.cat([model(scaled(part)).argmax(1) for part in test.images.split(500)])
    right = predicted == test.labels
    recall = [float(right[test.labels == label].float().mean()) for label in range(10)]
    return {"accuracy": float(right.float().mean()), "recall": recall}


def read_results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def report(results: list[dict[str, Any]]) -> str:
    """Tables by size: mean over seeds with a 95 % t interval, and the paired difference."""
    parts = [
        f"`python benchmarks/training.py POOL cifar10/test.parquet`. {conditions(PACKAGES)} Pool: "
        "CIFAKE's training part (Stable Diffusion 1.4, 32 px, about 4,300 distinct images per "
        "class). Strategies that use real images get 2,000 per class (CIFAR-10's training part); "
        "the classifier miniature behind the recognition scores was trained on CIFAR-10's "
        "training part. Tested on CIFAR-10's 10,000 test images. A network of six convolutions, "
        "trained from scratch with the same updates, start and order for every strategy. "
        "Intervals: 95 %, Student's t over seeds."
    ]
    for size in sorted({r["size"] for r in results}):
        found = [r for r in results if r["size"] == size]
        seeds = {way: {r["seed"]: r for r in found if r["way"] == way} for way in WAYS}
        count = max(len(one) for one in seeds.values())
        rows = [
            f"### {size:,} images per class, {count} seeds", "",
            "| strategy | accuracy, % | minus random, paired | worst class, % |",
            "|---|---|---|---|",
        ]  # fmt: skip
        for way, one in seeds.items():
            if one:
                rows.append(line(way, one, seeds[BASE]))
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def line(way: str, one: dict[int, dict[str, Any]], base: dict[int, dict[str, Any]]) -> str:
    accuracy = 100 * np.array([r["accuracy"] for r in one.values()])
    shared = sorted(set(one) & set(base))
    less = 100 * np.array([one[s]["accuracy"] - base[s]["accuracy"] for s in shared])
    worst = 100 * np.mean([r["recall"] for r in one.values()], axis=0).min()
    paired = "" if way == BASE else f"{less.mean():+.2f} ± {half(less):.2f}"
    return f"| {way} | {accuracy.mean():.2f} ± {half(accuracy):.2f} | {paired} | {worst:.1f} |"


def half(values: NDArray[np.float64]) -> float:
    """Half the width of the 95 % interval of a mean; nan for one value."""
    if len(values) < 2:
        return float("nan")
    quantile = student.ppf(0.975, len(values) - 1)
    return float(quantile * values.std(ddof=1) / np.sqrt(len(values)))


if __name__ == "__main__":
    main()
