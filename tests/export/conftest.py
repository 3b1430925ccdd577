"""A small dataset, by the store's own API: two classes, their labels not alphabetical."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from PIL import Image

from synthset.images import encode, sha256
from synthset.record import IMAGES, PLAN, make_record_id
from synthset.results.metric_result import MetricResult, SetResults
from synthset.results.reason import Reason, make_reason_array
from synthset.results.stored import dump
from synthset.store.dataset import Dataset, View

CLASSES = [("zebra", "zebra"), ("ant <b>|", "ant")]
RECIPE = """
name: toy
description: Two animals.
classes: [zebra, ant]
images_per_class: 10
source: {kind: txt2img, model: some/model, guidance_scale: 3.0}
"""


def _plan(classes: Sequence[tuple[str, str]], start: int, stop: int) -> pa.Table:
    rows = [
        {
            "id": make_record_id("txt2img", key, {"index": index}),
            "label": label,
            "class_key": key,
            "class_name": name,
            "prompt": f"a photo of a {name}, number {index}",
            "seed": index,
            "origin": "txt2img",
            "index": index,
            "round": 0,
        }
        for index in range(start, stop)
        for label, (name, key) in enumerate(classes)
    ]
    return pa.Table.from_pylist(rows, PLAN)


def _encoded(pixels: NDArray[np.uint8], suffix: str) -> bytes:
    if suffix not in (".gif", ".avif"):
        return encode(pixels, "png" if suffix == ".png" else "jpeg")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, suffix[1:])
    return buffer.getvalue()


def _images(plan: pa.Table, suffix: str, failed: Sequence[int]) -> pa.Table:
    rows = []
    for row, (name, seed) in enumerate(
        zip(plan.column("id").to_pylist(), plan.column("seed").to_pylist(), strict=True)
    ):
        pixels = np.random.default_rng(int(name[:8], 16) + seed).integers(
            0, 255, (8, 8, 3), dtype=np.uint8
        )
        data = _encoded(pixels, suffix)
        made = {
            "image": {"bytes": data, "path": f"{name}{suffix}"},
            "sha256": sha256(data),
            "width": 8,
            "height": 8,
        }
        rows.append({"id": name, **({"error": "flagged"} if row in failed else made)})
    schema = pa.schema([pa.field("id", pa.string()), *IMAGES, pa.field("error", pa.string())])
    return pa.Table.from_pylist(rows, schema)


def _selection(records: pa.Table, keep: Callable[[int], bool]) -> pa.Table:
    errors, index = records.column("error").to_pylist(), records.column("index").to_pylist()
    kept = [error is None and keep(i) for error, i in zip(errors, index, strict=True)]
    reasons = [
        Reason("image", "failed", note=e)
        if e
        else None
        if k
        else Reason("1 limits", "below", "clip_score", i + 0.5, 22)
        for e, k, i in zip(errors, kept, index, strict=True)
    ]
    return pa.table(
        {
            "id": records.column("id"),
            "keep": kept,
            "reason": make_reason_array(reasons),
            "rank": pa.array(
                [i if k else None for i, k in zip(index, kept, strict=True)], pa.int32()
            ),
        }
    )


class World:
    """A dataset that can grow and be selected anew."""

    def __init__(
        self, path: Path, suffix: str = ".jpg", classes: Sequence[tuple[str, str]] = tuple(CLASSES)
    ) -> None:
        self.dataset = Dataset.create(path, "toy", 20)
        self.classes, self.suffix, self.selections = classes, suffix, 0
        self.dataset.write_text("recipe.yaml", RECIPE)
        self.dataset.write_json(
            "classes.json",
            [
                {
                    "key": key,
                    "name": name,
                    "folder": key,
                    "wnid": None,
                    "class_index": None,
                    "label": label,
                }
                for label, (name, key) in enumerate(classes)
            ],
        )

    def grow(self, start: int, stop: int, failed: Sequence[int] = ()) -> None:
        """Add a shard of images number `start` to `stop` of each class."""
        shard = len(self.dataset.shards("plan"))
        plan = _plan(self.classes, start, stop)
        self.dataset.write_cell("plan", shard, plan)
        self.dataset.write_cell("images-1", shard, _images(plan, self.suffix, failed))
        scores = pa.table(
            {
                "id": plan.column("id"),
                "clip_score": pa.array(
                    [s + 0.1 for s in plan.column("seed").to_pylist()], pa.float32()
                ),
            }
        )
        self.dataset.write_cell(
            "scores-1", shard, scores.append_column("error", pa.nulls(plan.num_rows, pa.string()))
        )

    def select(self, keep: Callable[[int], bool] = lambda index: True) -> Dataset:
        """Keep the images whose number passes."""
        self.selections += 1
        view = View("plan", "images-1", scores={"clip_score": "scores-1"})
        self.dataset.write_view(view)
        path = f"selections/{self.selections}.parquet"
        self.dataset.write_table(path, _selection(self.dataset.records(selection=False), keep))
        fid = MetricResult(name="FID", of="all", measured_by="Inception-v3", n=20, better="lower")
        fid = replace(fid, value=31.25, reference="cifar10-train").warn("n is small")
        results = SetResults((fid, replace(fid, of="kept", value=24.5)))
        self.dataset.write_text("metrics/1.json", dump(results))
        self.dataset.write_view(
            View(
                "plan",
                "images-1",
                scores={"clip_score": "scores-1"},
                selection=path,
                metrics="metrics/1.json",
            )
        )
        return self.dataset


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ten images of each class, the first of which failed."""
    made = World(tmp_path / "toy")
    made.grow(0, 10, failed=[0])
    return made


@pytest.fixture
def make() -> type[World]:
    """Make other worlds: with other classes, suffixes, places."""
    return World
