"""Classical augmentation through the whole run."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.errors import RecipeError

CONTENT = {
    "name": "copies",
    "classes": ["Cat", "dog"],
    "source": {"kind": "augment", "paths": [{"path": "photos"}]},
    "images_per_class": 7,
    "engine": {"rows_per_shard": 5, "workers": 1},
}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    for name, count in (("cat", 3), ("dog", 1), ("frog", 2)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            noise = draw.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_a_test_split_is_no_source(photos):
    photos.rename(photos.parent / "seg_test")
    source = {"kind": "augment", "paths": [{"path": "seg_test"}]}
    with pytest.raises(RecipeError, match=r"paths\[0\]\.path: by its name, .*is a test split"):
        synthset.run(CONTENT | {"source": source}, "d")


def test_parents_of_the_class_are_taken_almost_equally_often(photos):
    rows = synthset.run(CONTENT, "d").records().to_pylist()
    used = Counter(row["parent"] for row in rows if row["class_name"] == "Cat")
    assert sorted(used.values()) == [2, 2, 3]
    assert all("/cat/" in row["source"] for row in rows if row["class_name"] == "Cat")
    assert len({row["sha256"] for row in rows}) == 14


def test_workers_and_growth_change_no_byte(photos):
    one = synthset.run(CONTENT, "one").records(selection=False)
    grown = synthset.run(CONTENT | {"images_per_class": 2}, "two")
    grown = synthset.run(CONTENT, "two", workers=2).records(selection=False)
    known = dict(zip(one["id"].to_pylist(), one["sha256"].to_pylist(), strict=True))
    assert dict(zip(grown["id"].to_pylist(), grown["sha256"].to_pylist(), strict=True)) == known


def test_other_parents_are_another_plan_and_a_moved_folder_keeps_the_ids(photos):
    before = synthset.run(CONTENT, "d").records()
    moved = photos.rename(photos.parent / "moved")
    other = CONTENT | {"source": {"kind": "augment", "paths": [{"path": "moved"}]}}
    assert synthset.run(other, "d").records()["id"].to_pylist() == before["id"].to_pylist()
    (moved / "cat" / "0.png").unlink()
    assert synthset.run(other, "d").records()["id"].to_pylist() != before["id"].to_pylist()


def test_a_class_without_images_is_named(photos):
    with pytest.raises(
        RecipeError, match="no image to start from for 'horse'; the source contains Cat, dog, frog"
    ):
        synthset.run(CONTENT | {"classes": ["Cat", "horse"]}, "d")
    assert not Path("d").exists()


def test_classes_may_come_from_the_folders(photos):
    dataset = synthset.run(CONTENT | {"classes": {"kind": "source"}}, "d")
    assert [entry["name"] for entry in dataset.classes()] == ["cat", "dog", "frog"]


def test_a_parent_that_changed_after_planning_is_no_data(photos):
    dataset = synthset.run(CONTENT | {"images_per_class": 1}, "d")
    row = dataset.records().to_pylist()[1]
    Image.fromarray(np.zeros((4, 4, 3), dtype=np.uint8)).save(row["source"])
    from synthset.recipe.sources import Augment as Settings
    from synthset.sources.augment import AugmentStage
    from synthset.stage import Rows

    settings = Settings.model_validate(CONTENT["source"])
    plan = dataset.read(dataset.view.plan).slice(1, 1)
    (made,) = AugmentStage(settings)(Rows(plan)).to_pylist()
    assert "changed since it was planned" in made["error"]
