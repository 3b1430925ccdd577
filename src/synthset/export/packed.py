"""Files that hold many images each: WebDataset tars, or Parquet as the Hugging Face hub has it.

Images are dealt to files by a hash, so every file mixes the classes, also where the dataset is
sorted by class; within a file they keep the dataset's order, so that one pass over it is enough.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import DatasetError
from synthset.export.aside import SCRATCH, clear_scratch, write_changed
from synthset.export.card import write_card
from synthset.export.files import File, files_of, image_parts
from synthset.export.marker import elsewhere, read_marker, write_marker
from synthset.export.metadata import class_rows, described, metadata_table, plain_rows, source_of
from synthset.export.place import Exported, check_space, facts_of, place_of
from synthset.recipe.exports import Packed, Parquet
from synthset.record import IMAGE
from synthset.seeds import digest
from synthset.store.dataset import Dataset

OPEN_FILES = 128  # written at once in a pass over the dataset
ROW_GROUP = 100  # images; the hub's own choice, so that a page of a viewer is a small read


@dataclass(frozen=True)
class Pack:
    """One file of the export.

    Attributes:
        name: path within the export.
        rows: which of the export's images it holds, as places in the list of files.
    """

    name: str
    rows: tuple[int, ...]


class Writer(Protocol):
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
        UsageError: a relative path for a dataset that lies in an object store.
    """
    place = place_of(dataset, settings)
    marker = read_marker(place)
    kept = dataset.kept()
    if not kept.num_rows:
        raise DatasetError(
            f"{dataset.path}: no image is kept, so there is nothing to export; loosen the selection"
        )
    files = files_of(dataset, kept, settings, ())
    layout = {"kind": settings.kind, "images_per_file": settings.images_per_file}
    facts = {**facts_of(dataset, settings, files), "layout": layout}
    if marker and any(marker.get(name) != facts[name] for name in ("fingerprint", "layout")):
        raise DatasetError(f"{place}: holds another export; {elsewhere(place)}")
    missing = [pack for pack in packs(files, settings) if not (place / pack.name).exists()]
    images = [files[row] for pack in missing for row in pack.rows]
    check_space(place, dataset, images)
    clear_scratch(place)
    card = {name: marker[name] for name in ("card_sha256",) if marker and name in marker}
    write_marker(place, {"state": "unfinished", **facts, **card})
    table = metadata_table(kept, files, source_of(dataset)).drop_columns(["file_name"])
    _write(place, dataset, missing, files, described(table, class_rows(dataset, files)))
    write_classes(place, dataset, files)
    written, notes = write_card(place, dataset, kept, files, card.get("card_sha256"), settings.kind)
    if missing:
        os.sync()  # the marker must not outlive its files in a power cut
    write_marker(place, {"state": "complete", **facts, "card_sha256": written})
    return Exported(place, facts["images"], len(images), tuple(notes))


def packs(files: Sequence[File], settings: Packed) -> list[Pack]:
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
        return f"data/{split}-{number:05d}-of-{count:05d}.parquet"
    return f"data/{split}-{number:05d}.tar"


def _write(
    place: Path, dataset: Dataset, packs: Sequence[Pack], files: Sequence[File], rows: pa.Table
) -> None:
    """Write some files in as few passes over the dataset as open files allow."""
    for first in range(0, len(packs), OPEN_FILES):
        _write_together(place, dataset, packs[first : first + OPEN_FILES], files, rows)
    clear_scratch(place)


def _write_together(
    place: Path, dataset: Dataset, packs: Sequence[Pack], files: Sequence[File], rows: pa.Table
) -> None:
    scratch = [place / SCRATCH / pack.name.replace("/", "-") for pack in packs]
    (place / SCRATCH).mkdir(parents=True, exist_ok=True)
    writers = [_writer(path, rows.schema) for path in scratch]
    goes = {files[row].id: (row, i) for i, pack in enumerate(packs) for row in pack.rows}
    for name, data in stored_images(dataset):
        if name in goes:
            row, i = goes[name]
            suffix = Path(files[row].name).suffix
            values = rows.slice(row, 1).to_pylist()[0] | {"file_name": f"{name}{suffix}"}
            writers[i].add(values, data)
    for writer, path, pack in zip(writers, scratch, packs, strict=True):
        writer.close()
        final = place / pack.name
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, final)


def stored_images(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Read every image that was made: record and encoded bytes, in the dataset's order."""
    for shard in dataset.shards(dataset.view.images):
        cell = image_parts(dataset, shard, "bytes")
        for name, data in zip(cell.column("id").to_pylist(), cell.column("part"), strict=True):
            if data.is_valid:
                yield name, data.as_py()


def _writer(path: Path, schema: pa.Schema) -> Writer:
    return ParquetFile(path, schema) if path.suffix == ".parquet" else TarFile(path)


class TarFile:
    """A WebDataset shard. The same images give the same bytes: no times, no owners."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.TarFile(path, "w", format=tarfile.USTAR_FORMAT)

    def add(self, row: dict[str, Any], data: bytes) -> None:
        """Add `<id>.jpg`, `<id>.cls` and `<id>.json`."""
        name, suffix = Path(row["file_name"]).stem, Path(row["file_name"]).suffix
        facts = {key: value for key, value in row.items() if key not in ("file_name", "label")}
        text = json.dumps(next(plain_rows([facts])), ensure_ascii=False, allow_nan=False)
        self._put(f"{name}{suffix}", data)
        self._put(f"{name}.cls", str(row["label"]).encode())
        self._put(f"{name}.json", text.encode())

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o644
        self._tar.addfile(member, io.BytesIO(data))

    def close(self) -> None:
        """Finish the file."""
        self._tar.close()


class ParquetFile:
    """A file of the Hugging Face hub's layout: an image column, a label with its names."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = _with_image(schema)
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any], data: bytes) -> None:
        """Add a row; a row group is written when it is full."""
        row["image"] = {"bytes": data, "path": row.pop("file_name")}
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._file.close()


def _with_image(schema: pa.Schema) -> pa.Schema:
    facts = json.loads(schema.metadata[b"huggingface"])
    facts["info"]["features"] = {"image": {"_type": "Image"}, **facts["info"]["features"]}
    fields = [pa.field("image", IMAGE), *schema]
    return pa.schema(fields, metadata={"huggingface": json.dumps(facts)})


def write_classes(place: Path, dataset: Dataset, files: Sequence[File]) -> None:
    """Write the classes in label order, for people and for readers of tars."""
    rows = [
        {key: value for key, value in entry.items() if key != "imagefolder_index"}
        for entry in class_rows(dataset, files)
    ]
    text = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    write_changed(place, "classes.json", text.encode())
    write_changed(place, "classes.txt", "".join(f"{row['name']}\n" for row in rows).encode())
