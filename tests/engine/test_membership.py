"""What belongs to a set is what its source holds now."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import synthset
from synthset.engine.reference import mark_reference
from synthset.machine import Silent

CONTENT = {
    "name": "mine",
    "classes": {"kind": "source"},
    "source": {"kind": "folder", "paths": [{"path": "photos"}]},
    "encoders": {"eye": {"kind": "pixels", "size_px": 2}},
    "engine": {"rows_per_shard": 4, "workers": 1},
}
COMPARED = {
    "references": {"real": {"kind": "images", "paths": [{"path": "real"}]}},
    "metrics": [{"kind": "frechet_distance", "encoder": "eye", "reference": "real"}],
    "scores": [{"kind": "fd_influence", "encoder": "eye", "reference": "real"}],
    "selection": {
        "steps": [
            {"kind": "duplicates", "radius": None, "against": ["real"]},
            {"kind": "nearest_set", "encoder": "eye", "reference": "real", "per_class": 2},
        ]
    },
}


class Heard(Silent):
    """A bar that remembers what it is told."""

    def __init__(self):
        self.words = []

    def say(self, words):
        self.words.append(words)


def draw(folder, name, seed, high=256):
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, high, (24, 24, 3), dtype=np.uint8)
    Image.fromarray(noise).save(place)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)  # takes longest
    for i, name in enumerate(("cat", "dog")):
        for number in range(4):
            draw(tmp_path / "photos", f"{name}/{number}.png", 10 * i + number)
            draw(tmp_path / "real", f"{name}/{number}.png", 100 + 10 * i + number)
    return tmp_path / "photos"


def told(dataset):
    """What a set says of its images, and each figure."""
    said = dataset.records().drop_columns(["source", "prompt", "seed", "index"]).to_pylist()
    features = [row["features"] for row in dataset.read_features("eye").to_pylist()]
    classes = [entry["name"] for entry in dataset.classes()]
    return json.dumps([said, features, classes, str(dataset.metrics())])


def run(name, content=CONTENT):
    bar = Heard()
    return synthset.run(content, name, bar=bar), bar.words


def changed(photos, how):
    """Change a folder in place, as people do."""
    if how == "moved":
        (photos / "dog" / "2.png").rename(photos / "cat" / "moved.png")
    elif how == "deleted":
        (photos / "dog" / "0.png").unlink()
    elif how == "replaced":
        draw(photos, "cat/0.png", 77)
    elif how == "class gone":
        for file in (photos / "cat").iterdir():
            file.rename(photos / "dog" / f"was-{file.name}")
        (photos / "cat").rmdir()
    elif how == "class renamed":
        (photos / "dog").rename(photos / "ant")
    elif how == "copied over":
        (photos / "cat" / "0.png").write_bytes((photos / "cat" / "1.png").read_bytes())


RENUMBERED = "4 relabelled, 4 with a different caption or class number"
WAYS = {
    "moved": "1 relabelled",
    "deleted": "1 gone",
    "replaced": "1 added, 1 gone",
    "class gone": RENUMBERED,
    "class renamed": RENUMBERED,
    "copied over": "1 added, 1 gone",
}


@pytest.mark.parametrize(("how", "words"), list(WAYS.items()))
def test_a_folder_that_was_corrected_counts_as_it_is_now(photos, how, words):
    before = told(run("d")[0])
    kept = photos.rename(photos.parent / "kept")
    shutil.copytree(kept, photos)
    changed(photos, how)
    dataset, said = run("d")
    assert told(dataset) == told(run("fresh")[0]) != before
    assert said == [f"source: {words}"]
    shutil.rmtree(photos)
    kept.rename(photos)
    assert told(run("d")[0]) == before  # and back


def test_what_the_source_holds_now_is_written_down_and_what_changed_is_said(photos):
    first, _ = run("d")
    draw(photos, "cat/7.png", 70)
    draw(photos, "cat/8.png", 80)
    (photos / "cat" / "Thumbs.db").write_text("x")
    changed(photos, "moved")
    changed(photos, "deleted")
    before = first.view.manifest
    dataset, said = run("d")
    assert said == ["source: 2 added, 1 gone, 1 relabelled"]
    listed = [row for row in dataset.manifest().to_pylist() if row["what"] == "image"]
    kept = dataset.records()
    assert sorted((row["content"], row["label"]) for row in listed) == sorted(
        zip(kept["sha256"].to_pylist(), kept["class_name"].to_pylist(), strict=True)
    )
    assert dataset.view.manifest != before
    assert dataset.folder.exists(before)  # the old one stays
    assert [event["manifest"] for event in dataset.events() if event["event"] == "run"] == [
        before,
        dataset.view.manifest,
    ]


@pytest.mark.parametrize("how", ["moved", "class renamed", "replaced"])
def test_a_reference_that_was_corrected_is_measured_as_it_is_now(photos, how):
    run("d", CONTENT | COMPARED)
    changed(photos.parent / "real", how)
    dataset, said = run("d", CONTENT | COMPARED)
    assert told(dataset) == told(run("fresh", CONTENT | COMPARED)[0])
    assert said == [f"reference real: {WAYS[how]}"]


def test_finished_rows_are_not_made_again(photos):
    run("d")
    changed(photos, "moved")
    dataset, _ = run("d")
    made = [e for e in dataset.events() if e["event"] == "reuse"]
    assert [(e["role"], e["rows"]) for e in made] == [("images", 7), ("features/eye", 7)]
    assert len({e["table"] for e in made}) == 2


def captioned(words):
    cells = [{"bytes": Path("photos/cat/0.png").read_bytes(), "path": None}] * 2
    rows = {"image": cells, "label": ["cat", "dog"], "caption": words}
    pq.write_table(pa.table(rows), "real.parquet")


def test_captions_that_were_corrected_are_prompts_as_they_are_now(photos):
    paths = [{"path": "real.parquet", "prompt_column": "caption"}]
    content = {
        "name": "drawn",
        "classes": ["cat", "dog"],
        "source": {"kind": "shapes", "size_px": 16},
        "images_per_class": 1,
        "references": {"real": {"kind": "images", "paths": paths}},
        "prompts": {"kind": "captions", "reference": "real"},
        "engine": {"workers": 1},
    }
    for words in (["on grass", "on sand"], ["on ice", "on sand"]):
        captioned(words)
        dataset, said = run("d", content)
        prompts = dataset.records()["prompt"].to_pylist()
        assert all(text.endswith(word) for text, word in zip(prompts, words, strict=True))
    assert said == ["source: other images to start from, or other captions"]
    assert [e["rows"] for e in dataset.events() if e["event"] == "reuse"] == [1]


def test_statistics_that_were_replaced_are_another_reference(photos):
    statistics = {"kind": "statistics", "file": "s.safetensors"}
    content = CONTENT | {"references": {"real": statistics}}
    recipe, marks = synthset.load_recipe(content), []
    for data in (b"wrong", b"right"):
        Path("s.safetensors").write_bytes(data)
        marks.append(mark_reference(recipe, "real", "eye", lambda name: None))
    assert marks[0] != marks[1]
