"""The kept images of a dataset that `synthset run` made, with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthset.errors import DatasetError, RecipeError
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import Passed
from synthset.store.dataset import Dataset
from synthset.store.remote import Place, is_url


def find(folder: Place, where: str, passed: Passed) -> Iterator[Listed]:
    """List the kept images, in the order of the plan.

    Raises:
        RecipeError: nothing is selected or kept, or it is no dataset that can be read.
    """
    try:
        dataset = Dataset.open(str(folder))
        records = dataset.kept()
    except DatasetError as error:
        right = "name a dataset that was run to its end"
        raise RecipeError(where, str(error), right) from None
    if not records.num_rows:
        raise RecipeError(where, f"{folder} keeps no image", "look at its report, or name another")
    labels = _labels(dataset, str(folder))
    rows = rows_of(dataset)
    for record in records.select(["id", "label", "sha256", "prompt"]).to_pylist():
        source = rows[record["id"]]
        content = record["sha256"] or ""
        yield Listed(source, labels[record["label"]], record["prompt"], content=content)


def vocabulary_of(folder: Place, where: str) -> Vocabulary | None:
    """Name the classes of a dataset.

    Raises:
        RecipeError: it is no dataset that can be read.
    """
    try:
        labels = _labels(Dataset.open(str(folder)), str(folder))
    except DatasetError as error:
        right = "name a dataset that was run to its end"
        raise RecipeError(where, str(error), right) from None
    return labels[0].vocabulary if labels else None


def rows_of(dataset: Dataset) -> dict[str, str]:
    """Where the image of each record lies, as in `…/images-<fp>/00000.parquet#12`."""
    table, found = dataset.view.images, {}
    folder = dataset.path if is_url(dataset.path) else Path(dataset.path).absolute().as_posix()
    for shard in dataset.shards(table):
        names = dataset.read_cell(table, shard, ["id"]).column("id").to_pylist()
        place = f"{folder}/{table}/{shard:05d}.parquet"
        found.update({name: f"{place}#{row}" for row, name in enumerate(names)})
    return found


def _labels(dataset: Dataset, folder: str) -> list[Label]:
    """The classes in label order; those of one name carry their key."""
    entries = dataset.classes()
    names = [entry["name"] for entry in entries]
    if len(set(names)) < len(names):
        names = [f"{entry['name']} ({entry['key']})" for entry in entries]
    wnids = tuple(entry.get("wnid") for entry in entries)
    vocabulary = Vocabulary(tuple(names), wnids, f"the classes of {folder}")
    return [
        Label(name, number, wnid, vocabulary)
        for number, (name, wnid) in enumerate(zip(names, wnids, strict=True))
    ]
