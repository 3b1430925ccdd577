"""Sets of images are joined by what their classes are called."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_images import png

from synthset.errors import RecipeError
from synthset.experiment.images import Collection, FromMemory, collect, find_label, join_labels
from synthset.recipe.labelled_images import Pictures
from synthset.taxonomy.names import ClassIndex, ClassNames


def named(*classes):
    """A set with an image of each class."""
    labels = np.arange(len(classes))
    contents = tuple(map(str, labels))
    return Collection(
        tuple(map(ClassNames, classes)), labels, contents, FromMemory([b""] * len(labels))
    )


def pictures(place):
    return collect(Pictures(kind="images", paths=[{"path": str(place)}]), "real.train")


def folders(place, *names):
    for k, name in enumerate(names):
        (place / name).mkdir(parents=True)
        (place / name / "a.png").write_bytes(png(k, 9))
    return place


def joins(train, test):
    return join_labels(test, train.classes, "real.test", strict=True).tolist()


def test_names_join_in_any_normal_form(tmp_path):
    train = pictures(folders(tmp_path / "a", "caf\u00e9", "Hot Dog"))
    assert joins(train, pictures(folders(tmp_path / "b", "cafe\u0301", "hot_dog"))) == [1, 0]


def test_names_of_one_set_that_look_alike_are_refused_in_the_words_of_the_others(tmp_path):
    with pytest.raises(RecipeError) as error:
        pictures(folders(tmp_path, "Cat", "cat", "cat ", "dog"))
    first, second = map(str, error.value.problems)
    assert first.startswith("real.train: 'Cat' and 'cat' differ only in case")
    assert "'cat ' differ only in a blank at the end" in second


def test_c_is_not_c_plus_plus_though_its_key_may_be():
    both = named(["C", "c"], ["C++", "c-plus-plus"])
    assert joins(both, named(["C++", "c"], ["C", "c-2"])) == [1, 0]
    with pytest.raises(RecipeError, match=r"'C\+\+' is not among the trained classes"):
        joins(named(["C", "c"], ["dog"]), named(["C++", "c"]))


def test_a_letter_of_another_script_is_pointed_out():
    with pytest.raises(RecipeError, match=r"U.0441 CYRILLIC SMALL LETTER ES. is not 'cat'"):
        joins(named(["cat"], ["dog"]), named(["\u0441at"], ["dog"]))


@pytest.mark.parametrize("wnid", [True, False])
def test_two_numbers_of_one_name_never_join(tmp_path, wnid):
    """ImageNet's cranes, a bird and a machine, by number and by wnid."""
    sets = []
    for number, synset in ((134, "n02012849"), (517, "n03126707")):
        path = tmp_path / f"{number}.parquet"
        images = [png(number % 99, k) for k in range(2)]
        table = {"image": images, "label": [number, 207], "label_name": ["crane", "dog"]}
        pq.write_table(pa.table(table), path)
        one = pictures(path)
        sets.append(named(["dog"]) if wnid else one)
        if wnid:
            sets[-1] = Collection(
                (ClassNames(["crane", synset], synset), ClassNames(["dog"])),
                np.arange(2),
                ("a", "b"),
                one.read,
            )
    with pytest.raises(
        RecipeError, match=r"'crane' has the .* here and .* there, among the trained"
    ):
        joins(*sets)


def test_names_that_differ_in_underscores_and_hyphens_join_as_classes_of_their_own(tmp_path):
    names = ("hot dog", "hot-dog", "hot_dog")
    train = pictures(folders(tmp_path / "a", *names))
    assert [one[0] for one in train.classes] == list(names)
    assert joins(train, pictures(folders(tmp_path / "b", *names))) == [0, 1, 2]


def test_a_set_in_another_spelling_joins_where_it_can_mean_one_class_alone():
    test = named(["Hot_Dog"], ["cat"])
    assert joins(named(["cat"], ["hot dog"]), test) == [1, 0]
    with pytest.raises(RecipeError, match="'Hot_Dog' could be 'hot dog' or 'hot-dog'"):
        joins(named(["hot dog"], ["hot-dog"], ["cat"]), test)
    with pytest.raises(RecipeError, match="'hot_dog' and 'hot-dog' could both be 'hot dog'"):
        joins(named(["hot dog"]), named(["hot_dog"], ["hot-dog"]))


def test_a_setting_names_a_class_as_it_is_written_or_by_what_looks_like_it_alone():
    index = ClassIndex(
        [ClassNames(["hot dog", "hot-dog"]), ClassNames(["hot-dog", "hot-dog-2"]), ["Cat"]]
    )
    assert [find_label(one, index, "x") for one in ("hot dog", "hot-dog", "cat")] == [0, 1, 2]
    with pytest.raises(RecipeError, match="x: 'hot_dog' could be 'hot dog' or 'hot-dog'"):
        find_label("hot_dog", index, "x")
    with pytest.raises(RecipeError, match="no class 'Hot'; known: Cat, hot dog"):
        find_label("Hot", index, "x")
