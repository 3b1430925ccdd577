"""What made each image, in the columns that DiffusionDB's metadata has.

Paper: Wang et al. 2022, DiffusionDB, arXiv 2210.14896
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthset.export.marker import read_marker, write_marker
from synthset.export.metadata import read_source
from synthset.export.place import Exported, find_folder, refuse_other
from synthset.formats.diffusiondb import make_metadata_table, to_nsfw
from synthset.formats.metadata_tables import write_parquet
from synthset.models.miniatures import locate
from synthset.recipe.exports import DiffusionDb
from synthset.store.dataset import Dataset

TABLE = "metadata.parquet"
OWN = ("id", "class_name", "wnid", "negative_prompt", "keep")  # what DiffusionDB has no column for


def export_diffusiondb(dataset: Dataset, settings: DiffusionDb) -> Exported:
    """Write the table; one that is there already must be the same.

    Raises:
        DatasetError: the folder is not ours, or holds another export.
        UsageError: a path that leaves the object store of the dataset.
    """
    folder = find_folder(dataset, settings)
    marker, data = read_marker(folder), write_parquet(make_diffusiondb_table(dataset))
    facts = {
        "dataset": dataset.name,
        "images_table": dataset.view.images,
        "selection": dataset.view.selection,
        "fingerprint": hashlib.sha256(data).hexdigest(),
        "layout": {"kind": settings.kind},
    }
    refuse_other(folder, marker, facts)
    write_marker(folder, {"state": "unfinished", **facts})  # else a kill leaves a stranger's file
    folder.write_changed(TABLE, data)
    write_marker(folder, {"state": "complete", **facts})
    return Exported(folder.place, {}, 0)


def make_diffusiondb_table(dataset: Dataset) -> pa.Table:
    """Describe every record, kept or not: what was asked, what came out, what was thought of it.

    Returns:
        One row a record, in plan order:

        * `image_name`: its cell and row, `images-<fp>/00000.parquet#12`.
        * `prompt`, `seed`, `step`, `cfg`, `sampler`: null where the images were made elsewhere.
          `sampler` is diffusers' scheduler less `Scheduler`, in words, and null where the recipe
          leaves it to a model that lies in a hub.
        * `width`, `height`: null where there is no image.
        * `image_nsfw`: float32; 2 where the model's safety checker flagged the image, 0 where it
          passed, null where none looked. No likelihood is made up.
        * `prompt_nsfw`: float32, null: nothing here scores prompts.
        * `id`, `class_name`, `wnid`, `negative_prompt`, `keep`: what is ours.
    """
    records, source = dataset.records(scores=False), read_source(dataset)
    rows, made = records.num_rows, source.get("kind") in ("txt2img", "img2img")
    keep = records.column("keep") if "keep" in records.column_names else pa.nulls(rows, pa.bool_())
    said: dict[str, Any] = {name: records.column(name) for name in ("prompt", "width", "height")}
    said |= {"image_name": _names(dataset), "image_nsfw": to_nsfw(records.column("nsfw"))}
    if made:
        said |= {"seed": records.column("seed"), "sampler": find_sampler(source)}
        said |= {"step": source.get("num_steps"), "cfg": source.get("guidance_scale")}
    table = make_metadata_table(rows, said)
    for name in OWN:
        table = table.append_column(name, keep if name == "keep" else records.column(name))
    return table


def find_sampler(source: Mapping[str, Any]) -> str | None:
    """Name the scheduler of a text-to-image source: the recipe's, else the local model's own.

    >>> find_sampler({"scheduler": "DDIM", "model": "any"})
    'DDIM'
    """
    if source.get("scheduler"):
        return str(source["scheduler"])
    model = str(source["model"])
    folder = locate("txt2img") if model == "miniature" else Path(model).expanduser()
    config = folder / "scheduler" / "scheduler_config.json"
    if not config.is_file():
        return None
    return str(json.loads(config.read_text(encoding="utf-8"))["_class_name"]).removesuffix(
        "Scheduler"
    )


def _names(dataset: Dataset) -> pa.Array:
    """Where the image of each record lies, in the order of `Dataset.records(scores=False)`."""
    view = dataset.view
    done = {*dataset.shards(view.plan)} & {*dataset.shards(view.images)}
    names = [
        f"{view.images}/{shard:05d}.parquet#{row}"
        for shard in sorted(done)
        for row in range(dataset.rows_in(view.images, [shard]))
    ]
    return pa.array(names, pa.string())
