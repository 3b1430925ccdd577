"""The word of a split, wherever it stands."""

from pathlib import Path

import pytest

from synthset.errors import RecipeError
from synthset.formats.split_names import (
    is_split,
    is_test,
    refuse_splits,
    split_below,
    split_of,
)

TESTS = [
    "wds_pets_test.tar",
    "pets-test.parquet",
    "pets.test.parquet",
    "TEST.PARQUET",
    "Test-00000-of-00002.parquet",
    "test1",
    "seg_test",
    "test_images",
    "test_set",
    "testing",
    "eval",
    "petsTest.tar",
    "test/0000.parquet",
    "pets test",
]
OTHERS = [
    "latest.tar",
    "contest.tar",
    "test_tube",
    "attested",
    "greatest_hits.parquet",
    "dev",
    "train.tar",
    "train/0.tar",
    "pets",
    "my-test/pets.parquet",
    "medieval",
]


@pytest.mark.parametrize("name", TESTS)
def test_a_test_split_is_known_by_its_word(name):
    assert is_test(Path("/data") / name)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_are_no_test_split(name):
    assert not is_test(Path("/data") / name)


def test_what_a_link_or_dots_lead_to_is_a_test_split(tmp_path):
    (tmp_path / "test/cat").mkdir(parents=True)
    (tmp_path / "images").symlink_to(tmp_path / "test")
    assert is_test(tmp_path / "images")
    assert is_test(tmp_path / "test/cat/..")


def test_a_folder_that_may_be_a_class_is_no_split_by_its_name():
    names = ["train", "training_set", "val2017", "test_tube", "dev board", "crash_test", "pets"]
    assert [split_of(name) for name in names] == ["train", "train", "val", None, None, "test", None]
    assert [is_split(name) for name in names] == [True, True, True, False, False, False, False]


def test_folders_above_a_file_count_and_several_words_stay_open():
    root = Path("/data/test_of_mine")
    assert split_below(root / "default/train/0000.parquet", root) == {"train"}
    assert split_below(root / "train_test_split/train/0.tar", root) == {"train"}
    assert split_below(root / "train/test-0.tar", root) == {"train", "test"}
    assert split_below(root / "pets.tar", root) == frozenset()


def test_files_of_several_splits_are_refused_with_a_pattern_for_one(tmp_path):
    files = [tmp_path / f"wds_pets_{split}-0.tar" for split in ("test", "train")]
    with pytest.raises(RecipeError, match=r"test, train; name one, .*/wds_pets_train\*\.tar"):
        refuse_splits(files, "source.paths[0].path")
    with pytest.raises(RecipeError, match="splits test, train"):
        refuse_splits([tmp_path / split / "0.tar" for split in ("test", "train")], "here")
    refuse_splits([tmp_path / "train" / f"{i}.tar" for i in range(2)], "here")
