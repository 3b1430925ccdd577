"""Class names: one normal form, one check for collisions, one way to join sets."""

from __future__ import annotations

import pickle

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.names import (
    ClassIndex,
    ClassNames,
    Contradiction,
    describe_difference,
    describe_lookalike,
    fold_loosely,
    normalise,
    refuse_same,
)

DECOMPOSED, CYRILLIC = "cafe\u0301", "\u0441at"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("cat", "cat ", "differ only in a blank at the end"),
        ("cat", "\u3000cat", "differ only in a blank at the beginning"),
        ("hot dog", "hot\u00a0 dog", "differ only in blanks"),
        ("Cat", "cat", "differ only in case"),
        ("Cat ", "cat", "differ only in a blank at the end and in case"),
        ("caf\u00e9", DECOMPOSED, "é is U+00E9"),
        ("caf\u00e9", DECOMPOSED, "e and U+0301"),
        ("cat", "c\u200bat", "differ only in invisible characters (U+200B ZERO WIDTH SPACE)"),
        ("\ufeffcat", "cat", "U+FEFF"),
        ("STRASSE", "Straße", "ß is U+00DF"),
    ],
)
def test_what_the_eye_cant_see_is_said(one: str, other: str, how: str) -> None:
    with pytest.raises(RecipeError) as error:
        refuse_same(["dog", one, other], "source")
    assert how in str(error.value)
    assert str(error.value).endswith("rename one, or make them one class")


@pytest.mark.parametrize(
    "names",
    [
        ["C", "C++", "C#", "c-"],
        ["\U0001f34e", "\U0001f34a"],
        [CYRILLIC, "cat"],
        [ENGLAND, SCOTLAND],
        ["_", "__"],
        ["5 %", "5 €"],
        ["hot dog", "hot_dog", "hot-dog"],
    ],
)
def test_names_that_look_or_mean_otherwise_are_apart(names: list[str]) -> None:
    refuse_same(names, "source")


def test_a_normal_form_is_its_own() -> None:
    for name in (" a\t b ", DECOMPOSED, "\ufeffx\u200b", "\u2764\ufe0f", ENGLAND):
        assert normalise(normalise(name)) == normalise(name)
        assert fold_loosely(fold_loosely(name)) == fold_loosely(name)
    assert normalise("\u2764\ufe0f") == "\u2764\ufe0f"
    assert describe_difference("cat", "cat") == "'cat' appears twice"


def test_names_join_as_written_then_in_normal_form_then_in_any_case() -> None:
    index = ClassIndex(
        [ClassNames(["Cat"]), ClassNames(["caf\u00e9"]), ClassNames(["hot dog", "hot-dog"])]
    )
    meant = {name: index.find([name]) for name in ("cat ", DECOMPOSED, "Hot_Dog", "hot-dog", "dog")}
    assert list(meant.values()) == [{0}, {1}, {2}, {2}, set()]
    both = ClassIndex([["C++"], ["c++"]])
    assert [both.find([name]) for name in ("c++", "C++", "C++ ")] == [{1}, {0}, {0}]


def test_a_name_that_only_looks_alike_joins_where_one_alone_is_there() -> None:
    names = ["hot dog", "hot_dog", "hot-dog", "t-shirt"]
    index = ClassIndex([[name] for name in names])
    assert [index.find([name]) for name in names] == [{0}, {1}, {2}, {3}]
    assert [index.find([name]) for name in ("Hot Dog", "T_Shirt")] == [{0, 1, 2}, {3}]
    assert ClassIndex([["C"], ["A"]]).find(["C-"]) == set()


def test_two_classes_of_a_set_are_never_taken_for_one_that_both_look_like() -> None:
    index = ClassIndex([["hot dog"], ["cat"]])
    assert index.find_all([["hot_dog"], ["cat"]]) == [{0}, {1}]
    assert index.find_all([["hot_dog"], ["hot dog"]]) == [set(), {0}]
    with pytest.raises(Contradiction, match="'hot_dog' and 'hot-dog' could both be 'hot dog'"):
        index.find_all([["hot_dog"], ["hot-dog"]])


def test_a_key_names_no_class_that_another_is_called_like() -> None:
    mine, theirs = (
        ClassNames(["hot_dog", "hot-dog"]),
        [ClassNames(["hot dog", "hot-dog"]), ["hot-dog"]],
    )
    assert ClassIndex(theirs).find(mine) == {0, 1}
    assert ClassIndex(theirs).find(["hot-dog"]) == {1}


def test_classes_of_one_wnid_are_told_apart_by_name() -> None:
    index = ClassIndex([ClassNames(["sax"], "n04141076"), ClassNames(["saxophone"], "n04141076")])
    assert index.find(ClassNames(["saxophone"], "n04141076")) == {1}
    assert index.find(ClassNames(["horn"], "n04141076")) == {0, 1}


def test_a_key_that_symbols_left_joins_no_other_name() -> None:
    plus = ClassNames(["C++", "c"])
    assert ClassIndex([ClassNames(["C", "c"]), ClassNames(["C#", "c-number"])]).find(plus) == set()
    assert ClassIndex([["C"], ["C#"]]).find(plus) == set()
    assert ClassIndex([["c"], ["d"]]).find(plus) == {0}  # the folder that an export of it has
    assert ClassIndex([plus]).find(["c"]) == {0}


def test_numbers_and_wnids_that_contradict_are_shown() -> None:
    bird = ClassNames(["crane", "crane (134)"], number=134)
    index = ClassIndex([bird, ClassNames(["dog"], "n02084071")])
    with pytest.raises(Contradiction, match="'crane' has the number 517 here and 134 there"):
        index.find(ClassNames(["crane", "crane (517)"], number=517))
    with pytest.raises(Contradiction, match="wnid n02085374 here and n02084071 there"):
        index.find(ClassNames(["dog"], "n02085374"))
    assert index.find(ClassNames(["hound", "n02084071"], "n02084071")) == {1}
    assert index.find(ClassNames(["crane"])) == {0}
    copied = pickle.loads(pickle.dumps(bird))
    assert (copied, copied.number) == (bird, 134)


def test_letters_of_another_script_are_pointed_out() -> None:
    said = describe_lookalike(CYRILLIC, ["dog", "cat", "cot"])
    assert said.endswith("(\u0441 is U+0441 CYRILLIC SMALL LETTER ES) is not 'cat'")
    assert "U+0441" in describe_lookalike("cat", [CYRILLIC])
    assert describe_lookalike("dog", ["cat", "dot"]) == ""
