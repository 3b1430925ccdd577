"""Where the splits of a data set lie."""

import pytest

from synthset.errors import RecipeError
from synthset.experiment.places import find_places
from synthset.experiment.single import read_splits


def lay(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def found(root, *names):
    """The names of the files of each split, seen from the folder."""
    places = find_places(lay(root, *names), None, None)
    return [
        None if part is None else [unit.path.removeprefix(f"{root}/") for unit in part.units]
        for part in (places.train, places.val, places.test)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "wds_pets_{}.tar",
        "pets-{}-00000-of-00001.parquet",
        "{}/0.tar",
        "default/{}/0000.parquet",
        "data/{}.PARQUET",
        "{}1/pets.tar",
    ],
)
def test_packed_files_are_of_the_split_that_a_word_of_their_path_names(tmp_path, name):
    files = [name.format(split) for split in ("train", "val", "test")]
    assert found(tmp_path, *files) == [[file] for file in files]


def test_what_is_of_no_split_is_left_out_and_named(tmp_path):
    lay(tmp_path, "train-0.tar", "extra-0.tar")
    assert find_places(tmp_path, None, None).left_out == (f"{tmp_path}/extra-0.tar",)


def test_names_that_can_be_read_in_two_ways_are_refused(tmp_path):
    with pytest.raises(
        RecipeError, match=r"pets_test\.tar and pets\.tar, none of which is called train"
    ):
        found(tmp_path / "a", "pets.tar", "pets_test.tar")
    with pytest.raises(RecipeError, match=r"test-0.tar may belong to the splits test and train"):
        found(tmp_path / "b", "train/test-0.tar", "train/0.tar")
    lay(tmp_path / "c", *(f"{s}/{c}/a.png" for s in ("train", "val", "dev") for c in "xy"))
    with pytest.raises(RecipeError, match=r"dev and val .* both have the name of a val split"):
        find_places(tmp_path / "c", None, None)
    train = find_places(tmp_path / "c", tmp_path / "c/dev", None).train
    assert [unit.path for unit in train.units] == [f"{tmp_path}/c/train"]


def test_a_test_split_never_trains_or_validates(tmp_path):
    lay(tmp_path, "pets_test.parquet", "seg_test/cat/a.png", "seg_test/dog/b.png")
    for place in (tmp_path / "pets_test.parquet", tmp_path / "seg_test"):
        with pytest.raises(RecipeError, match=r"DATA.*by its name, .* is a test split"):
            read_splits(find_places(place), 0.1, 0)
