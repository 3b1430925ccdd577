"""The plan: every record's row, written before any pixel exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthset.engine.catalog import source_identity
from synthset.engine.classes import settle, settle_listed
from synthset.engine.fitting import check_examples, model_name, words_of
from synthset.engine.parents import Parents
from synthset.engine.prompts import captions_mark, prompts_identity, writer_of
from synthset.engine.retrieve import retrieved
from synthset.errors import DatasetError, RecipeError
from synthset.formats.labels import classes_in, told_apart
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed, in_words
from synthset.formats.scan import refuse_tests, scan
from synthset.prompts.writer import Writer
from synthset.recipe.openimages import OpenImages
from synthset.recipe.pools import Pool
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Augment, Folder, Gan, Img2Img
from synthset.record import CURATED, EDITED, LABELLED, PLAN, record_id
from synthset.seeds import digest, fingerprint, record_seed
from synthset.sources.openimages.label_matches import pick_labelled
from synthset.sources.pool.caption_matches import curate, empty_classes
from synthset.store.dataset import Dataset
from synthset.taxonomy.class_labels import labels_of
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_conflicts import conflict_note, label_conflicts, outcome, stay

#: Columns of the plan that only the files of a source know; others of theirs are not the plan's.
OF_POOLS = tuple(field.name for field in (*CURATED, *LABELLED))


@dataclass(frozen=True)
class Material:
    """What a plan is made of: the classes in label order, and the images that a source starts from.

    Attributes:
        classes: entries in label order.
        found: images that are imported, or that copies are made of, with their labels, in their
            order; empty for a generator.
        left_out: images by class names that the recipe doesn't list.
        notes: what the user should know of how the classes were picked.
        content: hash of all images of the source and their class names.
        learned: images that a GAN learns from, of listed classes and of others.
        val: images that choose its checkpoint; empty where none are named.
        candidates: images of a pool, all of which could have been picked; None for other sources.
        listed: all images that a folder holds of the classes, of which `found` are at most
            `images_per_class`; None for other sources.
        captions: hash of a reference's captions that prompts are written around; empty without.
        there: all images that are listed, of whatever class, for the manifest.
        passed: what lies beside them.
    """

    classes: tuple[ClassEntry, ...]
    found: tuple[tuple[Listed, int], ...] = ()
    left_out: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    content: str = ""
    learned: tuple[Listed, ...] = ()
    val: tuple[Listed, ...] = ()
    candidates: int | None = None
    listed: tuple[tuple[Listed, int], ...] | None = None
    captions: str = ""
    there: tuple[Listed, ...] = ()
    passed: Passed = field(default_factory=Passed)

    @property
    def said(self) -> tuple[str, ...]:
        """What was decided of the source's paths, in words; nothing for a generator or a pool."""
        return in_words(self.there, self.passed) if self.passed.layouts else ()


def material(recipe: Recipe) -> Material:
    """Settle the classes, and look at the images that the source starts from.

    Raises:
        RecipeError: unknown or colliding classes, nothing found.
    """
    source = recipe.source
    if isinstance(source, Pool | OpenImages):
        settled = settle(recipe)
        wanted = settled.classes, recipe.images_per_class, recipe.seed
        if isinstance(source, Pool) and source.retrieves:
            picked = retrieved(source, *wanted)
        elif isinstance(source, Pool):
            picked = curate(source, *wanted)
        else:
            picked = pick_labelled(source, *wanted)
        notes = (*settled.notes, *picked.notes)
        return Material(
            settled.classes,
            picked.chosen,
            notes=notes,
            content=picked.content,
            candidates=picked.candidates,
            there=tuple(image for image, _ in picked.chosen),
        )
    if not isinstance(source, Folder | Augment | Img2Img | Gan):
        settled = settle(recipe)
        return Material(settled.classes, notes=settled.notes, captions=captions_mark(recipe))
    if not isinstance(source, Folder):
        refuse_tests(source.paths)
    if isinstance(source, Gan) and source.val:
        refuse_tests(source.val, "source.val")
    passed = Passed()
    images = list(scan(source, passed))
    val: tuple[Listed, ...] = ()
    if isinstance(source, Gan) and source.val:
        val = tuple(scan(Folder(kind="folder", paths=source.val), passed))
    everything = (*images, *val)
    there = {image.name for image in images}
    known = classes_in(images)
    listed = known
    if not isinstance(source, Folder):  # a class without an image is nothing to start from
        listed = [names for names in known if names[0] in there]
    settled = settle_listed(recipe, listed)
    settled = replace(settled, notes=(*settled.notes, *passed.notes()))
    classes = settled.classes
    labels = labels_of([names for names in known if names[0] in there], classes)
    placed = [(image, labels.get(image.name, -1)) for image in images]
    left_out = Counter(image.name for image, label in placed if label < 0)
    mine = [(image, label) for image, label in placed if label >= 0]
    if not mine:
        names = ", ".join(sorted(left_out)[:8])
        raise RecipeError(
            "classes", f"no image of theirs in the source, which holds {names}", "list those names"
        )
    used, torn = _without_conflicts(source, placed, classes)
    settled = replace(settled, notes=(*settled.notes, *torn))
    images = [image for image, _ in used]
    mine = [(image, label) for image, label in used if label >= 0]
    if not mine:
        what = "each image stands with the same bytes under several labels"
        raise RecipeError("source.paths", what, "mend the labels, or set `conflicts: first`")
    if isinstance(source, Folder):
        drawn = tuple(_at_most(recipe, mine))
        notes = (*settled.notes, *empty_classes(mine, classes))
        found = Material(classes, drawn, dict(left_out), notes, listed=tuple(mine))
        return replace(found, there=everything, passed=passed)
    _refuse_empty(classes, mine, left_out)
    content = _content(images)
    if isinstance(source, Augment | Img2Img):
        said = sorted((image.content, image.caption) for image in images if image.caption)
        content = digest([content, said]) if said else content
        found = Material(classes, tuple(mine), dict(left_out), settled.notes, content)
        marked = replace(found, captions=captions_mark(recipe))
        return replace(marked, there=everything, passed=passed)
    notes = (*settled.notes, *check_examples(images, val))
    content = digest([content, _content(val)])
    found = Material(classes, tuple(mine), {}, notes, content, tuple(images), val)
    return replace(found, there=everything, passed=passed)


def _content(images: Sequence[Listed]) -> str:
    return digest(sorted((image.name, image.content) for image in images))


def _without_conflicts(
    source: Folder | Augment | Img2Img | Gan,
    placed: Sequence[tuple[Listed, int]],
    classes: Sequence[ClassEntry],
) -> tuple[list[tuple[Listed, int]], tuple[str, ...]]:
    """Apply the source's rule for label conflicts, and say what came of it. A GAN learns classes
    that the recipe doesn't list, so their labels count there."""
    others = sorted({image.name for image, label in placed if label < 0})
    if not isinstance(source, Gan):
        others = []
    number = {name: label for label, name in enumerate(others, len(classes))}
    labels = [number.get(image.name, -1) if label < 0 else label for image, label in placed]
    contents = [image.content for image, _ in placed]
    called = [*told_apart([entry.name for entry in classes]), *others]
    conflicts = label_conflicts(contents, labels)
    used = stay(contents, labels, source.conflicts)
    return (
        [one for one, is_used in zip(placed, used, strict=True) if is_used],
        conflict_note(conflicts, called, outcome(source.conflicts)),
    )


def _refuse_empty(
    classes: Sequence[ClassEntry], images: Sequence[tuple[Listed, int]], others: Mapping[str, int]
) -> None:
    """Each class has images to start from."""
    there = {label for _, label in images}
    empty = [entry.name for label, entry in enumerate(classes) if label not in there]
    if empty:
        names = ", ".join(map(repr, empty[:8])) + (" …" if len(empty) > 8 else "")
        held = ", ".join(sorted({classes[label].name for label in there} | set(others))[:8])
        right = f"the source holds {held}; add images of theirs, or leave them out of `classes`"
        raise RecipeError("classes", f"no image to start from for {names}", right)


def _at_most(recipe: Recipe, images: list[tuple[Listed, int]]) -> list[tuple[Listed, int]]:
    """Take so many of each class, drawn by content, so that a larger number adds and never
    swaps."""
    count = recipe.images_per_class
    if count is None:
        return images
    by_class: dict[int, list[tuple[str, int]]] = {}
    for place, (image, label) in enumerate(images):
        draw = digest([recipe.seed, image.content], size=8)
        by_class.setdefault(label, []).append((draw, place))
    chosen = sorted(place for draws in by_class.values() for _, place in sorted(draws)[:count])
    return [images[place] for place in chosen]


def plan_table(recipe: Recipe, found: Material) -> str:
    """Name the plan: the same for more images or more classes, another for other settings, and for
    other images to make copies of."""
    identity: list[Any] = [recipe.seed, source_identity(recipe)]
    if isinstance(recipe.source, Folder | Augment | Img2Img | Pool | OpenImages):
        identity.append(recipe.source.identity()["paths"])
    if isinstance(recipe.source, Img2Img):
        identity += [recipe.source.strengths, found.content]
    if isinstance(recipe.source, Augment | Pool | OpenImages):
        identity.append(found.content)
    elif isinstance(recipe.source, Gan):
        identity.append(model_name(recipe, found.content))
    elif not isinstance(recipe.source, Folder):
        identity.append(prompts_identity(recipe))
        identity += [found.captions] if found.captions else []
    return f"plan-{fingerprint(identity)}"


def write_classes(dataset: Dataset, classes: Sequence[ClassEntry], listed: bool = True) -> None:
    """Remember the classes; labels that the dataset already uses stay what they are.

    Args:
        dataset: where they are kept.
        classes: in label order.
        listed: whether the recipe lists them; else they are whatever the source holds now.

    Raises:
        DatasetError: a listed class of the dataset is missing now, or has moved.
    """
    if listed and dataset.folder.exists("classes.json"):
        for known in dataset.classes():
            label = known["label"]
            if label >= len(classes) or classes[label].key != known["key"]:
                now = classes[label].name if label < len(classes) else "nothing"
                raise DatasetError(
                    f"{dataset.path}: label {label} is {known['name']!r} in this dataset and "
                    f"{now!r} in the recipe; "
                    "add new classes at the end of the list, or name another folder with -o"
                )
    content = [{"label": label, **asdict(entry)} for label, entry in enumerate(classes)]
    dataset.write_json("classes.json", content)


def read_classes(dataset: Dataset) -> list[ClassEntry]:
    """The classes of a dataset, in label order."""
    fields = ClassEntry.__dataclass_fields__
    entries = []
    for row in dataset.classes():
        values = {name: row[name] for name in fields}
        entries.append(ClassEntry(**{**values, "lemmas": tuple(values["lemmas"])}))
    return entries


def add_rows(
    dataset: Dataset,
    recipe: Recipe,
    table: str,
    found: Material,
    wanted: Mapping[int, int] | None = None,
    round_number: int = 0,
    writer: Writer | None = None,
) -> int:
    """Write the rows that the plan still lacks, in new shards.

    Args:
        dataset: where the plan lies.
        recipe: what is asked.
        table: name of the plan.
        found: classes and imported images.
        wanted: images of each label, rounds included; none takes the recipe's `images_per_class`.
        round_number: 0 for the first, counted up by quota rounds.
        writer: of the prompts; none makes one by the recipe's settings alone.

    Returns:
        Number of rows added.
    """
    schema = PLAN
    if isinstance(recipe.source, Pool):
        schema = pa.schema([*PLAN, *CURATED])
    elif isinstance(recipe.source, Img2Img):
        schema = pa.schema([*PLAN, *EDITED])
    if isinstance(recipe.source, OpenImages):
        schema = pa.schema([*PLAN, *CURATED, *LABELLED])
    rows: Iterator[dict[str, Any]]
    if isinstance(recipe.source, Folder | Pool | OpenImages):
        known = {name for (name,) in _present(dataset, table, ["id"])}
        rows = (row for row in imported(found, found.found) if row["id"] not in known)
    else:
        turns = _Turns(
            wanted or dict.fromkeys(range(len(found.classes)), recipe.images_per_class or 0),
            len(found.classes),
            _present(dataset, table, ["label", "index"]),
        )
        if isinstance(recipe.source, Augment):
            rows = _copies(recipe, found, turns, round_number)
        elif isinstance(recipe.source, Gan):
            rows = _sampled(recipe, found, turns, round_number)
        else:
            writer = writer or writer_of(recipe, found.classes)
            plan = _edited if isinstance(recipe.source, Img2Img) else _generated
            rows = plan(recipe, writer, found, turns, round_number)
    there, added = set(dataset.shards(table)), 0
    free = (shard for shard in count() if shard not in there)  # a lost one comes back first
    for shard, block in zip(free, _blocks(rows, dataset.rows_per_shard), strict=False):
        dataset.write_cell(table, shard, pa.Table.from_pylist(block, schema=schema))
        added += len(block)
    return added


def begin_round(dataset: Dataset, table: str, number: int, totals: Mapping[int, int]) -> None:
    """Write down what a quota round asks for, before the first of its rows: from then on the round
    is made whole, whatever ends this run.

    Args:
        dataset: where the plan lies.
        table: name of the plan.
        number: of the round, from 1.
        totals: images of each label to have in all.
    """
    content = {"images": {str(label): images for label, images in sorted(totals.items())}}
    dataset.commit_json(_round(table, number), content)


def add_rounds(
    dataset: Dataset, recipe: Recipe, table: str, found: Material, writer: Writer | None
) -> int:
    """Write the rows that rounds which were begun still lack; the number of rows added."""
    added = 0
    for number in _rounds_begun(dataset, table):
        asked = dataset.read_json(_round(table, number))["images"]
        totals = {int(label): images for label, images in asked.items()}
        added += add_rows(dataset, recipe, table, found, totals, number, writer)
    return added


def _round(table: str, number: int) -> str:
    return f"{table}/round-{number:03d}.json"


def _rounds_begun(dataset: Dataset, table: str) -> list[int]:
    names = (re.fullmatch(r"round-(\d+)\.json", name) for name in dataset.folder.names(table))
    return sorted(int(name[1]) for name in names if name)


def _present(dataset: Dataset, table: str, columns: Sequence[str]) -> set[tuple[Any, ...]]:
    """What some columns hold of the rows that are there."""
    if not dataset.shards(table):
        return set()
    rows = dataset.read(table, columns)
    return set(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))


def _blocks(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    block: list[dict[str, Any]] = []
    for row in rows:
        block.append(row)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


@dataclass(frozen=True)
class _Turns:
    """What is missing, class by class in turns, so that every shard holds all classes.

    Attributes:
        wanted: images of each label, from number 0 on.
        classes: how many there are.
        present: (label, number) of the images that are planned.
    """

    wanted: Mapping[int, int]
    classes: int
    present: Set[tuple[Any, ...]]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for index in range(max(self.wanted.values(), default=0)):
            for label in range(self.classes):
                if index < self.wanted.get(label, 0) and (label, index) not in self.present:
                    yield label, index


def _generated(
    recipe: Recipe,
    writer: Writer,
    found: Material,
    turns: Iterable[tuple[int, int]],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Plan images from prompts."""
    settings = digest(source_identity(recipe))
    prompts, kind = recipe.prompts, recipe.source.kind
    for label, index in turns:
        entry = found.classes[label]
        seed = record_seed(recipe.seed, entry.key, index)
        prompt = writer.prompt(entry, index, seed)
        pixels = {"prompt": prompt, "negative": prompts.negative, "seed": seed, "by": settings}
        yield {
            "id": record_id(kind, entry.key, pixels),
            **_class_of(entry, label),
            "prompt": prompt,
            "negative_prompt": prompts.negative or None,
            "seed": seed,
            "origin": kind,
            "index": index,
            "round": round_number,
        }


def _edited(
    recipe: Recipe,
    writer: Writer,
    found: Material,
    turns: Iterable[tuple[int, int]],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Plan images that are made of real ones: the prompt is the caption, else the class's."""
    assert isinstance(recipe.source, Img2Img)
    by, kind = digest(source_identity(recipe)), recipe.source.kind
    parents = Parents(recipe.seed, found.found, recipe.source.strengths)
    for label, index in turns:
        entry = found.classes[label]
        parent, strength = parents.at(label, index)
        seed = record_seed(recipe.seed, entry.key, index)
        prompt = parent.caption or writer.prompt(entry, index, seed)
        negative = recipe.prompts.negative
        pixels = {"prompt": prompt, "negative": negative, "seed": seed, "by": by}
        pixels |= {"parent": parent.content, "strength": strength}
        yield {
            "id": record_id(kind, entry.key, pixels),
            **_class_of(entry, label),
            "prompt": prompt,
            "negative_prompt": negative or None,
            "seed": seed,
            "parent": parent.content,
            "source": parent.source,
            "strength": strength,
            "origin": kind,
            "index": index,
            "round": round_number,
        }


def _copies(
    recipe: Recipe,
    found: Material,
    turns: Iterable[tuple[int, int]],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Plan changed copies: the images of a class take turns, in another seeded order each time."""
    by = digest(source_identity(recipe))
    parents = Parents(recipe.seed, found.found)
    for label, index in turns:
        entry = found.classes[label]
        parent, _ = parents.at(label, index)
        seed = record_seed(recipe.seed, entry.key, index)
        pixels = {"parent": parent.content, "seed": seed, "by": by}
        yield {
            "id": record_id(recipe.source.kind, entry.key, pixels),
            **_class_of(entry, label),
            "prompt": parent.caption,
            "seed": seed,
            "parent": parent.content,
            "source": parent.source,
            "origin": recipe.source.kind,
            "index": index,
            "round": round_number,
        }


def _sampled(
    recipe: Recipe,
    found: Material,
    turns: Iterable[tuple[int, int]],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Plan samples of a GAN: `source` is the model and what it calls the class."""
    by, model = digest(source_identity(recipe)), model_name(recipe, found.content)
    words = words_of(found.learned)
    called = {label: words[image.name] for image, label in found.found}
    for label, index in turns:
        entry = found.classes[label]
        seed = record_seed(recipe.seed, entry.key, index)
        pixels = {"model": model, "class": called[label], "seed": seed, "by": by}
        yield {
            "id": record_id(recipe.source.kind, entry.key, pixels),
            **_class_of(entry, label),
            "seed": seed,
            "source": f"models/{model}#{called[label]}",
            "origin": recipe.source.kind,
            "index": index,
            "round": round_number,
        }


def _class_of(entry: ClassEntry, label: int) -> dict[str, Any]:
    return {
        "label": label,
        "class_key": entry.key,
        "class_name": entry.name,
        "wnid": entry.wnid,
    }


def imported(found: Material, images: Sequence[tuple[Listed, int]]) -> Iterator[dict[str, Any]]:
    """Give the rows of imported images in the order in which they lie; an image that stands there n
    times has n records."""
    copies: Counter[tuple[str, int, str]] = Counter()
    index: Counter[int] = Counter()
    for image, label in images:
        entry = found.classes[label]
        key = (image.origin, label, image.content)
        pixels = {"content": image.content, "copy": copies[key]}
        copies[key] += 1
        name = record_id(image.origin, entry.key, pixels)
        index[label] += 1
        yield {
            "id": name,
            **_class_of(entry, label),
            "prompt": image.caption,
            "seed": 0,
            "source": image.source,
            "origin": image.origin,
            "index": index[label] - 1,
            "round": 0,
            **{name: image.facts[name] for name in OF_POOLS if name in image.facts},
        }


def rounds_made(dataset: Dataset, table: str) -> int:
    """The highest round that was begun."""
    begun = _rounds_begun(dataset, table)
    return max([*begun, *dataset.read(table, ["round"]).column("round").to_pylist()], default=0)


def next_round(
    counts: Mapping[int, int], kept: Mapping[int, int], target: int, classes: int
) -> dict[int, int]:
    """How many images of each class to have in all after one more round.

    A class that falls short gets as many new images as its share of kept ones so far suggests, with
    a tenth on top; at most as many again as it has, so that one hopeless class doesn't eat the
    budget in one round.

    Args:
        counts: images planned so far by label.
        kept: images kept so far by label.
        target: images wanted of each class.
        classes: number of classes.

    Returns:
        New totals by label, for the classes that fall short; empty if none does.
    """
    totals: dict[int, int] = {}
    for label in range(classes):
        short = target - kept.get(label, 0)
        if short <= 0:
            continue
        made = max(counts.get(label, 0), 1)
        share = max(kept.get(label, 0) / made, 0.05)
        totals[label] = made + min(ceil(1.1 * short / share), made)
    return totals


def storage_place(path: str) -> Path:
    """The nearest existing folder above a path, whose disk will hold it."""
    place = Path(path).expanduser().absolute()
    while not place.exists():
        place = place.parent
    return place
