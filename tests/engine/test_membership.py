"""What belongs to a set is what its source holds now."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.engine.local import Silent

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
    for i, name in enumerate(("cat", "dog")):
        for number in range(4):
            draw(tmp_path / "photos", f"{name}/{number}.png", 10 * i + number)
            draw(tmp_path / "real", f"{name}/{number}.png", 100 + 10 * i + number)
    return tmp_path / "photos"


def told(dataset):
    """What a set says of its images, and each figure."""
    said = dataset.records().drop_columns(["source", "prompt", "seed", "index"]).to_pylist()
    features = [row["features"] for row in dataset.features("eye").to_pylist()]
    classes = [entry["name"] for entry in dataset.classes()]
    return json.dumps([said, features, classes, dataset.metrics()])


def run(name, content=None):
    bar = Heard()
    return synthset.run(content or CONTENT | COMPARED, name, bar=bar), bar.words


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


RENUMBERED = "4 relabelled, 4 with another caption or class number"
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


@pytest.mark.parametrize("how", WAYS)
def test_a_reference_that_was_corrected_is_measured_as_it_is_now(photos, how):
    run("d")
    changed(photos.parent / "real", how)
    dataset, said = run("d")
    assert told(dataset) == told(run("fresh")[0])
    assert said[0].startswith("reference real: ")


def test_finished_rows_are_not_made_again(photos):
    run("d")
    changed(photos, "moved")
    dataset, _ = run("d")
    made = [e for e in dataset.events() if e["event"] == "reuse"]
    assert [(e["role"], e["rows"]) for e in made] == [("images", 7), ("features/eye", 7)]
    assert len({e["table"] for e in made}) == 2
