"""Arrays of NumPy, loaded back."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from synthset.errors import DatasetError
from synthset.export import arrays
from synthset.export.write import write_export
from synthset.images import decode
from synthset.recipe.exports import Npy

ARRAYS = Npy(kind="npy", path="arrays")


def test_arrays_hold_every_kept_image_with_its_label_and_facts(world: Any) -> None:
    dataset = world.select(lambda index: index < 8)
    place = write_export(dataset, ARRAYS).path
    images, labels = np.load(place / "images.npy"), np.load(place / "labels.npy")
    rows = pq.read_table(place / "metadata.parquet").to_pylist()
    assert (images.dtype, images.shape[1:], labels.dtype) == (np.uint8, (8, 8, 3), np.int64)
    kept = {row["id"]: row for row in dataset.kept().to_pylist()}
    assert {row["id"] for row in rows} == set(kept)
    for row, pixels, label in zip(rows, images, labels, strict=True):
        assert label == kept[row["id"]]["label"]
        assert (pixels == decode(dataset.read_images([row["id"]])[0])).all()
    assert [row["label"] for row in json.loads((place / "classes.json").read_text())] == [0, 1]


def test_validation_images_have_arrays_of_their_own(world: Any) -> None:
    settings = ARRAYS.model_copy(update={"val_fraction": 0.25})
    made = write_export(world.select(), settings)
    for split, prefix in (("train", ""), ("val", "val_")):
        assert len(np.load(made.path / f"{prefix}images.npy")) == made.images[split]
        assert len(np.load(made.path / f"{prefix}labels.npy")) == made.images[split]


def test_a_size_scales_every_image(world: Any) -> None:
    made = write_export(world.select(), ARRAYS.model_copy(update={"size_px": 4}))
    assert np.load(made.path / "images.npy").shape[1:] == (4, 4, 3)


def test_images_of_several_sizes_need_a_size(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = world.select()
    kept = dataset.kept()
    widths = [9, *kept.column("width").to_pylist()[1:]]
    mixed = kept.set_column(kept.column_names.index("width"), "width", [widths])
    monkeypatch.setattr(type(dataset), "kept", lambda self: mixed)
    with pytest.raises(DatasetError, match=r"2 sizes \(8 × 8, 9 × 8\).*--size-px"):
        write_export(dataset, ARRAYS)


def test_a_middle_is_cut_out_before_it_is_scaled() -> None:
    pixels = np.zeros((2, 6, 3), np.uint8)
    pixels[:, 2:4] = 200
    assert (arrays._fit_image(pixels, 2, 2) == 200).all()


def test_a_killed_export_goes_on_and_another_selection_is_refused(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = world.select()
    with monkeypatch.context() as patch:
        patch.setattr(arrays.np, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_export(dataset, ARRAYS)
    assert write_export(dataset, ARRAYS).written == dataset.kept().num_rows
    assert write_export(dataset, ARRAYS).written == 0
    with pytest.raises(DatasetError, match="contains another export"):
        write_export(world.select(lambda index: index < 3), ARRAYS)


def test_the_card_says_how_to_load_them(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write_export(world.select(), ARRAYS).path
    monkeypatch.chdir(place)
    (block,) = re.findall(r"```python\n(.*?)```", (place / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert len(names["train"][0]) == len(names["train"][1]) > 0
