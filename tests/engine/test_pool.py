"""A pool through the whole run."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import RecipeError
from synthset.images import encode
from synthset.recipe.recipe import load_recipe

CONTENT = {
    "name": "curated",
    "classes": ["cat", "dog", "owl"],
    "source": {"kind": "pool", "paths": [{"path": "pool"}], "min_similarity": None},
    "images_per_class": 3,
    "engine": {"rows_per_shard": 2, "workers": 1},
}


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool").mkdir()
    draw = np.random.default_rng(0)
    for shard in range(2):
        images = [
            encode(draw.integers(0, 256, (24, 24, 3), dtype=np.uint8), "png") for _ in range(8)
        ]
        captions = [f"a {('cat', 'dog', 'cow', 'cat and dog')[i % 4]}, no. {i}" for i in range(8)]
        urls = [f"https://example.org/{shard}/{i}" for i in range(8)]
        rows = pa.table({"image": images, "caption": captions, "url": urls})
        pq.write_table(rows, tmp_path / "pool" / f"{shard:05}.parquet")
    return tmp_path / "pool"


def test_records_are_labelled_by_caption_and_keep_their_provenance(pool):
    dataset = synthset.run(CONTENT, "d")
    rows = dataset.records().to_pylist()
    assert [row["class_name"] for row in rows].count("cat") == 3
    assert len(rows) == 6
    for row in rows:
        assert row["sha256"]
        assert row["prompt"].startswith(f"a {row['class_name']}, no.")
        assert row["pool_lemma"] == row["class_name"]
        assert row["pool_url"].startswith("https")
    assert sorted(row["pool_rank"] for row in rows) == [1, 1, 2, 2, 3, 3]


def test_workers_and_growth_change_no_record(pool):
    one = synthset.run(CONTENT, "one").records(selection=False).to_pylist()
    synthset.run(CONTENT | {"images_per_class": 1}, "two")
    grown = synthset.run(CONTENT, "two", workers=2).records(selection=False).to_pylist()
    by_id = [{row["id"]: row["sha256"] for row in rows} for rows in (one, grown)]
    assert by_id[0] == by_id[1]


def test_a_plan_says_which_class_is_empty(pool):
    found = forecast_run(load_recipe(CONTENT), "d")
    assert (found.images, found.problems) == (6, [])
    assert "no image for 1 of 3 classes: 'owl'" in found.notes


def test_a_pool_has_no_classes_and_no_second_round(pool):
    changed = {"classes": {"kind": "source"}, "selection": {"target_per_class": 9, "max_rounds": 1}}
    with pytest.raises(RecipeError) as caught:
        load_recipe(CONTENT | changed)
    assert {problem.where for problem in caught.value.problems} == {
        "classes",
        "selection.max_rounds",
    }
