import shutil

import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment.splits import read_real, split
from synthset.images import sha256
from synthset.recipe.experiment import load_experiment


def drawn(content, seed=0):
    settings = load_experiment(content).real
    real = read_real(settings)
    return real, split(settings, real, seed)


def counted(real, rows):
    return np.bincount(real.labels[rows], minlength=2).tolist()


def contents(real, rows):
    return {real.images.contents[row] for row in rows}


def test_a_class_is_cut_in_training_and_validation_alike(world, content):
    real, found = drawn(content)
    assert counted(real, found.train) == [4, 18]
    assert counted(real, found.val) == [2, 2]
    assert len(found.test) == 12


def test_training_validation_and_test_share_no_image(world, content):
    content["real"] |= {"test": None, "cut": {}, "test_fraction": 0.25}
    real, found = drawn(content)
    parts = [contents(real, rows) for rows in (found.train, found.val, found.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 40
    assert counted(real, found.test) == [5, 5]


def test_an_image_that_the_test_has_as_well_is_never_trained_on(world, content):
    shutil.copy("test/cat/1.png", "real/cat/copy.png")
    shutil.copy("real/cat/2.png", "real/cat/twice.png")
    content["real"]["cut"] = {}
    real, found = drawn(content)
    assert found.copies == 1
    assert not contents(real, [*found.train, *found.val]) & set(real.test.contents)
    assert counted(real, found.train)[0] + counted(real, found.val)[0] == 20


def test_a_split_depends_on_bytes_and_seed_alone(world, content):
    real, before = drawn(content)
    for path in (world / "real" / "cat").iterdir():
        path.rename(path.with_name(f"renamed-{99 - int(path.stem)}.png"))
    again, after = drawn(content)
    assert contents(real, before.train) == contents(again, after.train)
    assert contents(real, before.train) != contents(real, drawn(content, seed=1)[1].train)


def test_a_smaller_cut_is_part_of_a_larger_one(world, content):
    real, few = drawn(content)
    content["real"]["cut"] = {"cat": 9}
    _, more = drawn(content)
    assert contents(real, few.train) < contents(real, more.train)


def test_a_class_without_test_images_is_refused_with_the_nearest_name(world, content):
    (world / "test" / "cat").rename(world / "test" / "cats")
    with pytest.raises(
        RecipeError, match="'cats' is not among the trained classes; did you mean 'cat'"
    ):
        drawn(content)
    shutil.rmtree("test/cats")
    with pytest.raises(RecipeError, match=r"real.test: class 'cat' has no test image"):
        drawn(content)


def test_a_class_with_one_image_is_refused(world, content):
    for i in range(1, 20):
        (world / "real" / "cat" / f"{i}.png").unlink()
    content["real"]["cut"] = {}
    with pytest.raises(
        RecipeError,
        match="cat': it has 1 images for training and validation, but validation alone needs 2",
    ):
        drawn(content)


def test_a_cut_larger_than_the_class_is_refused(world, content):
    content["real"]["cut"] = {"cat": 30}
    with pytest.raises(RecipeError, match="cut to 30, but has only 18 training images"):
        drawn(content)


def test_an_unknown_class_in_the_cut_is_refused(world, content):
    content["real"]["cut"] = {"cta": 3}
    with pytest.raises(
        RecipeError, match=r"real.cut.cta: there is no class 'cta'; did you mean 'cat'"
    ):
        drawn(content)


def test_only_the_listed_classes_are_read(world, content):
    (world / "real" / "cow").mkdir()
    shutil.copy("real/cat/1.png", "real/cow/1.png")
    with pytest.raises(RecipeError, match="class 'cow' has no test image"):
        drawn(content)
    content["real"]["classes"] = ["dog", "cat"]
    real, found = drawn(content)
    assert real.classes == (("dog",), ("cat",))
    assert counted(real, found.train) == [18, 4]


@pytest.mark.parametrize("apart", [True, False])
def test_the_same_bytes_under_two_labels_are_in_no_split_and_are_said(world, content, apart):
    shutil.copy("real/cat/0.png", "real/dog/cat.png")
    content["real"] |= {"cut": {}} if apart else {"cut": {}, "test": None, "test_fraction": 0.25}
    real, found = drawn(content)
    rows = [*found.train, *found.val, *([] if apart else found.test)]
    assert len(rows) == 39
    assert sha256((world / "real/cat/0.png").read_bytes()) not in contents(real, rows)
    said = "label conflict: 1 image occurs with the same bytes under several labels: 'cat' and"
    assert real.notes[0].startswith(f"{said} 'dog' (1); not trained on; correct")


@pytest.mark.parametrize(("rule", "labels"), [("first", [0]), ("keep", [0, 1])])
def test_a_rule_for_conflicts_never_lets_one_validate_or_test(world, content, rule, labels):
    shutil.copy("real/cat/0.png", "real/dog/cat.png")
    content["real"] |= {"cut": {}, "conflicts": rule, "test": None, "test_fraction": 0.25}
    real, found = drawn(content)
    torn = sha256((world / "real/cat/0.png").read_bytes())
    assert torn not in contents(real, [*found.val, *found.test])
    mine = [row for row in found.train if real.images.contents[row] == torn]
    assert sorted(real.labels[mine].tolist()) == labels


def test_the_validation_images_of_a_cut_class_can_be_left_whole(world, content):
    content["real"] |= {"val_fraction": 0.5, "cut_validation": False}
    real, found = drawn(content)
    assert (counted(real, found.train), counted(real, found.val)) == ([4, 10], [10, 10])
