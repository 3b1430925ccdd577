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
    """Plain class names; their order is the order of the labels."""

    kind: Literal["names"]
    names: tuple[str, ...] = Field(min_length=1)
    """Class names, as prompts should spell them."""
    senses: Senses = None
    """WordNet synsets of some names, such as `{crane: crane.n.05}`, or a review file that holds
    them. They give a class its wnid, gloss and groups; its key and folder remain its name."""


class Words(Settings):
    """Free words, each matched to a WordNet sense, whose number (wnid) becomes the key of the
    class."""

    kind: Literal["words"]
    words: tuple[str, ...] = Field(min_length=1)
    """Words; where a word has several senses, add a hint, as in `crane (bird)`."""
    senses: Senses = None
    """Which sense a word has: `{bank: bank.n.01}`, or a review file written by `synthset classes
    words … --review FILE`."""
    hints: Literal["exact", "text"] = "exact"
    """`exact` looks for a hint among the words above a sense and in its definition. `text`, if no
    sense matches exactly, takes the one whose definition is nearest in meaning (needs
    `synthset[text]`)."""


class ClassFile(Settings):
    """Classes listed in a file; their order is the order of the labels."""

    kind: Literal["file"]
    path: str
    """A text file with one name per line, or a CSV file with the column `name` and, if you like,
    `synset` and `folder`."""


class ImageNet(Settings):
    """Classes of ImageNet-1k."""

    kind: Literal["imagenet"]
    select: tuple[str | int, ...] | ImageNetSubset = "all"
    """A subset by name, or a list of wnids, class indices (0 to 999), unambiguous names, synsets
    (`dog.n.01` takes every class under it) and subsets."""
    under: str | tuple[str, ...] | None = None
    """Only the classes under this WordNet synset, such as `dog.n.01`, or under any of several."""


class WordNet(Settings):
    """WordNet 3.0 noun synsets."""

    kind: Literal["wordnet"]
    synsets: tuple[str, ...] = Field(min_length=1)
    """Synsets by name (`dog.n.01`) or number (`n02084071`)."""
    closure: bool = False
    """Take each synset and everything under it, breadth first; otherwise the synset alone."""
    instances: bool = False
    """In a closure: also take things with a name of their own (Paris under city)."""
    max_depth: int | None = Field(None, ge=0)
    """In a closure: how many levels to go down; none goes all the way."""
    leaves_only: bool = False
    """In a closure: take only synsets that have nothing under them."""
    shared_names: SharedNames = "refuse"
    """What to do with synsets that share their first word: `refuse` them, `qualify` each by its
    hypernym as in `crane (wading bird)`, or keep the `first`."""
    screen: tuple[Screen, ...] = SCREENS
    """What a closure leaves out: `people`, and synsets that WordNet calls `offensive`; `[]` leaves
    nothing out."""


class FromSource(Settings):
    """The class names found in the imported folders or files."""

    kind: Literal["source"]
    senses: Senses = None
    """WordNet synsets of some names, as in `kind: names`."""


Classes = Annotated[
    Names | Words | ClassFile | ImageNet | WordNet | FromSource, Field(discriminator="kind")
]
