"""Keys: safe names of folders, none twice, and none that changes."""

from __future__ import annotations

import pytest

from synthset.taxonomy.keys import folder_fault, folder_of, keys_of, slug, spelt


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
    assert keys_of(names) == keys
    assert not any(map(folder_fault, keys))


def test_what_is_appended_changes_no_key() -> None:
    names = ["C", "C++", "+", "-", "c plus plus", "C#", "c", "C++!", "\U0001f34e" * 99, "+-"]
    for count in range(len(names)):
        assert keys_of(names[:count]) == keys_of(names)[:count]
    assert len(set(keys_of(names))) == len(names)
    assert len(spelt("\U0001f34e" * 99).encode()) <= 200


def test_a_plain_name_keeps_the_key_that_it_always_had() -> None:
    names = ["Granny Smith (apple)", "crème brûlée", "cafe\u0301", "犬", "Nul", "a/b"]
    assert keys_of(names) == [slug(name) for name in names]


@pytest.mark.parametrize("folder", [".hid", "@eaDir", "__MACOSX", "CON", "..", "a/b", "a.", " a"])
def test_a_folder_that_could_not_be_read_back_is_told(folder: str) -> None:
    assert folder_fault(folder)
    assert folder_fault("x" * 200) is None
    assert folder_of(slug("Recycler")) == "recycler-"
