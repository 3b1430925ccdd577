"""All scores of a recipe compared with the packages people use for them: same values, less time.

    OMP_NUM_THREADS=1 python benchmarks/scoring.py SAMPLE.parquet                500 images
    python benchmarks/scoring.py SAMPLE.parquet --wall                           all cores
    OMP_NUM_THREADS=1 python benchmarks/scoring.py SAMPLE.parquet --count 24     writes nothing

SAMPLE.parquet needs ImageNet photos (`image`, `label`, `label_name`, `wnid`); each becomes a JPEG
of 512 x 512 px. The networks are as large as the real ones. Both sides use the same weights, random
unless `--mobilenet` names trained ones. It needs the `dev` extra, about 2 GB of memory and, for 500
images, about ten CPU minutes.

The peers run as their documentation shows: torch-fidelity's Inception-v3 over a folder,
torchmetrics' CLIPScore over batches, timm's transform and model, cleanvision's Imagelab over the
folder. synthset runs a recipe's stages on the shards of an imported dataset, as a worker does,
including writing the tables to disk. On both sides, models are loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import scoring_peers
import turns
from scoring_peers import Peers
from scoring_world import World, make_world
from synthset.encoders.encoder import Encoder
from synthset.engine.catalog import Spec, build, plan_passes
from synthset.engine.check import forecast_run
from synthset.engine.chunk_feed import ChunkFeed
from synthset.engine.plan import name_plan
from synthset.engine.run import run
from synthset.engine.shard import find_todo
from synthset.engine.worker import Worker
from synthset.processes import Processes
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.stage import Rows, Stage, list_column
from synthset.store.dataset import Dataset
from turns import RESULTS, conditions, in_turns, table, write_section

PACKAGES = (
    "numpy", "torch", "torchvision", "pillow", "transformers", "timm", "torch-fidelity",
    "torchmetrics", "cleanvision",
)  # fmt: skip
WRITTEN = 64  # images or more are worth a section in the results
CHUNK = 16  # images decoded together in the first part
Floats = NDArray[np.float32]


@dataclass
class Ours:
    """A recipe's stages, opened, and copies of one imported dataset to run them on."""

    world: World
    dtype: str
    recipe: Recipe = field(init=False)
    passes: list[dict[Spec, Stage]] = field(init=False)
    dataset: Dataset = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        content = recipe_content(self.world, self.dtype)
        self.recipe = load_recipe(content)
        self.imported = self.world.folder / f"imported-{self.dtype}"
        only_images = {k: v for k, v in content.items() if k not in ("encoders", "scores")}
        run(only_images, self.imported)
        plan = name_plan(self.recipe)
        material = forecast_run(self.recipe, str(self.imported)).material
        assert material is not None
        self.passes = [
            {spec: build(self.recipe, spec.role, material.classes) for spec in specs}
            for specs in plan_passes(self.recipe, plan)[1:]
        ]
        for stages in self.passes:
            for stage in stages.values():
                stage.open()

    def decode_and_resize(self) -> Iterator[dict[str, torch.Tensor]]:
        """What the readers prepare for the three encoders, chunk by chunk."""
        images = Dataset.open(self.imported).read(next(iter(self.passes[0])).inputs[0], ["image"])
        encoders = {
            spec.role: stage for spec, stage in self.passes[0].items() if isinstance(stage, Encoder)
        }
        for start in range(0, images.num_rows, CHUNK):
            rows = Rows(images.slice(start, CHUNK))
            yield {role.split("/")[1]: encoder.prepare(rows) for role, encoder in encoders.items()}

    def everything(self) -> float:
        """Run all stages on a fresh copy of the dataset; the mean confidence of the classifier."""
        place = self.world.folder / f"run-{self.dtype}-{self.runs}"
        self.runs += 1
        shutil.copytree(self.imported, place, copy_function=_link)
        self.dataset = Dataset.open(place)
        shards = self.dataset.shards(name_plan(self.recipe))
        passes = [list(stages) for stages in self.passes]
        worker = Worker(self.dataset, self.recipe, [], passes)
        for stages in self.passes:
            for spec, stage in stages.items():
                worker.stages[spec].set_result(stage)
        for number, specs in enumerate(passes):
            rows = {shard: self.dataset.rows_in(specs[0].inputs[0], [shard]) for shard in shards}
            todo = [find_todo(self.dataset, number, specs, *shard) for shard in rows.items()]
            feed = ChunkFeed(todo, workers=1)
            for _ in Processes(1, lambda: worker).work(feed):
                continue
            for outcome in feed.outcomes:
                if outcome.error or outcome.failed_rows:
                    raise RuntimeError(str(outcome))
        return float(np.mean(self.column("scores/recognition", "recognition_confidence")))

    def column(self, role: str, name: str) -> Floats:
        """One column of the last run, in the order of the files; features as (N, D)."""
        table_ = self._table(role, [name])
        if name in ("features", "logits"):
            return list_column(table_, name)[self.order]
        return np.array(table_.column(name).to_pylist())[self.order]

    def _table(self, role: str, columns: list[str]) -> Any:
        spec = next(spec for stages in self.passes for spec in stages if spec.role == role)
        return self.dataset.read(spec.table, columns)

    @property
    def order(self) -> NDArray[np.int64]:
        """Where the record of each file stands: a file's place in the dataset."""
        images = next(iter(self.passes[0])).inputs[0]
        hashes = Dataset.open(self.imported).read(images, ["sha256"]).column("sha256").to_pylist()
        place = {content: row for row, content in enumerate(hashes)}
        return np.array([place[content] for content in self.world.hashes])


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def recipe_content(world: World, dtype: str) -> dict[str, Any]:
    """The recipe: three encoders and three scores."""
    inception = {"kind": "inception", "weights": str(world.inception), "resize": "torch-fidelity"}
    classifier = {"model": "mobilenetv2_100", "weights": str(world.mobilenet)}
    shared = {"dtype": dtype, "device": "cpu", "batch_size": scoring_peers.BATCH}
    names = {wnid: str(i) for wnid, i in zip(world.wnids, world.classes, strict=True)}
    place = {"path": str(world.parquet), "label_column": "label", "prompt_column": "prompt"}
    return {
        "name": "scoring",
        "classes": {"kind": "source"},
        "source": {"kind": "folder", "paths": [place]},
        "encoders": {
            "inception": {**inception, **shared},
            "clip": {"kind": "clip", "model": str(world.clip), **shared},
            "classifier": {"kind": "classifier", **classifier, **shared},
        },
        "scores": [
            {"kind": "clip_score", "encoder": "clip", "text": "{prompt}"},
            {"kind": "recognition", "encoder": "classifier", "names": names},
            {"kind": "quality"},
        ],
        "engine": {"workers": 1},
    }


def pixels_part(ours: Ours, peers: Peers, repeats: int) -> str:
    """Decoding and resizing alone."""
    ways: dict[str, Callable[[], float]] = {
        "synthset": lambda: _consumed(ours.decode_and_resize()),
        "all peers": lambda: sum(_consumed(way()) for way in peers.pixels.values()),
        **{name: lambda way=way: _consumed(way()) for name, way in peers.pixels.items()},
    }
    timings = in_turns(ways, repeats)
    rows = [
        f"| | min {turns.unit} | ms per image | relative to synthset | target |",
        "|---|---|---|---|---|",
    ]
    for timing in timings:
        bar = "≥ 3×" if timing.name == "all peers" else ""
        each = 1000 * timing.fastest / len(ours.world.files)
        ratio = timing.fastest / timings[0].fastest
        rows.append(f"| {timing.name} | {timing.fastest:.2f} | {each:.2f} | {ratio:.1f}× | {bar} |")
    return (
        "### Decoding and resizing alone\n\n" + "\n".join(rows) + "\n\n" + _pixels_off(ours, peers)
    )


def _consumed(parts: Iterator[Any]) -> float:
    return float(sum(1 for _ in parts))


def _pixels_off(ours: Ours, peers: Peers) -> str:
    """How far the tensors are apart, in levels of 255."""
    found: dict[str, list[torch.Tensor]] = {}
    for chunk in ours.decode_and_resize():
        for name, tensor in chunk.items():
            found.setdefault(name, []).append(tensor)
    said = []
    for name, theirs in peers.tensors().items():
        off = (torch.cat(found[name])[torch.from_numpy(ours.order)] - theirs).abs()
        said.append(f"{name} at most {off.max():.3g}, mean {off.mean():.2g}")
    return f"Differences of the tensors, in levels of 255: {'; '.join(said)}."


def everything_part(ours: dict[str, Ours], peers: Peers, repeats: int) -> str:
    """All scores, from JPEG bytes to values."""
    ways: dict[str, Callable[[], float]] = {
        "synthset": ours["float32"].everything,
        "synthset, bfloat16": ours["bfloat16"].everything,
        "all peers": peers.everything,
    }
    timings = in_turns(ways, repeats)
    rows = table(timings, "synthset", "all peers", {"all peers": 1.2})
    fast = {timing.name: timing.fastest for timing in timings}
    ratio = fast["all peers"] / fast["synthset, bfloat16"]
    return (
        f"### All scores (value: mean confidence of the classifier)\n\n{rows}\n\n"
        f"The peers take {ratio:.1f}× as long as synthset in bfloat16 (target ≥ 2×). Single peers, "
        "last turn: "
        + ", ".join(f"{name} {taken:.1f}" for name, taken in peers.taken.items())
        + f" {turns.unit}.\n\n{_values_off(ours, peers)}"
    )


def _values_off(ours: dict[str, Ours], peers: Peers) -> str:
    rows = [
        "| | Inception features | logits | CLIP features | CLIP score, of 100 | class features "
        "| probability of the class | same first choice |",
        "|---|---|---|---|---|---|---|---|",
    ]
    exact = _values(ours["float32"])
    pairs = {
        "synthset − peers": (exact, peers.values()),
        "bfloat16 − float32": (_values(ours["bfloat16"]), exact),
    }
    for name, (one, other) in pairs.items():
        far = [f"{_relative(one[key], other[key]):.1e}" for key in ("inception", "logits", "clip")]
        score = f"{np.abs(one['clip_score'] - other['clip_score']).max():.1e}"
        near = f"{_relative(one['classifier'], other['classifier']):.1e}"
        probability = f"{np.abs(one['probability'] - other['probability']).max():.1e}"
        same = f"{np.mean(one['first'] == other['first']):.1%}"
        cells = [name, *far, score, near, probability, same]
        rows.append(f"| {' | '.join(cells)} |")
    verdicts = ours["float32"].column("scores/quality", "quality_issue") != np.array(None)
    agree = np.mean(verdicts == peers.flagged())
    return (
        "\n".join(rows)
        + "\n\nFor features and logits: length of the difference divided by the length of the "
        "features. For scores and probabilities: the largest difference of any image. Mean CLIP "
        f"score: synthset {exact['clip_score'].mean():.5f}, torchmetrics {peers.clip_score():.5f} "
        "(which doesn't cut negative scores to 0). `quality` has its own measures and limits: it "
        f"flags {verdicts.sum()} images, cleanvision {peers.flagged().sum()}; the verdicts "
        f"agree on {agree:.1%}."
    )


def _values(ours: Ours) -> dict[str, Floats]:
    logits = ours.column("features/classifier", "logits")
    return {
        "inception": ours.column("features/inception", "features"),
        "logits": ours.column("features/inception", "logits"),
        "clip": ours.column("features/clip", "features"),
        "clip_score": ours.column("scores/clip_score", "clip_score"),
        "classifier": ours.column("features/classifier", "features"),
        "probability": ours.column("scores/recognition", "recognition_probability"),
        "first": logits.argmax(axis=1),
    }


def _relative(one: Floats, other: Floats) -> float:
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sample", type=Path)
    parser.add_argument("--mobilenet", type=Path, help="trained mobilenetv2_100, safetensors")
    parser.add_argument("--count", type=int, default=500, help="images; below 64, no writing")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--wall", action="store_true", help="wall-clock time (on an idle machine)")
    asked = parser.parse_args()
    turns.unit = "seconds" if asked.wall else "cpu-s"
    warnings.simplefilter("ignore")  # the peers' deprecations
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(asked.sample, Path(folder), asked.count, asked.mobilenet)
        peers = Peers(world)
        ours = {dtype: Ours(world, dtype) for dtype in ("float32", "bfloat16")}
        parts = [
            pixels_part(ours["float32"], peers, asked.repeats + 1),
            everything_part(ours, peers, asked.repeats),
        ]
        body = "\n\n".join([*parts, _footnote(world, asked)])
    print(body)
    if asked.count >= WRITTEN:
        write_section(f"All scores of a recipe{', wall clock' if asked.wall else ''}", body)
        print(f"wrote that part of {RESULTS.name}", file=sys.stderr)


def _footnote(world: World, asked: argparse.Namespace) -> str:
    size = sum(file.stat().st_size for file in world.files) / len(world.files) / 1000
    trained = "trained MobileNetV2" if asked.mobilenet else "random MobileNetV2"
    clock = (
        "Seconds are wall-clock time"
        if asked.wall
        else "cpu-s is CPU time of the process and its children; the machine had other jobs"
    )
    return (
        f"`python benchmarks/scoring.py …{' --wall' if asked.wall else ''}`. "
        f"{conditions(PACKAGES)} {clock}. {len(world.files)} JPEGs of 512 px, {size:.0f} KB each, "
        f"as many prompts; Inception-v3 and ViT-B/32 with random weights, {trained}; images for "
        "Inception are resized as torch-fidelity does. synthset runs as a worker does "
        "(`Worker` on an imported dataset, tables written), and decodes each image once for all."
    )


if __name__ == "__main__":
    main()
