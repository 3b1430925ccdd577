"""What is known of each exported image, in files that `datasets`, pandas and people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from synthset.export.files import File
from synthset.export.folder import ExportFolder
from synthset.export.split import TRAIN, VAL
from synthset.formats.class_folders import get_class_folder
from synthset.formats.class_lists import write_class_files
from synthset.formats.features import describe_columns
from synthset.formats.metadata_tables import write_lines, write_parquet
from synthset.store.dataset import Dataset
from synthset.taxonomy import wordnet

FIRST = ("label", "class_name", "class_key", "wnid", "prompt", "negative_prompt", "seed", "origin")
LEFT_OUT = {
    "error",
    "keep",
    "reason",
    "source",
}  # `source` names a place on the machine that made it


def write_metadata(
    folder: ExportFolder, dataset: Dataset, kept: pa.Table, files: Sequence[File]
) -> None:
    """Write the metadata of all images, the same by split for `datasets`, and the classes.

    `datasets` reads a split's metadata beside its folders (`train/metadata.parquet`), so that its
    images come with prompt, seed and scores, and with labels in the dataset's own order.
    """
    classes = make_class_rows(dataset, files)
    table = make_metadata_table(kept, files, read_source(dataset))
    folder.write_changed("metadata.parquet", write_parquet(describe_columns(table, classes)))
    folder.write_changed("metadata.jsonl", write_lines(table))
    sides = [file.split for file in files]
    for split in sorted(set(sides)):
        part = table.filter(pa.array([side == split for side in sides]))
        inside = [name.split("/", 1)[1] for name in part.column("file_name").to_pylist()]
        part = describe_columns(
            part.set_column(0, "file_name", pa.array(inside, pa.string())), classes
        )
        folder.write_changed(f"{split}/metadata.parquet", write_parquet(part))
    write_classes(folder, classes)


def make_packed_table(dataset: Dataset, kept: pa.Table, files: Sequence[File]) -> pa.Table:
    """The metadata of images that lie in files of many, and have no names of their own there."""
    table = make_metadata_table(kept, files, read_source(dataset)).drop_columns(["file_name"])
    return describe_columns(table, make_class_rows(dataset, files))


def write_packed_classes(folder: ExportFolder, dataset: Dataset, files: Sequence[File]) -> None:
    """Write the classes without torchvision's numbers, which are those of folders."""
    rows = make_class_rows(dataset, files)
    write_classes(
        folder, [{key: row[key] for key in row if key != "imagefolder_index"} for row in rows]
    )


def write_classes(folder: ExportFolder, classes: Sequence[Mapping[str, Any]]) -> None:
    """Write the classes in label order, for people and for readers."""
    for name, data in write_class_files(classes):
        folder.write_changed(name, data)


def write_class_texts(folder: ExportFolder, dataset: Dataset, kept: pa.Table) -> None:
    """Write a text for each class: its name, its synset and number, and its images' prompts."""
    prompts: dict[str, Counter[str]] = {}
    columns = (kept.column(name).to_pylist() for name in ("class_key", "prompt"))
    for key, prompt in zip(*columns, strict=True):
        prompts.setdefault(key, Counter())[prompt or ""] += 1
    for entry in dataset.classes():
        used = prompts.get(entry["key"], Counter())
        lines = [f"name: {entry['name']}", *_synset(entry.get("wnid"))]
        lines += [f"prompt ({count}): {prompt}" for prompt, count in used.most_common() if prompt]
        folder.write_changed(f"texts/{entry['folder']}.txt", ("\n".join(lines) + "\n").encode())


def _synset(number: str | None) -> list[str]:
    """Name a synset, where WordNet 3.0 has that number, and give its number."""
    if number is None:
        return ["synset: none"]
    nouns = wordnet.load()
    name = nouns.synset(number).name if number in nouns else "none of WordNet 3.0"
    return [f"synset: {name}", f"number: {number}"]


def read_source(dataset: Dataset) -> dict[str, Any]:
    """The `source` section of the dataset's recipe; empty where there is none."""
    return dict(dataset.recipe_content().get("source") or {})


def make_metadata_table(
    kept: pa.Table, files: Sequence[File], source: Mapping[str, Any]
) -> pa.Table:
    """One row an image: `file_name` within the export, split, label, words, seed, scores, id."""
    rows = len(files)
    columns = {
        "file_name": pa.array([file.name for file in files], pa.string()),
        "split": pa.array([file.split for file in files], pa.string()),
        **{name: kept.column(name) for name in FIRST},
        "model": pa.array([source.get("model")] * rows, pa.string()),
        "revision": pa.array([source.get("revision")] * rows, pa.string()),
    }
    rest = [name for name in kept.column_names if name not in columns and name not in LEFT_OUT]
    columns |= {name: kept.column(name) for name in rest if name != "id"}
    columns["id"] = kept.column("id")
    return pa.table(columns)


def make_class_rows(dataset: Dataset, files: Sequence[File]) -> list[dict[str, Any]]:
    """The classes in label order, with images by split and the index torchvision gives them.

    `ImageFolder` numbers the folders that it finds, sorted by name, so its index differs from the
    label where the recipe lists the classes in another order, or where a class has no image.
    """
    splits = [split for split in (TRAIN, VAL) if any(file.split == split for file in files)]
    found = {
        split: Counter(get_class_folder(file.name) for file in files if file.split == split)
        for split in splits
    }
    index = {
        split: {folder: i for i, folder in enumerate(sorted(found[split]))} for split in splits
    }
    return [
        {
            **{"label": label, **entry},
            "images": {split: found[split][entry["folder"]] for split in splits},
            "imagefolder_index": {split: index[split].get(entry["folder"]) for split in splits},
        }
        for label, entry in enumerate(dataset.classes())
    ]
