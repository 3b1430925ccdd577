"""Articles go by sound."""

from __future__ import annotations

import pytest

from synthset.prompts.articles import add_article
from synthset.taxonomy import imagenet


@pytest.mark.parametrize(
    "phrase",
    [
        "a dog", "an orange", "an Airedale Terrier", "an hourglass", "a horse", "an heirloom",
        "a unicycle", "a uniform", "an umbrella", "an upright piano", "an uninvited guest",
        "a European polecat", "a ukulele", "a ewe", "an egg", "a one-piece bathing suit",
        "a utensil", "an X-ray", "an SUV", "a UFO", "a NASA rocket", "a RAM disk", "an LP",
        "an onion", "an iPod", "a St. Bernard", "an 8-track tape", "an 18-wheeler",
        "an 11th hour", "an 1811 map", "a 1911 pistol", "a 110 V plug",
        "a house of cards", "a bus", "a lens", "an albatross", "a triceratops", "an iris",
    ],
)  # fmt: skip
def test_the_article_follows_the_sound(phrase: str) -> None:
    assert add_article(phrase.split(" ", 1)[1]) == phrase


@pytest.mark.parametrize(
    "name", ["sunglasses", "jeans", "mashed potatoes", "pajamas", "swim trunks / shorts"]
)
def test_a_plural_has_no_article(name: str) -> None:
    assert add_article(name) == name


@pytest.mark.parametrize("name", ["the moon", "A dog", "an owl"])
def test_a_name_with_an_article_gets_no_second(name: str) -> None:
    assert add_article(name) == name


def test_nine_names_of_imagenet_are_plurals() -> None:
    bare = [
        known.name for known in imagenet.list_classes() if add_article(known.name) == known.name
    ]
    assert bare == [
        "binoculars", "clogs", "jeans", "tights", "pajamas", "parallel bars", "sunglasses",
        "swim trunks / shorts", "mashed potatoes",
    ]  # fmt: skip
