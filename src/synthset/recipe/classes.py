"""Which classes: plain names, ImageNet-1k, WordNet, or those of an imported source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.settings import Settings


class Names(Settings):
    """Plain class names; the order is the label order."""

    kind: Literal["names"]
    names: tuple[str, ...] = Field(min_length=1)
    """Class names as prompts should say them."""


class ImageNet(Settings):
    """Classes of ImageNet-1k."""

    kind: Literal["imagenet"]
    select: tuple[str | int, ...] | Literal["all", "imagenette", "imagewoof", "mini-imagenet"] = (
        "all"
    )
    """A subset by name, or a list of wnids, class indices (0 to 999) and unambiguous names."""
    under: str | None = None
    """Only the classes under this WordNet synset, such as `dog.n.01`."""


class WordNet(Settings):
    """WordNet 3.0 noun synsets."""

    kind: Literal["wordnet"]
    synsets: tuple[str, ...] = Field(min_length=1)
    """Synsets by name (`dog.n.01`) or number (`n02084071`)."""


class FromSource(Settings):
    """The class names that the imported folders or files carry."""

    kind: Literal["source"]


Classes = Annotated[Names | ImageNet | WordNet | FromSource, Field(discriminator="kind")]


class Prompts(Settings):
    """How a class becomes a prompt."""

    templates: tuple[str, ...] | Literal["clip"] = Field(("a photo of {a_class}",))
    """Templates with the fields {class}, {a_class}, {gloss}, {hypernym}, {lemmas} and those of
    `variations`; or `clip`."""
    variations: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Lists of words by field, such as `background: [in a forest, at home]`; drawn by each record's
    own seed."""
    negative: str = ""
    """Negative prompt, the same for all."""
