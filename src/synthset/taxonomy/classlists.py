"""Turn the class words of a recipe into labels: one entry a class, in the order given.

A class is known by its key and never by its name: two classes of ImageNet are called "crane".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from synthset.errors import Problem, RecipeError
from synthset.taxonomy import imagenet, wordnet
from synthset.taxonomy.keys import MAX_FOLDER_BYTES, fold_case, make_keys, make_slug, name_folder
from synthset.taxonomy.names import SHOWN, ClassNames, fold_name, normalise, refuse_same
from synthset.taxonomy.screen import Screen, Screened, list_decent_lemmas, sift

#: What to do with WordNet classes whose first lemmas are the same word.
SharedNames = Literal["refuse", "qualify", "first"]


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """One class of a dataset.

    Attributes:
        key: identity: the wnid for ImageNet and WordNet classes, else the slug of the name.
        name: what prompts and galleries say, "golden retriever".
        folder: folder name in exports: the wnid where there is one, else the slug of the name.
        wnid: number of its WordNet 3.0 synset, `n02099601`.
        class_index: its index in ImageNet-1k, 0 to 999.
        gloss: WordNet's definition.
        hypernym: name of the first hypernym, in readable words.
        lemmas: all words for it, the most usual first.
    """

    key: str
    name: str
    folder: str
    wnid: str | None = None
    class_index: int | None = None
    gloss: str | None = None
    hypernym: str | None = None
    lemmas: tuple[str, ...] = ()


def make_name_classes(names: Sequence[str], where: str = "classes") -> tuple[ClassEntry, ...]:
    """Make one class of each plain name. No WordNet sense is guessed; a name that is a synset's
    number gets all that WordNet and ImageNet know of it.

    >>> [(entry.name, entry.folder) for entry in make_name_classes(["Tabby Cat", "n02099601"])]
    [('Tabby Cat', 'tabby-cat'), ('Golden Retriever', 'n02099601')]

    Args:
        names: the names, in the order of the labels.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: no name at all, an unusable one, or two that `names.fold_name` writes alike.
    """
    refuse_same(names, where)
    return refuse_collisions(
        make_entries(names, [f"{where}.names[{place}]" for place in range(len(names))]), where
    )


def pick_imagenet_classes(
    selection: str | int | Sequence[str | int] = "all",
    under: str | Sequence[str] = (),
    where: str = "classes",
) -> tuple[ClassEntry, ...]:
    """Pick ImageNet-1k classes.

    >>> [entry.class_index for entry in pick_imagenet_classes(["tench", 207, "n02123045"])]
    [0, 207, 281]
    >>> len(pick_imagenet_classes("imagenette")), len(pick_imagenet_classes("dog.n.01"))
    (10, 118)

    Args:
        selection: one item or several, in the order of the labels. An item is "all", the name of a
            subset ("imagenette"), a wnid, a class index, a class name, or the name of a WordNet
            synset ("dog.n.01": every ImageNet class under it).
        under: keep only the picked classes that lie under this WordNet synset, or one of these.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: an item is unknown or ambiguous, a class is picked twice, or none is picked.
    """
    items = [selection] if isinstance(selection, str | int) else selection
    picked = [
        found
        for place, item in enumerate(items)
        for found in pick(item, f"{where}.select[{place}]")
    ]
    tops = [under] if isinstance(under, str) else under
    if tops:
        kept = {
            found
            for place, top in enumerate(tops)
            for found in imagenet.list_under(top, f"{where}.under[{place}]")
        }
        if picked and not any(found in kept for found in picked):
            what = f"none of the {len(picked):,} selected classes is under {' or '.join(tops)}"
            raise RecipeError(f"{where}.under", what, "select others, or name a broader synset")
        picked = [found for found in picked if found in kept]
    return refuse_collisions([make_imagenet_entry(found) for found in picked], where)


def pick_wordnet_classes(
    selection: str | Sequence[str],
    *,
    closure: bool = False,
    instances: bool = False,
    max_depth: int | None = None,
    leaves_only: bool = False,
    shared_names: SharedNames = "refuse",
    screen: Sequence[Screen] = (),
    where: str = "classes",
) -> tuple[ClassEntry, ...]:
    """Pick WordNet noun synsets, or all that lies under them.

    >>> [entry.name for entry in pick_wordnet_classes("cat.n.01", closure=True, max_depth=1)]
    ['cat', 'domestic cat', 'wildcat']

    Args:
        selection: one synset or several, in the order of the labels: a name (`dog.n.01`), a number
            (`n02084071`), or a word with one noun sense.
        closure: take each synset and everything under it, breadth first; else the synset alone.
        instances: in a closure, take things with a name of their own too (Paris under city).
        max_depth: in a closure, how many steps down to go; None goes all the way.
        leaves_only: in a closure, keep only synsets with nothing under them.
        shared_names: synsets with the same first lemma are refused; or "qualify" each by its
            hypernym, "crane (wading bird)"; or keep the "first" only.
        screen: what to leave out: "people", "offensive".
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: an item is unknown or ambiguous, is itself screened, a synset is picked twice,
            names collide (see `shared_names`), or nothing is picked.
    """
    passed, _ = pick_synsets(
        selection, closure, instances, max_depth, leaves_only, screen=screen, where=where
    )
    return make_synset_classes(passed, shared_names, where)


def pick_synsets(
    selection: str | Sequence[str],
    closure: bool = True,
    instances: bool = False,
    max_depth: int | None = None,
    leaves_only: bool = False,
    *,
    screen: Sequence[Screen] = (),
    where: str = "classes",
) -> tuple[list[wordnet.Synset], list[Screened]]:
    """Pick synsets as `pick_wordnet_classes` does: those that pass the screen, and the others.

    A synset that two of the selection lead to comes once, at its first place.
    """
    items = [selection] if isinstance(selection, str) else selection
    nouns = wordnet.load()
    sources = [nouns.synset(item, f"{where}.synsets[{place}]") for place, item in enumerate(items)]
    _, asked = sift(sources, screen)
    if asked:
        raise RecipeError.of([explain_screened(found, where) for found in asked])
    if not closure:
        return sources, []
    found = [
        below
        for source in sources
        for below in nouns.closure(source, instances, max_depth, leaves_only)
    ]
    passed, left_out = sift(dict.fromkeys(found), screen)
    if not passed:
        right = "allow a larger max_depth, or remove leaves_only or screen"
        raise RecipeError(f"{where}.synsets", f"nothing under {', '.join(items)} remains", right)
    return passed, left_out


def make_synset_classes(
    synsets: Sequence[wordnet.Synset],
    shared_names: SharedNames = "refuse",
    where: str = "classes",
) -> tuple[ClassEntry, ...]:
    """Make one class of each synset; see `pick_wordnet_classes` for what is refused."""
    entries = [make_synset_entry(synset) for synset in synsets]
    return refuse_collisions(settle_shared_names(entries, shared_names), where)


def explain_screened(found: Screened, where: str) -> Problem:
    """Refuse a synset that was named and is screened: leaving it out silently would surprise."""
    why = f"the screen {found.screen!r} leaves out {found.synset.name!r} ({found.criterion})"
    return Problem(f"{where}.synsets", why, "remove it, or switch that screen off: `screen: []`")


def refuse_collisions(
    entries: Sequence[ClassEntry], where: str = "classes"
) -> tuple[ClassEntry, ...]:
    """Check a label list and return it as it is.

    Args:
        entries: the classes, in the order of the labels.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: there is no class, or two share a key, a name or a folder. Case does not tell
            names apart: many file systems do not keep "Crane" and "crane" apart. Every pair is a
            problem of its own.
    """
    if not entries:
        raise RecipeError(where, "there is no class", "name at least one")
    problems = find_collisions(entries, where)
    if len(problems) > SHOWN:
        rest = Problem(where, f"{len(problems) - SHOWN} more collisions", "as above")
        problems = [*problems[:SHOWN], rest]
    if problems:
        raise RecipeError.of(problems)
    return tuple(entries)


def add_definition(entry: ClassEntry) -> ClassEntry:
    """Fill in gloss, hypernym and lemmas from WordNet, for a template that asks for them.

    A class with a gloss stays as it is. So does a plain name with several noun senses, or none: no
    sense is guessed. The wnid and all else that identifies the class never change.

    >>> add_definition(make_name_classes(["unicycle"])[0]).gloss
    'a vehicle with a single wheel that is driven by pedals'
    >>> add_definition(make_name_classes(["crane"])[0]).gloss is None
    True
    """
    if entry.gloss is not None or entry.wnid is not None:
        return entry
    senses = wordnet.load().senses(entry.name)
    if len(senses) != 1:
        return entry
    words = describe_synset(senses[0])
    return replace(entry, gloss=words.gloss, hypernym=words.hypernym, lemmas=words.lemmas)


def make_entries(names: Sequence[str], places: Sequence[str]) -> list[ClassEntry]:
    """Make the entries of plain names.

    Args:
        names: of one list, in the order of the labels.
        places: of each in the recipe or a file, for messages.
    """
    words = [normalise(name) for name in names]
    for name, where in zip(words, places, strict=True):
        if not name:
            found = "the class name has no visible characters"
            raise RecipeError(where, found, "give the class a name")
        if len(make_slug(name).encode()) > MAX_FOLDER_BYTES:
            found = f"the class name {name[:40] + '…'!r} is too long for a folder"
            raise RecipeError(where, found, f"keep it under {MAX_FOLDER_BYTES} bytes")
    entries = [
        _make_wnid_entry(name)
        if wordnet.is_number(name)
        else ClassEntry(key, name, name_folder(key))
        for key, name in zip(make_keys(words), words, strict=True)
    ]
    return settle_shared_names(entries, "qualify")


def _make_wnid_entry(number: str) -> ClassEntry:
    known = imagenet.map_wnids().get(number)
    return make_imagenet_entry(known) if known else make_synset_entry(wordnet.load().synset(number))


def pick(item: str | int, where: str) -> tuple[imagenet.ImageNetClass, ...]:
    """Return the ImageNet classes that one item of a selection stands for."""
    if item in imagenet.list_subset_names():
        return imagenet.list_subset(str(item), where)
    if isinstance(item, str) and wordnet.NAME.fullmatch(item):
        return imagenet.list_under(item, where)
    return (imagenet.find(item, where),)


def make_imagenet_entry(found: imagenet.ImageNetClass) -> ClassEntry:
    """Make the entry of an ImageNet class."""
    words = describe_synset(wordnet.load().synset(found.wnid))
    return replace(words, name=found.name, class_index=found.class_index)


def make_synset_entry(synset: wordnet.Synset) -> ClassEntry:
    """Make the entry of a WordNet synset; one that ImageNet-1k has too gets its class index."""
    known = imagenet.map_wnids().get(synset.number)
    return replace(describe_synset(synset), class_index=known.class_index if known else None)


def describe_synset(synset: wordnet.Synset) -> ClassEntry:
    """Say what WordNet knows of a synset."""
    above = wordnet.load().hypernyms(synset)
    return ClassEntry(
        key=synset.number,
        name=synset.word,
        folder=synset.number,
        wnid=synset.number,
        gloss=synset.gloss,
        hypernym=above[0].word if above else None,
        lemmas=list_decent_lemmas(synset),
    )


def settle_shared_names(entries: list[ClassEntry], shared_names: SharedNames) -> list[ClassEntry]:
    """Settle WordNet classes of one name in the way that `pick_wordnet_classes` was asked to."""
    if shared_names == "first":
        kept: dict[str, ClassEntry] = {}
        for entry in entries:
            kept.setdefault(fold_name(entry.name), entry)
        return list(kept.values())
    if shared_names == "qualify":
        return qualify_names(qualify_names(entries, by_hypernym=True), by_hypernym=False)
    return entries


def qualify_names(entries: list[ClassEntry], by_hypernym: bool) -> list[ClassEntry]:
    """Add to each shared name its hypernym, "crane (wading bird)", or its sense, "(crane.n.05)"."""
    times = Counter(fold_name(entry.name) for entry in entries)
    return [
        replace(entry, name=qualify(entry, by_hypernym))
        if entry.wnid and times[fold_name(entry.name)] > 1
        else entry
        for entry in entries
    ]


def qualify(entry: ClassEntry, by_hypernym: bool) -> str:
    if by_hypernym and entry.hypernym:
        return f"{entry.name} ({entry.hypernym})"
    synset = wordnet.load().synset(entry.key)
    return f"{next(iter(entry.lemmas), synset.word)} ({synset.name})"


def find_collisions(entries: Sequence[ClassEntry], where: str) -> list[Problem]:
    """Report each class that shares its key, name, folder or synset with an earlier one."""
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for label, entry in enumerate(entries):
        marks = [
            ("key", fold_case(entry.key), "list each class once"),
            ("name", fold_name(entry.name), advise_apart(entry)),
            ("folder", fold_case(entry.folder), "rename one folder"),
            ("synset", entry.wnid or "", "give each class its own sense, or leave one out"),
        ]
        marks = [mark for mark in marks if mark[1]]
        clash = next((mark for mark in marks if mark[:2] in seen), None)
        if clash:
            what, value, right = clash
            pair = f"{show_entry(entries, seen[what, value])} and {show_entry(entries, label)}"
            problems.append(Problem(where, f"{pair} share the {what} {value!r}", right))
        for what, value, _ in marks:
            seen.setdefault((what, value), label)
    return problems


def advise_apart(entry: ClassEntry) -> str:
    if entry.wnid:
        return "leave one out, or distinguish WordNet classes with shared_names: qualify"
    return "give them names that differ in more than case"


def collect_names(entry: ClassEntry) -> ClassNames:
    """All that a class is called, by which sets of images are joined."""
    indexed = [] if entry.class_index is None else [f"{entry.name} ({entry.class_index})"]
    names = (entry.name, entry.key, entry.folder, *([entry.wnid] if entry.wnid else []), *indexed)
    return ClassNames(names, entry.wnid)


def show_entry(entries: Sequence[ClassEntry], label: int) -> str:
    entry = entries[label]
    return f"{entry.name!r} (label {label}, {entry.key})"
