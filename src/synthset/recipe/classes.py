"""Which classes: names, free words, a file, ImageNet-1k, WordNet, or those of an import."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.settings import Settings
from synthset.taxonomy.classlists import SharedNames
from synthset.taxonomy.screen import SCREENS, Screen

ImageNetSubset = Literal[
    "all",
    "imagenette",
    "imagewoof",
    "imagenet-100",
    "mini-imagenet",
    "imagenet-a",
    "imagenet-r",
]
Senses = dict[str, str] | str | None  # class name -> synset, or a review file


class Names(Settings):
    """Plain class names; the order is the label order."""

    kind: Literal["names"]
    names: tuple[str, ...] = Field(min_length=1)
    """Class names as prompts should say them."""
    senses: Senses = None
    """WordNet synsets of some names, as `{crane: crane.n.05}` or in a review file. They give a
    class its wnid, gloss and groups; its key and folder stay its name."""


class Words(Settings):
    """Free words, each matched to a WordNet sense, by whose number the class is known."""

    kind: Literal["words"]
    words: tuple[str, ...] = Field(min_length=1)
    """Words; where a word has several senses, with a hint as in `crane (bird)`."""
    senses: Senses = None
    """Which sense a word has: `{bank: bank.n.01}`, or a review file, as
    `synthset classes words … --review FILE` writes it."""
    hints: Literal["exact", "text"] = "exact"
    """`exact` looks for a hint in the words above a sense and in its definition; `text` takes,
    where it stands in none, the sense whose definition is nearest in meaning (needs
    `synthset[text]`)."""


class ClassFile(Settings):
    """Classes that a file lists; the order is the label order."""

    kind: Literal["file"]
    path: str
    """A text with one name a line, or a CSV with the column `name`, and where wanted `synset` and
    `folder`."""


class ImageNet(Settings):
    """Classes of ImageNet-1k."""

    kind: Literal["imagenet"]
    select: tuple[str | int, ...] | ImageNetSubset = "all"
    """A subset by name, or a list of wnids, class indices (0 to 999), unambiguous names, synsets
    (`dog.n.01` takes every class under it) and subsets."""
    under: str | tuple[str, ...] | None = None
    """Only the classes under this WordNet synset, such as `dog.n.01`, or under one of these."""


class WordNet(Settings):
    """WordNet 3.0 noun synsets."""

    kind: Literal["wordnet"]
    synsets: tuple[str, ...] = Field(min_length=1)
    """Synsets by name (`dog.n.01`) or number (`n02084071`)."""
    closure: bool = False
    """Take each synset and all that lies under it, breadth first; else the synset alone."""
    instances: bool = False
    """In a closure: things with a name of their own too (Paris under city)."""
    max_depth: int | None = Field(None, ge=0)
    """In a closure: how many steps down to go; none goes all the way."""
    leaves_only: bool = False
    """In a closure: only synsets that have nothing under them."""
    shared_names: SharedNames = "refuse"
    """Synsets whose first word is the same: `refuse` them, `qualify` each by its hypernym as in
    `crane (wading bird)`, or keep the `first`."""
    screen: tuple[Screen, ...] = SCREENS
    """What a closure leaves out: `people`, and synsets that WordNet calls `offensive`; `[]` leaves
    nothing out."""


class FromSource(Settings):
    """The class names that the imported folders or files carry."""

    kind: Literal["source"]
    senses: Senses = None
    """WordNet synsets of some names, as in `kind: names`."""


Classes = Annotated[
    Names | Words | ClassFile | ImageNet | WordNet | FromSource, Field(discriminator="kind")
]
