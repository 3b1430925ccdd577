"""Classes, splits, and folders that only wrap others."""

import pytest

from synthset.errors import RecipeError
from synthset.formats.levels import find_level
from synthset.formats.tree import Disk, get_name


def lay(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return find_level(Disk(root), "here")


def names(paths):
    return [get_name(path) for path in paths]


@pytest.mark.parametrize("name", ["train", "test_tube", "dev board"])
def test_a_folder_with_images_beside_others_is_a_class(tmp_path, name):
    level = lay(tmp_path, f"{name}/a.png", "bus/a.png", "bus/deep/b.png")
    assert names(level.classes) == sorted([name, "bus"])


def test_prefixed_splits_are_splits_and_their_inner_folder_wraps_the_classes(tmp_path):
    places = [f"seg_{s}/seg_{s}/{c}/a.png" for s in ("train", "test") for c in ("sea", "forest")]
    level = lay(tmp_path, *places, "seg_pred/a.png")
    assert {split: get_name(path) for split, path in level.splits} == {
        "train": "seg_train",
        "test": "seg_test",
    }
    assert names(level.others) == ["seg_pred"]
    inner = find_level(Disk(tmp_path / "seg_train"), "here")
    assert names(inner.classes) == ["forest", "sea"]


def test_a_folder_around_all_others_is_no_class(tmp_path):
    level = lay(tmp_path, "archive/pets/cat/a.png", "archive/pets/dog/a.png", "read me.txt")
    assert names(level.classes) == ["cat", "dog"]


def test_one_folder_name_in_every_class_is_no_class(tmp_path):
    level = lay(tmp_path, "n01/images/a.png", "n02/images/a.png")
    assert names(level.classes) == ["n01", "n02"]


def test_folders_that_can_be_read_in_two_ways_are_refused_with_both(tmp_path):
    with pytest.raises(RecipeError, match="classes may be cats, dogs, or persian, poodle, pug"):
        lay(tmp_path / "a", "cats/persian/a.png", "dogs/pug/a.png", "dogs/poodle/a.png")
    with pytest.raises(RecipeError, match="test_tube may be splits, or classes like beaker"):
        lay(tmp_path / "b", *(f"{c}/{s}/a.png" for c in ("test_tube", "beaker") for s in "xy"))


def test_splits_without_class_folders_or_inside_class_folders_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="splits test, train, whose images are not in class"):
        lay(tmp_path / "a", "train/a.png", "test/a.png")
    with pytest.raises(RecipeError, match=r"class folder .*/cat contains the splits test, train"):
        lay(tmp_path / "b", *(f"{c}/{s}/a.png" for c in ("cat", "dog") for s in ("train", "test")))
