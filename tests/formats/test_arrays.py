"""Images in NumPy arrays."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from synthset.errors import DatasetError, RecipeError
from synthset.formats.arrays import find, read, split_in, split_source
from synthset.formats.class_lists import ClassList, find_class_list
from synthset.formats.manifest import UNLABELLED, Passed
from synthset.images import decode

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3)).astype(np.uint8)


def listed(place, images, labels, classes=None, name="images.npy"):
    np.save(place / name, images)
    np.save(place / name.replace("images", "labels"), labels)
    passed = Passed()
    return list(find(place / name, classes or ClassList(), "source", passed)), passed


def test_an_array_is_as_many_images_and_none_loses_a_pixel(tmp_path):
    found, _ = listed(tmp_path, PIXELS, np.array([2, 10, 2, 2]))
    assert [(one.name, one.label.number) for one in found] == [("2", 2), ("10", 10)] + [
        ("2", 2)
    ] * 2
    assert (decode(found[3].read()) == PIXELS[3]).all()
    path, row = split_source(found[3].source)
    assert read(path, row) == found[3].read()


@pytest.mark.parametrize("shape", [(2, 6, 5), (2, 6, 5, 1)])
def test_grey_images_are_read(tmp_path, shape):
    found, _ = listed(tmp_path, np.full(shape, 7, np.uint8), np.array(["cat", "dog"]))
    assert [one.name for one in found] == ["cat", "dog"]
    assert (decode(found[0].read()) == 7).all()


def test_numbers_are_those_of_the_list_beside(tmp_path):
    (tmp_path / "classes.json").write_text(json.dumps(["dog", "ant", "cat"]))
    classes = find_class_list([tmp_path], "source")
    found, passed = listed(
        tmp_path, PIXELS, np.array([2.0, np.nan, 0, 9]), classes, "val_images.npy"
    )
    assert [(one.name, one.label.number, one.split) for one in found] == [
        ("cat", 2, "val"),
        ("dog", 0, "val"),
    ]
    assert passed.counts() == {UNLABELLED: 2}
    assert found[0].label.vocabulary.names == ("dog", "ant", "cat")


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (PIXELS.astype(np.float32), [0] * 4, "float32; images have shape"),
        (PIXELS.transpose(0, 3, 1, 2), [0] * 4, "images have shape"),
        (PIXELS, [0] * 3, "4 images, but the file beside it has 3 labels"),
        (PIXELS, [[0, 1]] * 4, r"labels have shape \(N,\)"),
        (PIXELS, [0.5] * 4, "image 0: the label 0.5 is not a whole number"),
        (PIXELS, np.array([{}] * 4), "labels.npy is not a readable array"),
    ],
)
def test_what_is_no_array_of_images_and_labels_is_refused(tmp_path, images, labels, said):
    with pytest.raises(RecipeError, match=said):
        listed(tmp_path, images, np.array(labels))


def test_an_array_that_was_changed_or_is_gone_is_told(tmp_path):
    listed(tmp_path, PIXELS[:1], np.array([0]))
    with pytest.raises(DatasetError, match="was changed after planning"):
        read(tmp_path / "images.npy", 3)
    with pytest.raises(DatasetError, match="is gone"):
        read(tmp_path / "other" / "images.npy", 0)
    assert [split_in(name) for name in ("images.npy", "val_images.npy", "a.npy")] == [
        "train",
        "val",
        None,
    ]


def test_many_threads_read_one_array(tmp_path):
    listed(tmp_path, PIXELS, np.array([0, 1, 2, 3]))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: read(tmp_path / "images.npy", row % 4), range(400)))
    assert len(set(found)) == 4
