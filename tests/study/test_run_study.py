"""The study from a dataset to a page."""

import csv
from pathlib import Path

import numpy as np
import pytest
from kills import Killed, kill_at

import synthset
from synthset.errors import DatasetError, UsageError
from synthset.recipe.recipe import load_recipe
from synthset.results.recognition import StudyFile
from synthset.results.stored import dump, load
from synthset.study.run_study import study_recognition

NASTY = "dog </script><b>"
CONTENT = {
    "name": "toy",
    "classes": ["cat", "dog", "truck"],
    "source": {"kind": "shapes", "fail_every": 7},
    "images_per_class": 7,
    "encoders": {"classifier": {"kind": "classifier"}},
    "scores": [{"kind": "recognition"}],
    "engine": {"rows_per_shard": 10, "workers": 1},
}
SENSES = {"cat": "cat.n.01", "dog": "dog.n.01"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(load_recipe(CONTENT), tmp_path_factory.mktemp("study") / "d")


@pytest.fixture(scope="module")
def done(made):
    return study_recognition(made.path, senses=SENSES)


def test_the_study_counts_what_the_score_says(made, done):
    study, _ = done
    records = made.records()
    first = np.array([rank == 1 for rank in records.column("recognition_rank").to_pylist()])
    labels = np.asarray(records.column("label"))
    assert [one.counts["top1"] for one in study.classes] == [
        int(first[labels == label].sum()) for label in range(3)
    ]
    assert study.missing == 21 - records.column("error").null_count == 3
    assert [one.images for one in study.classes] == [7, 7, 7]


def test_the_classifier_of_the_run_is_not_asked_again(made, done):
    before = sorted(made.folder.names())
    study_recognition(made.path, classifier="miniature", senses=SENSES)
    assert sorted(made.folder.names()) == before
    assert len([name for name in before if name.startswith("features-")]) == 1


def test_page_figures_and_tables_lie_in_the_dataset(made, done):
    _, page = done
    folder = page.removesuffix("/index.html")
    assert folder.startswith(f"{made.path}/studies/recognition-")
    text = Path(page).read_text("utf-8")
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert Path(folder, "map.png").read_bytes()[:4] == b"\x89PNG"
    assert Path(folder, "map.svg").read_text().startswith("<?xml")
    rows = list(csv.DictReader(Path(folder, "classes.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == ["cat", "dog", "truck"]
    text = Path(folder, "study.json").read_text()
    content = load(StudyFile, text, "study.json")
    assert dump(content) == text
    assert content.found["top1"].classes == 3
    assert content.groups[0].name == "animal"
    assert content.classes_without_synset == 1  # truck has two senses, and none was named


def test_a_second_study_is_the_same(done):
    folder = Path(done[1]).parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    study_recognition(folder.parents[1], senses=SENSES)
    assert len(before) == 5
    for name, data in before.items():
        assert (folder / name).read_bytes() == data, name


def test_a_folder_of_something_else_is_left_alone(made, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"mine\.txt"):
        study_recognition(made.path, senses=SENSES, output=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_dataset_without_a_classifier_asks_for_one(tmp_path):
    plain = {name: value for name, value in CONTENT.items() if name not in ("encoders", "scores")}
    dataset = synthset.run(load_recipe(plain), tmp_path / "d")
    with pytest.raises(UsageError, match="--classifier"):
        study_recognition(dataset.path)


def test_weights_without_an_architecture_are_refused(made):
    with pytest.raises(UsageError, match="architecture"):
        study_recognition(made.path, weights="some.safetensors")


def test_names_cannot_break_out_of_the_page(tmp_path):
    content = {**CONTENT, "classes": ["cat", NASTY], "images_per_class": 2}
    names = {"dog-script-b": "dog"}
    content["scores"] = [{"kind": "recognition", "names": names}]
    dataset = synthset.run(load_recipe(content), tmp_path / "d")
    _, page = study_recognition(dataset.path, senses={NASTY: "dog.n.01"})
    text = Path(page).read_text("utf-8")
    assert NASTY not in text


def test_a_kill_between_the_writes_of_a_study_leaves_a_folder_that_goes_on(
    made, tmp_path, monkeypatch
):
    place = tmp_path / "s"
    with monkeypatch.context() as killing:
        kill_at(killing, 2, str(place))
        with pytest.raises(Killed):
            study_recognition(made.path, senses=SENSES, output=place)
    study_recognition(made.path, senses=SENSES, output=place)
    assert (place / "index.html").exists()
