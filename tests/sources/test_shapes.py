from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from synthset.images import decode, encode, is_blank
from synthset.recipe.sources import Shapes as Settings
from synthset.source import Material
from synthset.sources.shapes import ShapesSource, ShapesStage, draw
from synthset.stage import Rows


def plan(count: int, class_key: str = "cat") -> Rows:
    columns: dict[str, Any] = {
        "id": [f"id-{i}" for i in range(count)],
        "class_key": [class_key] * count,
        "seed": pa.array(range(count), pa.int64()),
        "index": pa.array(range(count), pa.int32()),
    }
    return Rows(pa.table(columns))


def shapes(**settings: Any) -> ShapesStage:
    return ShapesStage(Settings.model_validate({"kind": "shapes"} | settings))


def test_the_same_class_and_seed_draw_the_same_picture_and_another_seed_another() -> None:
    assert (draw("cat", 1, 32) == draw("cat", 1, 32)).all()
    pictures = {draw("cat", seed, 32).tobytes() for seed in range(100)}
    assert len(pictures) == 100


def test_a_picture_has_two_colours_and_the_asked_size() -> None:
    for class_key in "abcdefgh":
        picture = draw(class_key, 3, 24)
        assert picture.shape == (24, 24, 3)
        assert picture.dtype == np.uint8
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 2


def test_classes_look_different_on_average() -> None:
    means = [np.mean([draw(key, seed, 16) for seed in range(40)], axis=(0, 1, 2)) for key in "abcd"]
    assert min(np.abs(a - b).sum() for i, a in enumerate(means) for b in means[:i]) > 3


def test_the_columns_are_those_of_a_generator() -> None:
    stage = shapes()
    table = stage(plan(3))
    assert table.schema.names == [*stage.writes.names, "error"]
    assert table.column("image")[1].as_py()["path"] == "id-1.png"
    assert not is_blank(decode(table.column("image")[1].as_py()["bytes"]))
    assert table.column("error").null_count == 3


def test_every_nth_image_fails_wherever_its_chunk_begins() -> None:
    stage, rows = shapes(fail_every=3), plan(9)
    whole = stage(rows).column("error").is_valid().to_pylist()
    parts = [stage(Rows(rows.table.slice(start, 2))) for start in range(0, 9, 2)]
    assert whole == [False, False, True] * 3
    assert [said for part in parts for said in part.column("error").is_valid().to_pylist()] == whole


def test_a_failed_record_has_nothing_but_its_error() -> None:
    row = shapes(fail_every=1)(plan(1)).to_pylist()[0]
    assert row.pop("error") == "made to fail (fail_every: 1)"
    assert set(row.values()) == {None}


def test_the_estimate_for_shapes_is_an_upper_bound():
    guess = ShapesSource(Settings(kind="shapes", size_px=64), None).estimate(Material(()))
    noise = np.random.default_rng(0).integers(0, 2, (64, 64, 1), dtype=np.uint8) * np.uint8(255)
    assert len(encode(np.repeat(noise, 3, axis=2), "png")) < guess.image_bytes
