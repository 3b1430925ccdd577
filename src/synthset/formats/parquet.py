"""Finds and reads the images of Parquet files in the Hugging Face layout."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import DatasetError, RecipeError, did_you_mean, in_short
from synthset.formats.labels import number_of, read_label, told_apart
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.source_names import place_of, source_of
from synthset.images import sha256
from synthset.recipe.paths import FolderPath
from synthset.store.remote import Place, Remote

SCAN_ROWS = 256
CACHE_BYTES = 256 * 2**20  # row groups kept in memory; the last one always is
UNLABELLED = "rows without a label"
MISSING = "missing or unreadable"


def find(path: Path, place: FolderPath, where: str, ignored: Counter[str]) -> Iterator[Listed]:
    """List the images of one file, by row.

    Args:
        path: the file.
        place: its columns and origin.
        where: place in the recipe, for messages.
        ignored: counts rows without a label, and what is damaged.

    Raises:
        RecipeError: a column is missing.
    """
    try:
        file = opened(path)
    except (pa.ArrowException, OSError) as fault:
        ignored[f"{path} is no readable Parquet file ({fault})"] += 1
        return
    with file:
        schema = file.schema_arrow
        columns = [
            place.image_column,
            place.label_column,
            *([place.prompt_column] if place.prompt_column else []),
        ]
        _require(schema, columns, path, where)
        classes, named = _classes(schema, place.label_column)
        names = classes.names if classes else ()
        wanted = {*columns, named or place.label_column}
        for first, batch in _batches(file, path, sorted(wanted), ignored):
            for row, record in enumerate(batch.to_pylist(), first):
                try:
                    label, number = _label(record, place.label_column, named, names)
                except ValueError as fault:
                    setting = _setting(where, "label_column")
                    right = "name a column with one number or name a row"
                    raise RecipeError(setting, f"{path}, row {row}: {fault}", right) from None
                if label is None:
                    ignored[UNLABELLED] += 1
                    continue
                prompt = record[place.prompt_column] if place.prompt_column else None
                said = Label(label, number, vocabulary=classes)
                yield _found(path, row, record[place.image_column], said, prompt, place.origin)


def _batches(
    file: pq.ParquetFile, path: Path, columns: list[str], ignored: Counter[str]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Read some rows at a time, each with the number of the first; damaged parts are passed
    over."""
    start = 0
    for group in range(file.num_row_groups):
        row, start = start, start + file.metadata.row_group(group).num_rows
        try:
            for batch in file.iter_batches(SCAN_ROWS, row_groups=[group], columns=columns):
                yield row, batch
                row += batch.num_rows
        except (pa.ArrowException, OSError) as fault:
            ignored[f"rows {row:,} to {start - 1:,} of {path} can't be read ({fault})"] += 1


def _found(
    path: Path, row: int, image: Any, label: Label, prompt: str | None, origin: str
) -> Listed:
    source = f"{source_of(path)}#{row}"
    data = image_bytes(image, path)
    content = sha256(source.encode() if data is None else data)
    return Listed(source, label, prompt, None, origin, content, len(data or b""))


def _require(schema: pa.Schema, columns: Sequence[str], path: Path, where: str) -> None:
    for name, setting in zip(
        columns, ("image_column", "label_column", "prompt_column"), strict=False
    ):
        if name not in schema.names:
            found = f"{path} has no column {name!r}"
            right = did_you_mean(name, schema.names)
            raise RecipeError(_setting(where, setting), found, right)


def _setting(where: str, name: str) -> str:
    """The place of a setting beside a recipe's path; a command line has the path alone."""
    return where.removesuffix("path") + name if where.endswith(".path") else where


def _classes(schema: pa.Schema, column: str) -> tuple[Vocabulary | None, str | None]:
    """Find what the numbers of a column are called: names by number, or the column with names."""
    names = told_apart(_class_names(schema, column))
    if names or is_text(schema, column):
        return Vocabulary(names, said_by=f"the ClassLabel {column!r}") if names else None, None
    beside = (f"{column}_name", "label_name", "class_name", f"{column}_text")
    return None, next((name for name in beside if is_text(schema, name)), None)


def _label(
    record: Mapping[str, Any], column: str, named: str | None, classes: Sequence[str]
) -> tuple[str | None, int | None]:
    """Read the class of a row: its name, None where it has none, and its number.

    Raises:
        ValueError: it is no single label.
    """
    said = read_label(record[column])
    text = said if isinstance(said, str) else ""
    value = number_of(text)
    said = said if value is None else read_label(value)
    if named is not None and (said is not None or record[column] is None):
        name = read_label(record[named])
        return None if name is None else str(name), said if isinstance(said, int) else None
    if not isinstance(said, int):
        return said, None
    if classes and said >= len(classes):
        return None, None
    return classes[said] if classes else text.partition(".")[0] or str(said), said


def _class_names(schema: pa.Schema, column: str) -> list[str]:
    """Read the names of a Hugging Face ClassLabel from the schema's metadata."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, TypeError, ValueError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def is_text(schema: pa.Schema, name: str) -> bool:
    """Tell whether there is such a column, and it holds words."""
    if name not in schema.names:
        return False
    kind = schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def opened(path: Place) -> pq.ParquetFile:
    """Open a file; what is asked of it is read in ranges, also from afar."""
    if isinstance(path, Remote):
        return pq.ParquetFile(path.path, filesystem=path.system)
    return pq.ParquetFile(path)


def image_bytes(image: Any, path: Place) -> bytes | None:
    """Take the encoded image out of a cell: bytes, or Hugging Face's `{bytes, path}` with either of
    the two."""
    if isinstance(image, bytes):
        return image
    if not isinstance(image, dict):
        return None
    if image.get("bytes") is not None:
        return bytes(image["bytes"])
    if leads_out(image, path):
        return None
    beside = path.parent / str(image.get("path") or "")
    try:
        return beside.read_bytes() if beside.is_file() else None
    except OSError:
        if isinstance(path, Remote):  # a broken connection is no missing image
            raise
        return None


def leads_out(image: Any, path: Place) -> str | None:
    """Say that a cell names a file that doesn't lie below the Parquet file's own folder.

    Whoever made the file would choose which files of this machine become images. So absolute paths,
    `..`, URLs, and links that lead out of the folder are not followed.
    """
    name = str(image.get("path") or "") if isinstance(image, dict) else ""
    plain = PurePosixPath(name.replace("\\", "/"))
    is_url = re.match(r"[A-Za-z][\w+.-]*:", name) is not None
    out = is_url or plain.is_absolute() or ".." in plain.parts
    if not out and name and isinstance(path, Path):
        try:
            out = not (path.parent / name).resolve().is_relative_to(path.parent.resolve())
        except (OSError, ValueError, RuntimeError):  # a loop of links, NUL
            out = True
    if not out:
        return None
    return f"image.path {in_short(name)} leads out of the file's folder; put the images below it"


def split_source(source: str) -> tuple[Place, int] | None:
    """Take `file.parquet#12` apart; None for a source that is an image file.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, mark, row = source.rpartition("#")
    if not (mark and path.lower().endswith(".parquet") and row.isdigit()):
        return None
    return place_of(path), int(row)


class ParquetImages:
    """Reads encoded images by row, from several threads, keeping the row groups that were read
    last."""

    def __init__(self, columns: Sequence[str], cache_bytes: int = CACHE_BYTES) -> None:
        self._columns = columns
        self._cache_bytes = cache_bytes
        self._files: dict[Place, tuple[pq.ParquetFile, list[int]]] = {}
        self._groups: OrderedDict[tuple[Place, int], pa.ChunkedArray] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Place, row: int) -> bytes | None:
        """Read the encoded image of one row; None where it has none.

        Raises:
            DatasetError: the file is gone or ends before this row.
            pa.ArrowInvalid, OSError: this part of the file is damaged.
        """
        with self._lock:
            starts = self._open(path)[1]
            if not 0 <= row < starts[-1]:
                raise DatasetError(
                    f"{path} has {starts[-1]} rows, no row {row}; it was changed after planning"
                )
            group = bisect_right(starts, row) - 1
            cell = self._group(path, group)[row - starts[group]]
        return image_bytes(cell.as_py(), path)

    def why(self, path: Place, row: int) -> str:
        """Say why a row has no image."""
        with self._lock:
            starts = self._open(path)[1]
            group = bisect_right(starts, row) - 1
            cell = self._group(path, group)[row - starts[group]]
        return leads_out(cell.as_py(), path) or MISSING

    def _open(self, path: Place) -> tuple[pq.ParquetFile, list[int]]:
        if path not in self._files:
            try:
                file = opened(path)
            except FileNotFoundError:
                raise DatasetError(
                    f"{path} is gone; put it back, or plan again without it"
                ) from None
            starts = [0]
            for group in range(file.num_row_groups):
                starts.append(starts[-1] + file.metadata.row_group(group).num_rows)
            self._files[path] = file, starts
        return self._files[path]

    def _group(self, path: Place, group: int) -> pa.ChunkedArray:
        key = path, group
        if key not in self._groups:
            file = self._files[path][0]
            column = next(name for name in self._columns if name in file.schema_arrow.names)
            self._groups[key] = file.read_row_group(group, columns=[column]).column(0)
            while (
                len(self._groups) > 1
                and sum(kept.nbytes for kept in self._groups.values()) > self._cache_bytes
            ):
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]
