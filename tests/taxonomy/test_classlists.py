"""Class lists: identity by key, order as given, no two classes that could be taken for one."""

from __future__ import annotations

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.classlists import (
    ClassEntry,
    add_definition,
    make_name_classes,
    pick_imagenet_classes,
    pick_wordnet_classes,
    refuse_collisions,
)
from synthset.taxonomy.keys import make_slug


def problems(error: pytest.ExceptionInfo[RecipeError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


def test_plain_names_keep_their_order_and_get_safe_folders() -> None:
    zebra, retriever = make_name_classes(["zebra", "  Golden   Retriever "])
    assert zebra == ClassEntry(key="zebra", name="zebra", folder="zebra")
    assert (retriever.key, retriever.name) == ("golden-retriever", "Golden Retriever")


def test_a_plain_name_never_gets_a_wnid() -> None:
    (plain,) = make_name_classes(["unicycle"])
    assert (plain.wnid, plain.gloss, add_definition(plain).wnid) == (None, None, None)


def test_a_plain_name_of_one_sense_is_described_on_request() -> None:
    described = add_definition(make_name_classes(["unicycle"])[0])
    assert described.gloss == "a vehicle with a single wheel that is driven by pedals"
    assert described.hypernym == "wheeled vehicle"
    assert described.lemmas == ("unicycle", "monocycle")
    assert (described.key, described.name, described.folder) == ("unicycle",) * 3


@pytest.mark.parametrize("name", ["crane", "blorple"])
def test_no_sense_is_guessed(name: str) -> None:
    (entry,) = make_name_classes([name])
    assert add_definition(entry) == entry


def test_names_that_are_one_but_for_case_are_refused_with_both_shown() -> None:
    with pytest.raises(RecipeError) as error:
        make_name_classes(["hot dog", "cat", "Hot  Dog", "CAT"])
    first, second = problems(error)
    assert "'hot dog' and 'Hot  Dog' differ only in blanks and in case" in first
    assert "'cat' and 'CAT' differ only in case" in second


def test_names_that_differ_in_underscores_and_hyphens_are_classes_with_keys_of_their_own() -> None:
    entries = make_name_classes(["hot dog", "hot_dog", "hot-dog"])
    assert [entry.key for entry in entries] == ["hot-dog", "hot-dog-2", "hot-dog-3"]
    assert [entry.name for entry in entries] == ["hot dog", "hot_dog", "hot-dog"]


def test_a_name_that_is_a_wnid_gets_all_that_wordnet_knows() -> None:
    dog, bird, machine, odd = make_name_classes(
        ["n02099601", "n02012849", "n03126707", "n99999999"]
    )
    assert (dog.name, dog.key, dog.folder, dog.class_index) == (
        ("Golden Retriever", "n02099601", "n02099601", 207)
    )
    assert dog.gloss
    assert bird.name != machine.name
    assert (odd.name, odd.wnid) == ("n99999999", None)


def test_wnids_of_one_word_are_told_apart_and_plain_names_stay() -> None:
    names = ["n02853449", "n08420278", "n09213565", "Bank"]  # a bank of money, of a river, …
    found = [entry.name for entry in make_name_classes(names)]
    assert len(set(map(str.casefold, found))) == 4
    assert found[-1] == "Bank"


@pytest.mark.parametrize("maker", [make_name_classes, pick_imagenet_classes, pick_wordnet_classes])
def test_an_empty_list_is_refused(maker) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecipeError, match="there is no class"):
        maker([])


@pytest.mark.parametrize(("name", "hint"), [("\u200b", "no visible"), ("x" * 300, "too long")])
def test_a_name_without_a_folder_is_refused_at_its_place(name: str, hint: str) -> None:
    with pytest.raises(RecipeError, match=rf"classes\.names\[1\].*{hint}"):
        make_name_classes(["cat", name])


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Granny Smith (apple)", "granny-smith-apple"),
        ("../../etc/passwd", "etc-passwd"),
        ("crème brûlée", "crème-brûlée"),
        ("cafe\u0301", "café"),
        ("犬", "犬"),
        ("Nul", "nul-"),
        ("a/b\\c:d", "a-b-c-d"),
    ],
)
def test_a_slug_is_safe_on_every_file_system(name: str, folder: str) -> None:
    assert make_slug(name) == folder


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (ClassEntry("n1", "cat", "n1"), ClassEntry("n1", "dog", "n2"), "key 'n1'"),
        (ClassEntry("n1", "Crane", "n1"), ClassEntry("n2", "crane", "n2"), "name 'crane'"),
        (ClassEntry("n1", "cat", "Pets"), ClassEntry("n2", "dog", "pets"), "folder 'pets'"),
    ],
)
def test_two_classes_that_could_be_taken_for_one_are_refused(
    one: ClassEntry, other: ClassEntry, shared: str
) -> None:
    with pytest.raises(RecipeError) as error:
        refuse_collisions([one, other])
    (text,) = problems(error)
    assert f"{one.name!r} (label 0, {one.key}) and {other.name!r} (label 1, {other.key})" in text
    assert f"share the {shared}" in text


def test_many_collisions_are_counted_and_not_all_listed() -> None:
    with pytest.raises(RecipeError) as error:
        refuse_collisions([ClassEntry("n1", "cat", "n1")] * 100)
    assert len(problems(error)) == 13
    assert "87 more collisions" in problems(error)[-1]


def test_classes_apart_pass_as_they_are() -> None:
    entries = (ClassEntry("n1", "cat", "n1"), ClassEntry("n2", "dog", "n2"))
    assert refuse_collisions(entries) == entries


def test_an_imagenet_class_carries_all_that_is_known_of_it() -> None:
    (entry,) = pick_imagenet_classes("n02099601")
    assert entry == ClassEntry(
        key="n02099601",
        name="Golden Retriever",
        folder="n02099601",
        wnid="n02099601",
        class_index=207,
        gloss="an English breed having a long silky golden coat",
        hypernym="retriever",
        lemmas=("golden retriever",),
    )


def test_the_order_of_a_selection_is_the_order_of_the_labels() -> None:
    entries = pick_imagenet_classes(["n02123045", "tench", 207])
    assert [entry.class_index for entry in entries] == [281, 0, 207]


def test_subsets_and_hypernyms_select_many() -> None:
    assert len(pick_imagenet_classes("imagenette")) == 10
    assert len(pick_imagenet_classes(["domestic_cat.n.01", "tench"])) == 6
    assert [
        entry.class_index for entry in pick_imagenet_classes("imagenette", under="dog.n.01")
    ] == [217]


def test_all_of_imagenet_has_no_collision() -> None:
    assert [entry.class_index for entry in pick_imagenet_classes("all")] == list(range(1000))


def test_an_imagenet_class_picked_twice_is_refused() -> None:
    with pytest.raises(RecipeError, match="share the key 'n01440764'; list each class once"):
        pick_imagenet_classes(["imagenette", "tench"])


def test_an_ambiguous_item_is_named_by_its_place() -> None:
    with pytest.raises(RecipeError, match=r"classes\.select\[1\]: 'crane' names 2"):
        pick_imagenet_classes(["tench", "crane"])


def test_the_two_cranes_of_imagenet_live_side_by_side() -> None:
    bird, machine = pick_imagenet_classes(["n02012849", "n03126707"])
    assert (bird.name, machine.name) == ("crane bird", "construction crane")


def test_wordnet_classes_are_taken_alone_unless_the_closure_is_asked_for() -> None:
    (dog,) = pick_wordnet_classes("dog.n.01")
    assert (dog.name, dog.key, dog.folder, dog.class_index) == (
        "dog",
        "n02084071",
        "n02084071",
        None,
    )
    assert len(pick_wordnet_classes("dog.n.01", closure=True, shared_names="qualify")) == 190
    cats = pick_wordnet_classes("cat.n.01", closure=True, max_depth=1)
    assert [entry.name for entry in cats] == ["cat", "domestic cat", "wildcat"]


def test_a_synset_that_imagenet_has_too_gets_its_index() -> None:
    assert pick_wordnet_classes("tench.n.01")[0].class_index == 0


def test_wordnet_classes_of_one_name_are_refused_by_default() -> None:
    with pytest.raises(RecipeError, match=r"share the name 'crane'; leave one out, or .*qualify"):
        pick_wordnet_classes(["crane.n.04", "crane.n.05"])


def test_wordnet_classes_of_one_name_can_be_qualified() -> None:
    entries = pick_wordnet_classes(["crane.n.04", "crane.n.05", "dog.n.01"], shared_names="qualify")
    assert [entry.name for entry in entries] == [
        "crane (lifting device)",
        "crane (wading bird)",
        "dog",
    ]


def test_names_that_share_their_hypernym_as_well_are_qualified_by_their_sense() -> None:
    entries = pick_wordnet_classes(["land.n.04", "land.n.02"], shared_names="qualify")
    assert [entry.name for entry in entries] == ["land (land.n.04)", "land (land.n.02)"]


def test_the_first_of_one_name_can_be_kept_in_its_place() -> None:
    entries = pick_wordnet_classes(["crane.n.04", "dog.n.01", "crane.n.05"], shared_names="first")
    assert [entry.key for entry in entries] == ["n03126707", "n02084071"]


def test_the_whole_closure_of_object_can_be_labelled() -> None:
    entries = pick_wordnet_classes("object.n.01", closure=True, shared_names="qualify")
    assert len(entries) == 29_581


def test_a_root_has_no_hypernym() -> None:
    assert pick_wordnet_classes("entity.n.01")[0].hypernym is None


def test_a_hypernym_that_leaves_nothing_is_named():
    with pytest.raises(RecipeError) as error:
        pick_imagenet_classes("imagewoof", under="cat.n.01")
    assert str(error.value) == (
        "classes.under: none of the 10 selected classes is under cat.n.01; select others, or name "
        "a broader synset"
    )


def test_a_subset_that_there_is_not_brings_the_nearest_to_mind():
    with pytest.raises(RecipeError, match="did you mean 'imagenet-100'"):
        pick_imagenet_classes("imagenet-10")
