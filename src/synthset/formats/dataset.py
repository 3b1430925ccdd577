"""The kept images of a dataset that `synthset run` made, with their labels or their words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthset.errors import DatasetError, RecipeError, did_you_mean
from synthset.formats.columns import is_text
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import Passed
from synthset.formats.table_files import TableImages
from synthset.recipe.pools import PoolPath
from synthset.store.dataset import Dataset
from synthset.store.remote import Place, is_url

IMAGE, PROMPT = "image", "prompt"
BESIDES = {"url": "pool_url", "license": "pool_license"}  # of images that came from a pool before


def find(folder: Place, where: str, passed: Passed) -> Iterator[Listed]:
    """List the kept images, in the order of the plan.

    Raises:
        RecipeError: nothing is selected or kept, or it is no dataset that can be read.
    """
    dataset, records = _open(folder, where, "name a dataset whose run is complete")
    labels = _labels(dataset, str(folder))
    rows = locate_images(dataset)
    for record in records.select(["id", "label", "sha256", "prompt"]).to_pylist():
        source = rows[record["id"]]
        content = record["sha256"] or ""
        yield Listed(source, labels[record["label"]], record["prompt"], content=content)


def read_vocabulary(folder: Place, where: str) -> Vocabulary | None:
    """Name the classes of a dataset.

    Raises:
        RecipeError: it is no dataset that can be read.
    """
    try:
        labels = _labels(Dataset.open(str(folder)), str(folder))
    except DatasetError as error:
        right = "name a dataset whose run is complete"
        raise RecipeError(where, str(error), right) from None
    return labels[0].vocabulary if labels else None


def read_kept_images(
    folder: Place, place: PoolPath, where: str, captions: bool = True
) -> Iterator[tuple[dict[str, Any], str, partial[bytes | None]]]:
    """Go through the kept images, in the order of the plan.

    Args:
        folder: the dataset.
        place: what it belongs to; `caption_column` names a text column of the records, and stands
            for `prompt` where it is not set.
        where: place in the recipe, for messages.
        captions: whether some image must have a caption.

    Yields:
        What is known of an image (`key`, its record's id; `url`; `license`; its caption, by the
        name of `caption_column`), where it lies, and the function that reads it.

    Raises:
        RecipeError: nothing is selected, nothing is kept, or there is no such column.
    """
    right = "a dataset serves as a pool, by its kept images, once its run is complete"
    dataset, records = _open(folder, where, right)
    setting = where.removesuffix("path")
    if place.image_column not in (None, IMAGE):
        found = f"{folder} is a dataset, whose images are in {IMAGE!r}"
        raise RecipeError(setting + "image_column", found, "leave this setting out")
    default = PoolPath.model_fields["caption_column"].default
    column = PROMPT if place.caption_column == default else place.caption_column
    _require(records, column, setting + "caption_column", folder, captions)
    known = {"key": "id", place.caption_column: column, **BESIDES}
    there = {name: of for name, of in known.items() if of in records.column_names}
    facts = pa.table({name: records.column(of) for name, of in there.items()}).to_pylist()
    by_id = {one["key"]: one for one in facts}
    table, images = dataset.view.images, TableImages([IMAGE])
    for shard in dataset.shards(table):
        file: Place = folder / table / f"{shard:05d}.parquet"
        ids = dataset.read_cell(table, shard, ["id"]).column("id").to_pylist()
        for row, name in enumerate(ids):
            if name in by_id:
                yield by_id[name], f"{file.as_posix()}#{row}", partial(images.read, file, row)


def locate_images(dataset: Dataset) -> dict[str, str]:
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
    names = dataset.class_names()
    wnids = tuple(entry.get("wnid") for entry in entries)
    vocabulary = Vocabulary(tuple(names), wnids, f"the classes of {folder}")
    return [
        Label(name, number, wnid, vocabulary)
        for number, (name, wnid) in enumerate(zip(names, wnids, strict=True))
    ]


def _open(folder: Place, where: str, right: str) -> tuple[Dataset, pa.Table]:
    try:
        dataset = Dataset.open(str(folder))
        records = dataset.kept()
    except DatasetError as error:
        raise RecipeError(where, str(error), right) from None
    if not records.num_rows:
        raise RecipeError(
            where, f"no image in {folder} is kept", "read its report, or name another dataset"
        )
    return dataset, records


def _require(records: pa.Table, column: str, where: str, folder: Place, captions: bool) -> None:
    """Make sure that the captions are words, and that there are some."""
    texts = [name for name in records.column_names if is_text(records.schema, name)]
    if column not in texts:
        found = f"{folder} has no text column {column!r}"
        raise RecipeError(where, found, did_you_mean(column, texts))
    if captions and records.column(column).null_count == records.num_rows:
        found = f"{column!r} is empty in all {records.num_rows:,} kept records of {folder}"
        raise RecipeError(where, found, "name another text column, such as 'class_name'")
