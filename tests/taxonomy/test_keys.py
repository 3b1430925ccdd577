"""Keys: safe names of folders, none twice, and none that changes."""

from __future__ import annotations

import pytest

from synthset.taxonomy.keys import (
    find_folder_fault,
    make_keys,
    make_slug,
    name_folder,
    spell_symbols,
)


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["C", "C++", "C#"], ["c", "c-plus-plus", "c-number"]),
        (["C++", "C", "c plus plus"], ["c", "c-2", "c-plus-plus"]),
        (["C", "C++", "c plus plus"], ["c", "c-plus-plus", "c-plus-plus-2"]),
        (["5 %", "5 €"], ["5", "5-euro"]),
        (["\U0001f34e", "\U0001f34a"], ["red-apple", "tangerine"]),
        (["?!", ".."], ["question-exclamation", "full-stop-full-stop"]),
        (["m2", "m²"], ["m2", "m-superscript-two"]),
        (["हि", "हा"], ["ह", "हा"]),
        (["\ue000"], ["ue000"]),
        (["-", "--", "_"], ["hyphen-minus", "hyphen-minus-hyphen-minus", "low-line"]),
        (["hot dog", "Hot-Dog"], ["hot-dog", "hot-dog-2"]),
    ],
)
def test_names_that_differ_in_symbols_have_keys_of_their_own(names, keys) -> None:  # type: ignore[no-untyped-def]
    assert make_keys(names) == keys
    assert not any(map(find_folder_fault, keys))


def test_what_is_appended_changes_no_key() -> None:
    names = ["C", "C++", "+", "-", "c plus plus", "C#", "c", "C++!", "\U0001f34e" * 99, "+-"]
    for count in range(len(names)):
        assert make_keys(names[:count]) == make_keys(names)[:count]
    assert len(set(make_keys(names))) == len(names)
    assert len(spell_symbols("\U0001f34e" * 99).encode()) <= 200


def test_a_plain_name_keeps_the_key_that_it_always_had() -> None:
    names = ["Granny Smith (apple)", "crème brûlée", "cafe\u0301", "犬", "Nul", "a/b"]
    assert make_keys(names) == [make_slug(name) for name in names]


@pytest.mark.parametrize("folder", [".hid", "@eaDir", "__MACOSX", "CON", "..", "a/b", "a.", " a"])
def test_a_folder_that_could_not_be_read_back_is_told(folder: str) -> None:
    assert find_folder_fault(folder)
    assert find_folder_fault("x" * 200) is None
    assert name_folder(make_slug("Recycler")) == "recycler-"
