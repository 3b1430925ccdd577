"""Files that hold many images each: WebDataset tars, or Parquet as the Hugging Face hub has it.

Images are dealt to files by a hash, so every file mixes the classes, also where the dataset is
sorted by class; within a file they keep the dataset's order, so that one pass over it is enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from synthset.export.card import write_card
from synthset.export.files import File, name_files, read_image_parts
from synthset.export.folder import ExportFolder
from synthset.export.marker import begin_marker, is_doubtful, write_marker
from synthset.export.metadata import make_packed_table, write_packed_classes
from synthset.export.place import Exported, begin, check_space, describe_export, refuse_other
from synthset.formats.parquet import ParquetWriter
from synthset.formats.tar_shards import ShardWriter
from synthset.recipe.exports import Packed, Parquet
from synthset.seeds import digest
from synthset.store.dataset import Dataset

FOLDER = "data"
OPEN_FILES = 128  # written at once in a pass over the dataset


@dataclass(frozen=True)
class Pack:
    """One file of the export.

    Attributes:
        name: path within the export.
        rows: which of the export's images it holds, as places in the list of files.
    """

    name: str
    rows: tuple[int, ...]


class PackedWriter(Protocol):
    """Adds images to one file."""

    def add(self, row: dict[str, Any], data: bytes) -> None:
        """Add an image with its row of the metadata."""

    def close(self) -> None:
        """Finish the file."""


def export_packed(dataset: Dataset, settings: Packed) -> Exported:
    """Write the kept images into files that hold many, their bytes unchanged.

    Finished files stay, so a killed export goes on. A folder with other images, or another layout,
    is refused.

    Raises:
        DatasetError: nothing is kept, the folder is not ours or holds something else, or the disk
            is too small.
        UsageError: a path that leaves the object store of the dataset.
    """
    folder, marker, kept = begin(dataset, settings)
    files = name_files(dataset, kept, settings, ())
    layout = {"kind": settings.kind, "images_per_file": settings.images_per_file}
    facts = {**describe_export(dataset, settings, files), "layout": layout}
    refuse_other(folder, marker, facts)
    there = set() if is_doubtful(marker) else {*folder.list_files(FOLDER)}
    missing = [pack for pack in deal_packs(files, settings) if pack.name not in there]
    images = _list_images(missing, files)
    at_once = missing if folder.on_disk else missing[:OPEN_FILES]  # then they are uploaded
    check_space(folder, dataset, _list_images(at_once, files))
    folder.clear_scratch()
    card = begin_marker(folder, marker, facts)
    _write(folder, dataset, missing, files, make_packed_table(dataset, kept, files))
    write_packed_classes(folder, dataset, files)
    written, notes = write_card(folder, dataset, kept, files, card, settings.kind)
    if missing:
        folder.sync()  # the marker must not outlive its files in a power cut
    write_marker(folder, {"state": "complete", **facts, "card_sha256": written})
    return Exported(folder.place, facts["images"], len(images), tuple(notes))


def _list_images(packs: Sequence[Pack], files: Sequence[File]) -> list[File]:
    return [files[row] for pack in packs for row in pack.rows]


def deal_packs(files: Sequence[File], settings: Packed) -> list[Pack]:
    """Deal the images of each split to files of equal size, by a hash of seed and record."""
    by_split: dict[str, list[int]] = defaultdict(list)
    for row, file in enumerate(files):
        by_split[file.split].append(row)
    found = []
    for split, rows in sorted(by_split.items()):
        dealt = sorted(rows, key=lambda row: digest([settings.seed, files[row].id]))
        count = -(-len(rows) // settings.images_per_file)
        for i in range(count):
            part = tuple(sorted(dealt[i * len(rows) // count : (i + 1) * len(rows) // count]))
            found.append(Pack(_name(settings, split, i, count), part))
    return found


def _name(settings: Packed, split: str, number: int, count: int) -> str:
    if isinstance(settings, Parquet):
        return f"{FOLDER}/{split}-{number:05d}-of-{count:05d}.parquet"
    return f"{FOLDER}/{split}-{number:05d}.tar"


def _write(
    folder: ExportFolder,
    dataset: Dataset,
    packs: Sequence[Pack],
    files: Sequence[File],
    rows: pa.Table,
) -> None:
    """Write some files in as few passes over the dataset as open files allow."""
    for first in range(0, len(packs), OPEN_FILES):
        _write_together(folder, dataset, packs[first : first + OPEN_FILES], files, rows)
    folder.clear_scratch()


def _write_together(
    folder: ExportFolder,
    dataset: Dataset,
    packs: Sequence[Pack],
    files: Sequence[File],
    rows: pa.Table,
) -> None:
    goes = {files[row].id: (row, i) for i, pack in enumerate(packs) for row in pack.rows}
    with ExitStack() as opened:
        writers = []
        for pack in packs:
            path = opened.enter_context(folder.lend(pack.name))
            writers.append(opened.enter_context(closing(_writer(path, pack.name, rows.schema))))
        for name, data in read_stored_images(dataset):
            if name in goes:
                row, i = goes[name]
                suffix = Path(files[row].name).suffix
                values = rows.slice(row, 1).to_pylist()[0] | {"file_name": f"{name}{suffix}"}
                writers[i].add(values, data)


def read_stored_images(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Read every image that was made: record and encoded bytes, in the dataset's order."""
    for shard in dataset.shards(dataset.view.images):
        cell = read_image_parts(dataset, shard, "bytes")
        for name, data in zip(cell.column("id").to_pylist(), cell.column("part"), strict=True):
            if data.is_valid:
                yield name, data.as_py()


def _writer(path: Path, name: str, schema: pa.Schema) -> PackedWriter:
    return ParquetWriter(path, schema) if name.endswith(".parquet") else ShardWriter(path)
