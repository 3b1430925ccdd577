import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.engine.run import run
from synthset.experiment.costs import price_dataset

SHAPES = {
    "classes": ["cat", "dog", "fox"],
    "source": {"kind": "shapes", "size_px": 16},
    "images_per_class": 4,
}


@pytest.fixture
def dataset(tmp_path):
    run({"name": "shapes", **SHAPES}, tmp_path / "shapes", workers=1)
    return tmp_path / "shapes"


def test_a_bill_counts_what_was_tried_and_what_came_of_it(dataset):
    price = price_dataset(dataset, "made")
    assert (price.attempted, price.obtained) == (12, 12)
    assert 0 < price.seconds < 60
    assert price.gpu_hours == 0
    assert price.notes == ()


def test_a_run_that_does_not_say_whether_it_had_a_gpu_has_no_gpu_hours(dataset):
    log = dataset / "run.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    log.write_text("".join(
        json.dumps({k: v for k, v in one.items() if k != "gpus"}) + "\n" for one in lines
    ))  # fmt: skip
    price = price_dataset(dataset, "made")
    assert price.gpu_hours is None
    assert price.notes == ("the runs of made don't say whether they had a GPU",)


def test_gpu_hours_are_seconds_times_gpus(dataset):
    log = dataset / "run.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for one in lines:
        one |= {"seconds": 1800, "gpus": 2} if "seconds" in one and "tables" in one else {}
    log.write_text("".join(json.dumps(one) + "\n" for one in lines))
    price = price_dataset(dataset, "made")
    assert price.gpu_hours == pytest.approx(price.seconds * 2 / 3600)
    assert price.gpu_hours >= 1


def test_of_a_pool_every_image_was_a_candidate(tmp_path, colours):
    rows = [
        {"image": {"bytes": path.read_bytes(), "path": None}, "caption": f"a {path.parent.name}"}
        for path in sorted((colours / "made").rglob("*.png"))
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pool.parquet")
    source = {
        "kind": "pool",
        "paths": [{"path": str(tmp_path / "pool.parquet")}],
        "strategy": "substring",
    }
    recipe = {"name": "cats", "classes": ["cat"], "source": source, "images_per_class": 5}
    run(recipe, tmp_path / "cats", workers=1)
    price = price_dataset(tmp_path / "cats", "cats")
    assert (price.attempted, price.obtained) == (36, 5)
    assert price.notes == ()
    run(recipe, tmp_path / "cats", workers=1)
    assert price_dataset(tmp_path / "cats", "cats") == price
    log = (tmp_path / "cats" / "run.jsonl").read_text().splitlines()
    picking = [one for one in map(json.loads, log) if one["event"] == "picking"]
    assert len(picking) == 2
    assert price.seconds > picking[0]["seconds"] > 0
