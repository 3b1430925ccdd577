"""Exports whose files hold many images, read back by the libraries that people use."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
import webdataset
from pydantic import TypeAdapter

from synthset.errors import DatasetError
from synthset.export import packed
from synthset.export.write import write_export
from synthset.recipe.exports import Export, Parquet, WebDataset

TARS = WebDataset(kind="webdataset", path="tars", val_fraction=0.25, images_per_file=4)
TABLES = Parquet(kind="parquet", path="tables", val_fraction=0.25, images_per_file=4)


def digests(place: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((place / "data").iterdir())}


#: webdataset leaves its shards to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()  # here, where it is expected


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def test_webdataset_reads_every_kept_image_with_its_label_and_facts(world: Any) -> None:
    dataset = world.select(lambda index: index < 8)
    made = write_export(dataset, TARS)
    shards = [str(path) for path in sorted((made.path / "data").glob("*.tar"))]
    found = {s["__key__"]: s for s in webdataset.WebDataset(shards, shardshuffle=False).decode()}
    kept = dataset.kept().to_pylist()
    assert set(found) == {row["id"] for row in kept}
    raw = {s["__key__"]: s for s in webdataset.WebDataset(shards, shardshuffle=False)}
    for row, image in zip(kept, dataset.read_images([row["id"] for row in kept]), strict=True):
        assert image is not None
        assert raw[row["id"]]["jpg"] == image
        assert found[row["id"]]["cls"] == row["label"]
        assert found[row["id"]]["json"]["prompt"] == row["prompt"]


def test_hugging_face_reads_images_labels_and_splits(world: Any) -> None:
    dataset = world.select(lambda index: index < 8)
    made = write_export(dataset, TABLES)
    loaded = datasets.load_dataset("parquet", data_dir=str(made.path / "data"))
    rows = [row for split in loaded.values() for row in split]
    assert {split: len(part) for split, part in loaded.items()} == {
        {"val": "validation"}.get(split, split): count for split, count in made.images.items()
    }
    assert loaded["train"].features["label"].names == ["zebra", "ant <b>|"]
    kept = {row["id"]: row for row in dataset.kept().to_pylist()}
    assert {row["id"]: row["label"] for row in rows} == {k: r["label"] for k, r in kept.items()}
    assert rows[0]["image"].size == (8, 8)


def test_every_file_is_about_as_large_and_mixes_the_classes(world: Any) -> None:
    files = [
        packed.File(f"{i:03d}", "train", f"train/{i // 500}/{i:03d}.jpg", "") for i in range(1000)
    ]
    dealt = packed.deal_packs(files, WebDataset(kind="webdataset", images_per_file=300))
    assert [len(pack.rows) for pack in dealt] == [250] * 4
    assert sorted(row for pack in dealt for row in pack.rows) == list(range(1000))
    shares = [sum(row < 500 for row in pack.rows) / 250 for pack in dealt]
    assert all(0.4 < share < 0.6 for share in shares)


@pytest.mark.parametrize("settings", [TARS, TABLES], ids=["tar", "parquet"])
def test_a_killed_export_goes_on_and_gives_the_same_bytes(
    world: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dataset = world.select()
    whole = digests(write_export(dataset, settings.model_copy(update={"path": "whole"})).path)
    monkeypatch.setattr(packed, "OPEN_FILES", 1)
    made = []

    def killed(path: Path, *options: Any) -> Any:
        made.append(path)
        if len(made) > 2:
            raise KeyboardInterrupt
        return writer(path, *options)

    writer = packed._writer
    with monkeypatch.context() as patch:
        patch.setattr(packed, "_writer", killed)
        with pytest.raises(KeyboardInterrupt):
            write_export(dataset, settings)
    done = write_export(dataset, settings)
    assert 0 < done.written < dataset.kept().num_rows
    assert digests(done.path) == whole
    assert write_export(dataset, settings).written == 0


def test_another_selection_or_layout_is_refused_and_nothing_changes(world: Any) -> None:
    place = write_export(world.select(), TARS).path
    before = digests(place)
    with pytest.raises(DatasetError, match="contains another export"):
        write_export(world.select(lambda index: index < 3), TARS)
    with pytest.raises(DatasetError, match="contains another export"):
        write_export(world.select(), TARS.model_copy(update={"images_per_file": 5}))
    assert digests(place) == before


@pytest.mark.parametrize("settings", [TARS, TABLES], ids=["tar", "parquet"])
def test_the_card_names_the_files_and_its_command_runs(
    world: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write_export(world.select(), settings).path
    monkeypatch.chdir(place)
    text = (place / "README.md").read_text()
    assert f"data/train-*.{'tar' if settings.kind == 'webdataset' else 'parquet'}" in text
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert next(iter(names.get("train") or names["dataset"]["train"]))
    assert [row["label"] for row in json.loads((place / "classes.json").read_text())] == [0, 1]


@pytest.mark.parametrize("kind", ["imagefolder", "webdataset", "parquet", "npy"])
def test_a_damaged_image_is_named_and_never_exported(world: Any, tmp_path: Path, kind: str) -> None:
    dataset = world.select()
    cell = Path(dataset.path) / "images-1" / "00000.parquet"
    data = bytearray(cell.read_bytes())
    data[len(data) // 4] ^= 16
    cell.write_bytes(bytes(data))
    settings: Any = TypeAdapter(Export).validate_python({"kind": kind, "path": str(tmp_path / "e")})
    with pytest.raises(
        DatasetError, match=r"images-1/00000\.parquet: is damaged .*; move that file"
    ):
        write_export(dataset, settings)
    assert not [*(tmp_path / "e").rglob("*.jpg"), *(tmp_path / "e").glob("images.npy")]
