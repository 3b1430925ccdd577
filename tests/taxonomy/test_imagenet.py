"""ImageNet-1k: every class is reached by number, and by name only where the name is its own."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy import imagenet, wordnet


def folder_of(package: str) -> Path:
    """Find an installed package without importing it (and torch with it)."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0])


def test_there_are_a_thousand_classes_in_the_order_of_their_wnids() -> None:
    classes = imagenet.list_classes()
    assert [known.class_index for known in classes] == list(range(1000))
    assert [known.wnid for known in classes] == sorted({known.wnid for known in classes})


def test_our_names_are_unique_whatever_their_case() -> None:
    assert len({known.name.casefold() for known in imagenet.list_classes()}) == 1000


def test_the_official_name_is_the_first_lemma() -> None:
    for known in imagenet.list_classes():
        assert wordnet.load().synset(known.wnid).word == known.official_name


def test_the_table_agrees_with_the_libraries_it_came_from() -> None:
    wnids = (folder_of("timm") / "data/_info/imagenet_synsets.txt").read_text().split()
    text = (folder_of("open_clip") / "zero_shot_metadata.py").read_text()
    names = ast.literal_eval(text.split("IMAGENET_CLASSNAMES = ")[1])
    assert [known.wnid for known in imagenet.list_classes()] == wnids
    assert [known.clip_name for known in imagenet.list_classes()] == list(names)


@pytest.mark.parametrize(
    "query", ["n02099601", 207, "207", "Golden Retriever", "golden-retriever", "golden retrievers"]
)
def test_a_class_is_found_by_wnid_index_or_name(query: str | int) -> None:
    assert imagenet.find(query).class_index == 207


def test_a_lemma_finds_its_class_and_a_name_goes_before_a_lemma() -> None:
    assert imagenet.find("Alsatian").wnid == "n02106662"
    assert imagenet.find("harp").wnid == "n03495258"  # a harmonica is a "harp" too


@pytest.mark.parametrize(
    ("name", "wnids"),
    [
        ("crane", ["n02012849", "n03126707"]),
        ("maillot", ["n03710637", "n03710721"]),
        ("missile", ["n03773504", "n04008634"]),
        ("sunglass", ["n04355933", "n04356056"]),
        ("sunglasses", ["n04355933", "n04356056"]),
        ("Cardigan", ["n02113186", "n02963159"]),
        ("panda", ["n02509815", "n02510455"]),
    ],
)
def test_an_ambiguous_name_is_refused_with_all_candidates(name: str, wnids: list[str]) -> None:
    with pytest.raises(RecipeError) as refusal:
        imagenet.find(name, "classes.select[2]")
    text = str(refusal.value)
    assert text.startswith(f"classes.select[2]: {name!r} names 2 ImageNet classes")
    for wnid in wnids:
        assert f"{wnid} (index {imagenet.find(wnid).class_index}, " in text
        assert wordnet.load().synset(wnid).gloss in text


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        (1000, "give an index from 0 to 999"),
        (-1, "give an index from 0 to 999"),
        ("golden retreiver", "did you mean 'Golden Retriever'?"),
        ("n02084071", "'dog.n.01' takes every ImageNet class under it"),
        ("n99999999", "it isn't a noun of WordNet 3.0 either"),
    ],
)
def test_an_unknown_class_is_refused_with_a_hint(query: str | int, hint: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        imagenet.find(query)
    assert hint in str(refusal.value)


def test_imagenette_has_its_ten_classes_in_its_own_order() -> None:
    indices = [known.class_index for known in imagenet.list_subset("imagenette")]
    assert indices == [0, 217, 482, 491, 497, 566, 569, 571, 574, 701]


def test_every_subset_has_the_size_it_is_known_for() -> None:
    sizes = {name: len(set(imagenet.list_subset(name))) for name in imagenet.list_subset_names()}
    assert sizes == {
        "all": 1000,
        "imagenette": 10,
        "imagewoof": 10,
        "imagenet-100": 100,
        "mini-imagenet": 100,
        "imagenet-a": 200,
        "imagenet-r": 200,
    }


def test_an_unknown_subset_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean 'imagenette'"):
        imagenet.list_subset("imagenete")


def test_a_hypernym_selects_all_classes_under_it() -> None:
    assert [known.class_index for known in imagenet.list_under("dog.n.01")] == list(range(151, 269))
    assert len(imagenet.list_under("entity.n.01")) == 1000
    assert [known.class_index for known in imagenet.list_under("golden_retriever.n.01")] == [207]


def test_a_hypernym_with_no_class_under_it_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"no ImageNet class is under 'tree\.n\.01'"):
        imagenet.list_under("tree.n.01")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Sunglasses", "sunglass"),
        ("jeans", "jean"),
        ("hot-dogs", "hot dog"),
        ("albatross", "albatross"),
        ("school bus", "school bus"),
        ("boxes", "box"),
    ],
)
def test_names_are_compared_without_case_hyphen_and_plural(name: str, key: str) -> None:
    assert imagenet.name_key(name) == key
