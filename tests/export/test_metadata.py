from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest

from synthset.export.imagefolder import export
from synthset.recipe.exports import ImageFolder

SPLIT = ImageFolder(kind="imagefolder", path="export", val_fraction=0.25)


@pytest.fixture
def place(world: Any) -> Path:
    return Path(export(world.select(lambda index: index < 8), SPLIT))


def test_parquet_and_lines_say_the_same_of_every_file(place: Path) -> None:
    rows = pq.read_table(place / "metadata.parquet").to_pylist()
    lines = [json.loads(line) for line in (place / "metadata.jsonl").read_text().splitlines()]
    assert [row["file_name"] for row in rows] == [line["file_name"] for line in lines]
    assert list(rows[0]) == list(lines[0])
    for row, line in zip(rows, lines, strict=True):
        assert (place / row["file_name"]).is_file()
        assert row["file_name"].startswith(row["split"] + "/")
        assert line["prompt"] == row["prompt"]
        assert line["model"] == "some/model"
        assert math.isclose(line["clip_score"], row["seed"] + 0.1, rel_tol=1e-6)
        assert line["clip_score"] == round(line["clip_score"], 5)


def test_no_line_tells_where_on_a_machine_an_image_came_from(place: Path) -> None:
    columns = pq.read_schema(place / "metadata.parquet").names
    assert not {"source", "error", "keep", "reason"} & set(columns)
    assert {"label", "class_name", "wnid", "prompt", "seed", "origin", "clip_score", "id"} <= set(
        columns
    )


def test_hugging_face_datasets_loads_images_labels_and_metadata(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True, raising=False)
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(place), cache_dir=str(tmp_path / "cache")
    )
    rows = pq.read_table(place / "metadata.parquet").to_pylist()
    for split, part in (("train", "train"), ("validation", "val")):
        expected = [row for row in rows if row["split"] == part]
        found = loaded[split]
        assert found["id"][:] == [row["id"] for row in expected]
        assert found["label"][:] == [row["label"] for row in expected]
        assert found["prompt"][:] == [row["prompt"] for row in expected]
        assert found.features["label"].names == ["zebra", "ant <b>|"]
        assert found[0]["image"].size == (8, 8)


def test_class_names_are_listed_in_label_order(place: Path) -> None:
    assert (place / "classes.txt").read_text() == "zebra\nant <b>|\n"
