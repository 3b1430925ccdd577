"""A dataset in Python: kept images, features, and what other libraries take."""

import pickle
import sys

import numpy as np
import pytest
from torch.utils.data import DataLoader, Dataset

import synthset
from synthset.errors import DatasetError, UsageError
from synthset.images import decode

RECIPE = {
    "name": "shapes",
    "classes": ["circle", "square", "<i>star"],
    "images_per_class": 6,
    "source": {"kind": "shapes", "size_px": 24},
    "encoders": {"pixels": {"kind": "pixels"}},
    "selection": {"target_per_class": 4},
    "engine": {"rows_per_shard": 5, "workers": 1},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(RECIPE, tmp_path_factory.mktemp("made") / "d")


@pytest.fixture(scope="module")
def ids(made):
    return made.kept()["id"].to_pylist()


@pytest.fixture
def unfinished(tmp_path):
    return synthset.Dataset.create(tmp_path / "new", "new", 5)


def test_its_length_is_what_it_keeps(made, unfinished):
    assert len(made) == 12
    assert unfinished  # it is there, though nothing is selected
    with pytest.raises(DatasetError, match="nothing has run here yet"):
        len(unfinished)


def test_iteration_gives_the_kept_images_with_what_is_known_of_them(made, ids):
    images = list(made)
    assert [one.id for one in images] == ids
    assert {(one.label, one.class_name) for one in images} == {
        (0, "circle"), (1, "square"), (2, "<i>star")
    }  # fmt: skip
    stored = made.read_images(ids)
    assert all(
        (np.asarray(one.image) == decode(data)).all()
        for one, data in zip(images, stored, strict=True)
    )
    assert images[0].record["sha256"]


def test_images_come_in_the_order_that_is_asked(made, ids):
    asked = [ids[7], ids[0], ids[7]]
    assert [name for name, _ in made.images(asked)] == asked
    assert [name for name, _ in made.images()] == ids
    with pytest.raises(DatasetError, match="record 'none' has no image"):
        list(made.images(["none"]))


def test_features_are_those_of_the_kept_images(made, ids):
    names, features = made.features("pixels")
    assert names == ids
    table = made.read_features("pixels").to_pylist()
    assert features[3].tolist() == pytest.approx(
        next(row["features"] for row in table if row["id"] == ids[3])
    )
    assert synthset.metrics.fid(features, features) == pytest.approx(0, abs=1e-3)


def test_a_data_frame_has_a_row_for_each_kept_image(made, ids, monkeypatch):
    assert made.to_pandas()["id"].tolist() == ids
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"synthset\[pandas\]"):
        made.to_pandas()


def test_hugging_face_gets_images_and_names_of_labels(made, ids, monkeypatch):
    found = made.to_hf()
    assert found["id"] == ids or list(found["id"]) == ids
    assert found.features["label"].names == ["circle", "square", "<i>star"]
    assert found[3]["image"].size == (24, 24)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UsageError, match=r"synthset\[hf\]"):
        made.to_hf()


def test_a_loader_reads_it_and_workers_may_be_sent_it(made):
    images = made.to_torch(transform=np.array)
    assert isinstance(images, Dataset)
    assert images.classes == ["circle", "square", "<i>star"]
    loader = DataLoader(images, batch_size=5)
    pixels, labels = zip(*loader, strict=True)
    assert [len(batch) for batch in pixels] == [5, 5, 2]
    assert [int(label) for batch in labels for label in batch] == images.targets
    again = pickle.loads(pickle.dumps(images))
    assert (again[7][0] == images[7][0]).all()


def test_a_notebook_shows_thumbnails_by_class(made):
    page = made._repr_html_()
    assert page.count("data:image/") == 12
    assert "18 planned · 18 made · 12 kept" in page
    assert "&lt;i&gt;star" in page


def test_a_notebook_shows_what_there_is_of_an_unfinished_dataset(unfinished):
    assert "nothing has run here yet" in unfinished._repr_html_()


def test_a_dataset_stands_where_its_folder_does(made):
    assert synthset.open(made).name == made.name
    assert len(synthset.search(made, "star")) == 6
