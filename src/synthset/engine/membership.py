"""What belongs to a dataset now: the plan that agrees with its source, and what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from synthset.engine.catalog import make_source, plan_passes
from synthset.engine.plan import name_plan, plan_imported
from synthset.formats.manifest import make_manifest, mark_of
from synthset.recipe.recipe import Recipe
from synthset.seeds import fingerprint
from synthset.source import Material, Source
from synthset.store.dataset import Dataset, View

SAID = ("label", "class_key", "class_name", "wnid", "prompt")  # of an imported image


@dataclass(frozen=True, slots=True)
class Change:
    """How a source differs from what it held in the run before.

    Attributes:
        added: images that were not there.
        gone: images that are no longer there.
        relabelled: images that are of another class now.
        retold: images whose caption, or the number of whose class, is another.
    """

    added: int
    gone: int
    relabelled: int
    retold: int

    def __str__(self) -> str:
        counts = {
            "added": self.added,
            "gone": self.gone,
            "relabelled": self.relabelled,
            "with a different caption or class number": self.retold,
        }
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def find_agreeing_plan(dataset: Dataset, recipe: Recipe, found: Material) -> str:
    """Name the plan whose rows are all still true; it may lack some, which are then added to it.

    A plan only grows. So where an image is gone, or is of another class, the set goes on in a plan
    beside the old one (`plan-<fp>-2`), which takes over what is finished; and where the old state
    comes back, in the old plan.

    Args:
        dataset: with the plans so far.
        recipe: what is asked.
        found: what the source holds now.
    """
    first = name_plan(recipe, found)
    tables = [first]
    while dataset.shards(tables[-1]):
        tables.append(f"{first}-{len(tables) + 1}")
    listing = _Listing(dataset, recipe, found)
    for table in sorted(tables[:-1], key=dataset.rows_in, reverse=True):
        if listing.agrees(table):
            return table
    return tables[-1]


def keep_manifest(dataset: Dataset, found: Material) -> str | None:
    """Write down what the source holds now; its path in the dataset, None where it holds no images.

    The same again is the same file. No path of the source decides what is computed from it: a plan
    holds the contents and labels.
    """
    if not found.there:
        return None
    table = make_manifest(found.there, found.passed)
    path = f"manifests/{mark_of(table)}.parquet"
    dataset.write_table(path, table)
    return path


def mark_source(recipe: Recipe) -> str:
    """Name what a listing is of, whatever it holds: other settings are no change of a source."""
    paths = recipe.source.identity().get("paths")
    return fingerprint(
        [recipe.seed, make_source(recipe).identity(), paths, recipe.classes.identity()]
    )


class _Listing:
    """What the source holds now, against which a plan is held."""

    def __init__(self, dataset: Dataset, recipe: Recipe, found: Material) -> None:
        self._dataset, self._recipe, self._found = dataset, recipe, found
        self._keys = {label: entry.key for label, entry in enumerate(found.classes)}
        self._capped = found.listed is not None
        self._source = make_source(recipe)

    def agrees(self, table: str) -> bool:
        """Whether each row of a plan is still true."""
        rows = self._dataset.read(table, ["label", "class_key"])
        keys = rows.column("class_key").combine_chunks().dictionary_encode()
        labels, codes = rows.column("label").to_numpy(), keys.indices.to_numpy()
        pairs = np.unique(np.stack([labels, codes], axis=1), axis=0)
        if any(self._keys.get(label) != keys.dictionary[code].as_py() for label, code in pairs):
            return False
        settings = self._recipe.source
        lists = not settings.lists_images or self._lists(table)
        return lists and (not settings.reads_images or self._can_read(table))

    def _lists(self, table: str) -> bool:
        """Whether imported rows are listed as they stand there; and are those that would be drawn
        now, or more of them, or fewer."""
        rows = plan_imported(self._source, self._found, self._found.whole)
        listed = {row["id"]: _hash_row(self._source, row) for row in rows}
        planned: dict[int, set[str]] = {}
        for row in _rows(self._dataset, table):
            said = _hash_row(self._source, row)
            if listed.get(row["id"], None if self._capped else said) != said:
                return False
            planned.setdefault(row["label"], set()).add(row["id"])
        drawn: dict[int, set[str]] = {label: set() for label in planned}
        for row in plan_imported(self._source, self._found, self._found.found):
            drawn.setdefault(row["label"], set()).add(row["id"])
        return all(ids <= drawn[label] or drawn[label] <= ids for label, ids in planned.items())

    def _can_read(self, table: str) -> bool:
        """Whether the images that are still to be read lie where the plan says."""
        images = plan_passes(self._recipe, table)[0][0].table
        todo = set(self._dataset.shards(table)) - set(self._dataset.shards(images))
        there = {image.source for image, _ in self._found.whole} if todo else set[str]()
        return all(
            source in there
            for shard in todo
            for source in self._dataset.read_cell(table, shard, ["source"])["source"].to_pylist()
        )


def change_since(
    dataset: Dataset, before: View, table: str, source: Source[Any], found: Material
) -> Change:
    """Count what has changed from the plan of the run before to that of this one.

    Args:
        dataset: with both plans written.
        before: tables of the run before.
        table: name of this run's plan.
        source: of the recipe.
        found: what the source holds now.
    """
    listed = zip(plan_imported(source, found, found.whole), found.whole, strict=True)
    contents = {row["id"]: image.content for row, (image, _) in listed}
    for shard in dataset.shards(before.images):
        made = dataset.read_cell(before.images, shard, ["id", "sha256"]).to_pylist()
        contents |= {row["id"]: row["sha256"] for row in made if row["sha256"]}
    old, new = (
        {row["id"]: _hash_row(source, row) for row in _rows(dataset, name)}
        for name in (before.plan, table)
    )
    gone = Counter(contents.get(name, name) for name in old if name not in new)
    added = Counter(contents.get(name, name) for name in new if name not in old)
    relabelled = (gone & added).total()
    retold = sum(name in old and old[name] != said for name, said in new.items())
    return Change(added.total() - relabelled, gone.total() - relabelled, relabelled, retold)


def _rows(dataset: Dataset, table: str) -> Iterator[dict[str, Any]]:
    for shard in dataset.shards(table):
        yield from dataset.read_cell(table, shard).to_pylist()


def _hash_row(source: Source[Any], row: Mapping[str, Any]) -> int:
    """Hash what a plan says of an image: there may be millions. Where it lies decides nothing once
    it has been read, and measured numbers may differ in their last digit."""
    texts = [field.name for field in source.columns if field.type == pa.string()]
    return hash(tuple(row.get(name) for name in (*SAID, *texts)))
