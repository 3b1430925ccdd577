"""A dataset for the report, by the store's own API: selected by the product, scored by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synthset.images import encode, sha256
from synthset.pages.kit.policy import write_content_policy
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.record import IMAGES, PLAN, make_record_id
from synthset.results.figure import ConfidenceInterval
from synthset.results.metric_result import MetricResult, SetResults
from synthset.results.stored import dump
from synthset.selection.select import select
from synthset.store.dataset import Dataset, View

NASTY = '<img src=x onerror="alert(1)"> & co'
SCORES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("clip_score", pa.float32()),
        pa.field("recognition_probability", pa.float32()),
        pa.field("recognition_rank", pa.int32()),
        pa.field("recognition_predicted", pa.string()),
        pa.field("quality_aspect", pa.float32()),
        pa.field("quality_issue", pa.string()),
        pa.field("error", pa.string()),
    ]
)
LIMITS = {"clip_score": {"min": 20}, "quality_issue": {"equals": None}}
TABLES = ("plan", "images-1", "scores-1")


def toy_recipe(classes: Sequence[str], **changes: Any) -> Recipe:
    """Limits at 20 and no issue, no duplicates, at most four of each class."""
    content: dict[str, Any] = {
        "name": "toy",
        "description": f"A toy of {NASTY}",
        "classes": list(classes),
        "images_per_class": 8,
        "source": {"kind": "txt2img"},
        "encoders": {"clip": {"kind": "clip"}, "classifier": {"kind": "classifier"}},
        "scores": [
            {"kind": "clip_score", "encoder": "clip"},
            {"kind": "recognition", "encoder": "classifier"},
            {"kind": "quality"},
        ],
        "selection": {
            "steps": [
                {"kind": "limits", "limits": LIMITS},
                {"kind": "duplicates"},
            ],
            "target_per_class": 4,
        },
    }
    return load_recipe(content | changes)


def record(label: int, name: str, index: int, side: int) -> tuple[dict[str, Any], ...]:
    """One row a table. Number 0 fails, 1 is below the limit, 2 dark; 1 to 4 share their bytes."""
    key = f"key-{label}"
    mine = {"id": make_record_id("txt2img", key, {"index": index})}
    plan = {
        "label": label,
        "class_key": key,
        "class_name": name,
        "prompt": f"a photo of a {name},\nnumber {index}",
        "seed": 1000 * label + index,
        "origin": "txt2img",
        "index": index,
        "round": 0,
    }
    if index == 0:
        failed = {"error": "flagged by the safety checker"}
        return mine | plan, mine | failed, mine
    draw = np.random.default_rng([label, max(index, 4)])
    data = encode(draw.integers(0, 255, (side, side, 3), dtype=np.uint8), "jpeg", 60)
    image = {"bytes": data, "path": f"{index}.jpg"}
    pixels = {"image": image, "sha256": sha256(data), "width": side, "height": side}
    wrong = index == 5 and label == 0
    scores = {
        "clip_score": 18.25 if index == 1 else 21.0 + index,
        "recognition_probability": 0.1 if wrong else 0.9,
        "recognition_rank": 2 if wrong else 1,
        "recognition_predicted": "own word 1" if wrong else f"own word {label}",
        "quality_aspect": 1.0,
        "quality_issue": "dark" if index == 2 else None,
    }
    return mine | plan, mine | pixels, mine | scores


def build(
    path: Path, classes: Sequence[str], each: int = 8, side: int = 16, recipe: Recipe | None = None
) -> tuple[Dataset, Recipe]:
    """Make a dataset that has been run to its end."""
    recipe = recipe or toy_recipe(classes)
    dataset = Dataset.create(path, "toy", 10_000)
    dataset.write_text("recipe.yaml", recipe.to_yaml())
    names = [
        {"key": f"key-{i}", "name": name, "folder": f"key-{i}", "label": i}
        for i, name in enumerate(classes)
    ]
    dataset.write_json("classes.json", names)
    rows = [record(i, name, n, side) for n in range(each) for i, name in enumerate(classes)]
    images = pa.schema([pa.field("id", pa.string()), *IMAGES, pa.field("error", pa.string())])
    for place, (table, schema) in enumerate(zip(TABLES, (PLAN, images, SCORES), strict=True)):
        dataset.write_cell(table, 0, pa.Table.from_pylist([row[place] for row in rows], schema))
    dataset.write_view(View("plan", "images-1", scores={"all": "scores-1"}))
    chosen = select(dataset.records(selection=False), recipe.selection)
    dataset.write_table("selections/1.parquet", chosen)
    dataset.write_text("metrics/1.json", dump(metrics(len(classes))))
    view = View(
        "plan", "images-1", {}, {"all": "scores-1"}, "selections/1.parquet", "metrics/1.json"
    )
    dataset.write_view(view)
    write_events(dataset)
    return dataset, recipe


def metrics(classes: int) -> SetResults:
    """An FD that falls, and a recognition rate in all and by class."""
    interval = ConfidenceInterval(1.0, 99.0, "bootstrap over images")
    whole = MetricResult(name="", of="", measured_by="miniature", n=16, interval=interval)
    distance = replace(whole, name="FD (miniature)", better="lower", reference="real")
    rate = replace(whole, name="recognition rate", better="higher")
    found = [
        replace(distance, of=of, value=value).warn("n is small")
        for of, value in (("all", 30.0), ("kept", 24.0), ("rejected", None))
    ]
    for key in [None, *(f"key-{i}" for i in range(classes))]:
        for of, value in (("all", 0.8), ("kept", 0.9)):
            found.append(replace(rate, of=of, value=value, class_key=key))
    return SetResults(tuple(found))


def write_events(dataset: Dataset) -> None:
    """Two runs: one of other settings, one of these, whose images were killed once."""
    versions = {"synthset": "0.1.0", "torch": "2.8"}
    dataset.log({"event": "run", "at": "2025-01-02T03:04:05+00:00", "versions": versions})
    stages = [
        ("images", "images-0", 100.0),
        ("images", "images-1", 3.0),
        ("images", "images-1", 5.0),
        ("scores/clip_score", "scores-1", 2.0),
    ]
    for role, table, seconds in stages:
        dataset.log(
            {
                "event": "stage",
                "role": role,
                "tables": [table],
                "rows": 16,
                "seconds": seconds,
                "failed": 2,
            }
        )


@pytest.fixture
def classes() -> list[str]:
    """A plain name and a nasty one."""
    return ["zebra", NASTY]


@pytest.fixture
def made(tmp_path: Path, classes: list[str]) -> tuple[Dataset, Recipe]:
    """Eight planned images of each of two classes."""
    return build(tmp_path / "toy", classes)


@pytest.fixture
def make() -> Any:
    """Build other datasets."""
    return build


@pytest.fixture
def recipe_of() -> Any:
    """Write other recipes."""
    return toy_recipe


@pytest.fixture
def with_script() -> Any:
    """Put a script of a test's own at the end of a page, and let the page's policy allow it."""

    def put(html: str, script: str) -> str:
        allowed = re.search("'sha256-[^']*'", write_content_policy(script))
        assert allowed is not None
        html = html.replace("script-src ", f"script-src {allowed[0]} ", 1)
        return html.replace("</body>", f"<script>{script}</script></body>")

    return put
