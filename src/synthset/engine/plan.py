"""The plan: every record's row, written before any pixel exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthset.engine.catalog import make_prompts, make_source
from synthset.engine.classes import settle_listed
from synthset.engine.prompts import make_writer
from synthset.errors import DatasetError, Problem, RecipeError, did_you_mean
from synthset.formats.listed import Listed
from synthset.prompts.writer import PromptWriter
from synthset.recipe.recipe import Recipe
from synthset.record import PLAN, make_record_id
from synthset.seeds import derive_record_seed, digest, fingerprint
from synthset.source import Material, Source
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry


def settle_material(recipe: Recipe) -> Material:
    """Settle the classes, and look at the images that the source starts from.

    Raises:
        RecipeError: unknown or colliding classes, nothing found.
    """
    found = make_source(recipe).material(partial(settle_listed, recipe))
    if not recipe.source.needs_prompts:
        return found
    return replace(found, captions=make_prompts(recipe).mark())


def name_plan(recipe: Recipe, found: Material) -> str:
    """Name the plan: the same for more images or more classes, another for other settings, and for
    other images to make copies of."""
    source = make_source(recipe)
    identity = [recipe.seed, source.identity(), *source.plan_identity(found)]
    if recipe.source.needs_prompts:
        identity.append(make_prompts(recipe).identity())
        identity += [found.captions] if found.captions else []
    return f"plan-{fingerprint(identity)}"


def count_planned(recipe: Recipe, classes: Sequence[ClassEntry]) -> dict[int, int]:
    """Count the images that a recipe with a generator asks for: label -> images.

    Args:
        recipe: with `images_per_class`, one number or one for each class.
        classes: in label order.

    Raises:
        RecipeError: it names a class that there isn't.
    """
    asked, names = recipe.images_per_class, [entry.name for entry in classes]
    if not isinstance(asked, dict):
        return dict.fromkeys(range(len(classes)), asked or 0)
    problems = [
        Problem(f"images_per_class.{name}", "there is no such class", did_you_mean(name, names))
        for name in asked
        if name not in names
    ]
    if problems:
        raise RecipeError.of(problems)
    return {label: asked.get(name, 0) for label, name in enumerate(names)}


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
    writer: PromptWriter | None = None,
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
    source = make_source(recipe)
    schema = pa.schema([*PLAN, *source.columns])
    rows: Iterator[dict[str, Any]]
    if recipe.source.lists_images:
        known = {name for (name,) in _read_values(dataset, table, ["id"])}
        listed = plan_imported(source, found, found.found)
        rows = (row for row in listed if row["id"] not in known)
    else:
        turns = _Turns(
            wanted or count_planned(recipe, found.classes),
            len(found.classes),
            _read_values(dataset, table, ["label", "index"]),
        )
        if writer is None and recipe.source.needs_prompts:
            writer = make_writer(recipe, found.classes)
        rows = _plan_made(source, writer, found, turns, round_number)
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
    dataset: Dataset, recipe: Recipe, table: str, found: Material, writer: PromptWriter | None
) -> int:
    """Write the rows that rounds which were begun still lack; the number of rows added."""
    added = 0
    for number in _list_rounds(dataset, table):
        asked = dataset.read_json(_round(table, number))["images"]
        totals = {int(label): images for label, images in asked.items()}
        added += add_rows(dataset, recipe, table, found, totals, number, writer)
    return added


def _round(table: str, number: int) -> str:
    return f"{table}/round-{number:03d}.json"


def _list_rounds(dataset: Dataset, table: str) -> list[int]:
    names = (re.fullmatch(r"round-(\d+)\.json", name) for name in dataset.folder.names(table))
    return sorted(int(name[1]) for name in names if name)


def _read_values(dataset: Dataset, table: str, columns: Sequence[str]) -> set[tuple[Any, ...]]:
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


def _plan_made(
    source: Source[Any],
    writer: PromptWriter | None,
    found: Material,
    turns: Iterable[tuple[int, int]],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Plan images that are to be made."""
    recipe, kind, by = source.recipe, source.settings.kind, digest(source.identity())
    start_of, negative = source.starts(found), recipe.prompts.negative
    for label, index in turns:
        entry, start = found.classes[label], start_of(label, index)
        seed = derive_record_seed(recipe.seed, entry.key, index)
        columns, pixels = {**start.columns}, {**start.pixels, "seed": seed, "by": by}
        if writer is not None:
            prompt = columns.get("prompt") or writer.prompt(entry, index, seed)
            columns |= {"prompt": prompt, "negative_prompt": negative or None}
            pixels |= {"prompt": prompt, "negative": negative}
        yield {
            "id": make_record_id(kind, entry.key, pixels),
            **_class_of(entry, label),
            "seed": seed,
            "origin": kind,
            "index": index,
            "round": round_number,
            **columns,
        }


def _class_of(entry: ClassEntry, label: int) -> dict[str, Any]:
    return {
        "label": label,
        "class_key": entry.key,
        "class_name": entry.name,
        "wnid": entry.wnid,
    }


def plan_imported(
    source: Source[Any], found: Material, images: Sequence[tuple[Listed, int]]
) -> Iterator[dict[str, Any]]:
    """Give the rows of imported images in the order in which they lie; an image that stands there n
    times has n records."""
    names = [field.name for field in source.columns]
    copies: Counter[tuple[str, int, str]] = Counter()
    index: Counter[int] = Counter()
    for image, label in images:
        entry = found.classes[label]
        key = (image.origin, label, image.content)
        pixels = {"content": image.content, "copy": copies[key]}
        copies[key] += 1
        index[label] += 1
        yield {
            "id": make_record_id(image.origin, entry.key, pixels),
            **_class_of(entry, label),
            "prompt": image.caption,
            "seed": 0,
            "source": image.source,
            "origin": image.origin,
            "index": index[label] - 1,
            "round": 0,
            **{name: image.facts[name] for name in names if name in image.facts},
        }


def count_rounds(dataset: Dataset, table: str) -> int:
    """The highest round that was begun."""
    begun = _list_rounds(dataset, table)
    return max([*begun, *dataset.read(table, ["round"]).column("round").to_pylist()], default=0)


def plan_next_round(
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


def find_storage(path: str) -> Path:
    """The nearest existing folder above a path, whose disk will hold it."""
    place = Path(path).expanduser().absolute()
    while not place.exists():
        place = place.parent
    return place
