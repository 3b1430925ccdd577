"""The 1,000 classes of ImageNet-1k (ILSVRC 2012): wnid, class index, names, well-known subsets.

Each wnid is the number of a WordNet 3.0 synset: `wordnet.load().synset(wnid)` has the definition.
Paper: Russakovsky et al. 2015, arXiv 1409.0575
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from synthset.errors import RecipeError, did_you_mean
from synthset.taxonomy import wordnet

CLASSES = "imagenet-1k.tsv"  # both files are made by scripts/taxonomy/build_imagenet.py
SUBSETS = "imagenet-subsets.tsv"
PLURALS = (  # sunglasses is to find sunglass, and gas not to become ga
    (re.compile(r"(s|x|z|ch|sh)es$"), r"\1"),
    (re.compile(r"([^aisu])s$"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class ImageNetClass:
    """One class.

    Attributes:
        wnid: `n` and eight digits; the identity of the class and its folder in ImageNet.
        class_index: 0 to 999, the place in a classifier's output (timm and torchvision agree).
        name: what we call it; unique among the 1,000, whatever the case of its letters.
        official_name: the first lemma of its synset; not unique (crane, crane).
        clip_name: the name cleaned for CLIP, as open_clip has it; not unique (missile, missile).
    """

    wnid: str
    class_index: int
    name: str
    official_name: str
    clip_name: str

    def __str__(self) -> str:
        return f"{self.wnid} (index {self.class_index}, {self.name})"


@cache
def list_classes() -> tuple[ImageNetClass, ...]:
    """Return all classes; class i stands at place i."""
    return tuple(
        ImageNetClass(
            wnid=row["wnid"],
            class_index=int(row["class_index"]),
            name=row["name"],
            official_name=row["official_name"],
            clip_name=row["clip_name"],
        )
        for row in read_table(CLASSES)
    )


def find(query: str | int, where: str = "imagenet") -> ImageNetClass:
    """Find one class by wnid, class index or name.

    A name is compared without regard to case, hyphens and plural. First come our, the official and
    CLIP's names, then the other lemmas.

    >>> find(207).name
    'Golden Retriever'
    >>> find("Alsatian").wnid
    'n02106662'

    Args:
        query: "n02099601", 207, "207" or "golden retriever".
        where: what to call the place in an error, as in `classes[3]`.

    Raises:
        RecipeError: no class has it, or several have the name (all are shown).
    """
    text = str(query).strip()
    if re.fullmatch(r"-?\d+", text):
        return get_by_index(int(text), where)
    if wordnet.NUMBER.fullmatch(text):
        return get_by_wnid(text, where)
    found = find_by_name(text)
    if len(found) == 1:
        return found[0]
    if found:
        raise explain_ambiguous(text, found, where)
    near = did_you_mean(text, [*list_subset_names(), *list_known_names()])
    raise RecipeError(
        where,
        f"there is no ImageNet class or subset called {text!r}",
        f"{near} (a WordNet name such as 'dog.n.01' takes every ImageNet class under it)",
    )


def list_subset(name: str, where: str = "imagenet") -> tuple[ImageNetClass, ...]:
    """Return a subset's classes in its own order.

    Args:
        name: one of `list_subset_names()`.
        where: what to call the place in an error.
    """
    if name == "all":
        return list_classes()
    if name not in read_subsets():
        right = did_you_mean(name, list_subset_names())
        raise RecipeError(where, f"there is no subset of ImageNet called {name!r}", right)
    return tuple(get_by_wnid(wnid, where) for wnid in read_subsets()[name])


def list_subset_names() -> tuple[str, ...]:
    """List the names that `list_subset` knows: "all", and those of the data file."""
    return ("all", *read_subsets())


def list_under(synset: str | wordnet.Synset, where: str = "imagenet") -> tuple[ImageNetClass, ...]:
    """Return every class that is a kind of a WordNet synset (or the synset itself), by class index.

    >>> [found.name for found in list_under("domestic_cat.n.01")]
    ['tabby cat', 'tiger cat', 'Persian cat', 'Siamese cat', 'Egyptian Mau']

    Raises:
        RecipeError: WordNet has no such synset, or no class lies under it.
    """
    nouns = wordnet.load()
    source = nouns.synset(synset, where)
    found = tuple(known for known in list_classes() if nouns.is_under(known.wnid, source))
    if not found:
        right = "name a broader synset, or take the synset itself from WordNet instead of ImageNet"
        raise RecipeError(where, f"no ImageNet class is under {source.name!r}", right)
    return found


def get_by_index(index: int, where: str) -> ImageNetClass:
    if not 0 <= index < len(list_classes()):
        raise RecipeError(
            where, f"no ImageNet class has the index {index}", "give an index from 0 to 999"
        )
    return list_classes()[index]


def get_by_wnid(wnid: str, where: str) -> ImageNetClass:
    if wnid in map_wnids():
        return map_wnids()[wnid]
    nouns = wordnet.load()
    if wnid in nouns:
        right = f"'{nouns.synset(wnid).name}' takes every ImageNet class under it, if there is one"
    else:
        right = "it isn't a noun of WordNet 3.0 either"
    raise RecipeError(where, f"{wnid!r} is not among ImageNet's 1,000 classes", right)


def find_by_name(name: str) -> tuple[ImageNetClass, ...]:
    """Return the classes that bear a name: first those called so, else those with such a lemma."""
    called, lemmas = make_name_tables()
    key = name_key(name)
    return called.get(key) or lemmas.get(key, ())


def explain_ambiguous(name: str, found: tuple[ImageNetClass, ...], where: str) -> RecipeError:
    candidates = "".join(
        f"\n  {known}: {wordnet.load().synset(known.wnid).gloss}" for known in found
    )
    return RecipeError(
        where,
        f"{name!r} names {len(found)} ImageNet classes",
        f"give the wnid or the index of the one you mean:{candidates}",
    )


def name_key(name: str) -> str:
    """Reduce a name to what is compared: case folded, marks to blanks, the plural taken off."""
    words = " ".join(re.sub(r"[^\w']+", " ", name.casefold()).split())
    for plural, singular in PLURALS:
        if plural.search(words):
            return plural.sub(singular, words)
    return words


@cache
def make_name_tables() -> tuple[dict[str, tuple[ImageNetClass, ...]], ...]:
    """Map each name key to its classes: by what a class is called, and by its lemmas."""
    called: dict[str, tuple[ImageNetClass, ...]] = {}
    lemmas: dict[str, tuple[ImageNetClass, ...]] = {}
    for known in list_classes():
        for key in {name_key(n) for n in (known.name, known.official_name, known.clip_name)}:
            called[key] = (*called.get(key, ()), known)
        for key in {name_key(lemma) for lemma in wordnet.load().synset(known.wnid).lemmas}:
            lemmas[key] = (*lemmas.get(key, ()), known)
    return called, lemmas


def list_known_names() -> list[str]:
    return [known.name for known in list_classes()]


@cache
def map_wnids() -> dict[str, ImageNetClass]:
    return {known.wnid: known for known in list_classes()}


@cache
def read_subsets() -> dict[str, tuple[str, ...]]:
    return {row["subset"]: tuple(row["wnids"].split()) for row in read_table(SUBSETS)}


def read_table(name: str) -> list[dict[str, str]]:
    text = (files("synthset.taxonomy") / "data" / name).read_text(encoding="ascii")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
