"""Tables on disk: a grid of shards and tables. The only code that knows where files lie."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthset.errors import DatasetError, SynthsetError, raise_storage_errors
from synthset.recipe.variables import conceal
from synthset.store import cells
from synthset.store.folder import LocalFolder, Storage, open_folder

FORMAT = 1
SPOOL = ".spool"
Place = tuple[int, int]  # of a row: number of its shard, and of the row within it
AGAIN = "move that file away and run the same recipe again to rebuild it"


class Grid:
    """The tables of a dataset, shard by shard, and its small files.

    Every table of a shard has the same ids in the same order, so tables join by position. A row
    that failed is null with an `error`; it is never missing.
    """

    def __init__(self, folder: Storage, name: str, rows_per_shard: int) -> None:
        self.folder = folder
        self.name = name
        self.rows_per_shard = rows_per_shard

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.folder.url!r}, name={self.name!r})"

    @classmethod
    @raise_storage_errors()
    def create(cls, path: str | os.PathLike[str], name: str, rows_per_shard: int) -> Self:
        """Make a dataset, or open the one that is there.

        Raises:
            DatasetError: the folder holds something else; nothing is touched.
            StorageError: it can't be written.
        """
        folder = open_folder(path)
        if folder.exists("dataset.json"):
            return cls.open(path)
        strangers = folder.names()
        if strangers and not folder.exists("dataset.json"):  # which another may have just made
            raise DatasetError(
                f"{folder.url}: contains "
                f"{', '.join(strangers[:3])}{' …' if len(strangers) > 3 else ''} but no "
                "dataset.json; name a new or empty folder with -o, so that none of your files are "
                "touched"
            )
        content = {"format": FORMAT, "name": name, "rows_per_shard": rows_per_shard}
        folder.create("dataset.json", _json(content))
        return cls.open(path)

    @classmethod
    @raise_storage_errors()
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a dataset.

        Raises:
            DatasetError: there is none, or a newer synthset wrote it.
        """
        folder = open_folder(path)
        if not folder.exists("dataset.json"):
            raise DatasetError(
                f"{folder.url}: is not a dataset (it has no dataset.json); name a folder made by "
                "`synthset run`"
            )
        content = _read_json(folder, "dataset.json")
        try:
            found, name, rows = content["format"], content["name"], content["rows_per_shard"]
        except (TypeError, KeyError) as fault:
            raise explain_damage(folder, "dataset.json", fault) from None
        if found != FORMAT:
            raise DatasetError(
                f"{folder.url}: has dataset format {found}, but this version of synthset reads "
                f"format {FORMAT}; update synthset"
            )
        return cls(folder, name, rows)

    @property
    def path(self) -> str:
        """Path or URL of the dataset."""
        return self.folder.url

    # Cells

    def shards(self, table: str) -> list[int]:
        """List the finished shards of a table."""
        names = self.folder.names(table)
        return [
            int(name.removesuffix(".parquet"))
            for name in names
            if re.fullmatch(r"\d+\.parquet", name)
        ]

    def has(self, table: str, shard: int) -> bool:
        """Tell whether a cell is finished."""
        return self.folder.exists(_cell(table, shard))

    def read_cell(self, table: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Read one shard of a table."""
        return self._read(_cell(table, shard), columns)

    def write_cell(self, table: str, shard: int, rows: pa.Table) -> bool:
        """Commit one shard of a table; the first writer wins."""
        return self.folder.create(_cell(table, shard), cells.to_bytes(rows))

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a whole table, its finished shards in order."""
        read = partial(self.read_cell, table, columns=columns)
        parts = list(self.folder.map(read, self.shards(table)))
        if not parts:
            raise DatasetError(
                f"{self.path}: table {table!r} has no finished shard; run the recipe first"
            )
        return pa.concat_tables(parts)

    def read_shard(
        self,
        tables: Sequence[str],
        shard: int,
        columns: Sequence[str] | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> pa.Table:
        """Join several tables of one shard by position.

        Args:
            tables: names; the first gives `id`.
            shard: number of the shard.
            columns: columns wanted besides `id` and `error`; none takes all.
            start: first row wanted.
            stop: one past the last; none takes all. Only row groups with such rows are read.

        Returns:
            Their columns side by side; `error` is the first error of each row.
        """
        wanted = None if columns is None else {*columns, "id", "error"}
        joined: pa.Table | None = None
        errors: list[pa.ChunkedArray] = []
        for table in tables:
            with self._open_table(_cell(table, shard)) as file:
                names = [n for n in file.schema_arrow.names if wanted is None or n in wanted]
                cell = cells.read_rows(file, names, start, stop)
            if "error" in cell.column_names:
                errors.append(cell.column("error"))
                cell = cell.drop_columns(["error"])
            if joined is None:
                joined = cell
                continue
            if not joined.column("id").equals(cell.column("id")):
                raise DatasetError(
                    f"{self.path}: {_cell(table, shard)} and {tables[0]} have different ids; "
                    f"{AGAIN}"
                )
            for name in cell.column_names:
                if name != "id":
                    joined = joined.append_column(name, cell.column(name))
        assert joined is not None
        none = pa.nulls(joined.num_rows, pa.string())
        return joined.append_column("error", pc.coalesce(*errors, none) if errors else none)

    def rows_in(self, table: str, shards: Sequence[int] | None = None) -> int:
        """Count the rows of some shards of a table; none counts all."""

        def count(shard: int) -> int:
            with self._open_table(_cell(table, shard)) as file:
                return int(file.metadata.num_rows)

        return sum(self.folder.map(count, self.shards(table) if shards is None else shards))

    def find_rows(self, table: str, ids: Iterable[str]) -> dict[str, Place]:
        """Find the rows of some records in a table; those of unfinished shards are left out."""
        wanted = set(ids)

        def find(shard: int) -> dict[str, Place]:
            names = self.read_cell(table, shard, ["id"]).column("id").to_pylist()
            return {one: (shard, i) for i, one in enumerate(names) if one in wanted}

        places: dict[str, Place] = {}
        for some in self.folder.map(find, self.shards(table)):
            places |= some
        return places

    def read_image_rows(
        self, table: str, shard: int, rows: Collection[int]
    ) -> dict[int, bytes | None]:
        """Read some encoded images of a shard, touching only their row groups.

        Returns:
            Row to bytes, or to None where there is no image.
        """
        images: dict[int, bytes | None] = {}
        first = 0
        with self._open_table(_cell(table, shard)) as file:
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                here = [row for row in rows if first <= row < first + size]
                if here:
                    cells_of_group = cells.read(file, ["image"], [group]).column("image")
                    images |= {row: _bytes_of(cells_of_group[row - first]) for row in here}
                first += size
        return images

    def read_image(self, table: str, place: Place) -> bytes:
        """Read one encoded image.

        Raises:
            DatasetError: the record has none.
        """
        shard, row = place
        data = self.read_image_rows(table, shard, [row]).get(row)
        if data is None:
            raise DatasetError(f"{self.path}: {_cell(table, shard)} has no image in row {row}")
        return data

    # Scratch: finished chunks of unfinished shards

    def chunks(self, table: str, shard: int) -> list[tuple[int, int]]:
        """List the finished chunks of an unfinished shard as (first row, rows), in order."""
        found = []
        for name in self.folder.names(f"{SPOOL}/{table}/{shard:05d}"):
            match = re.fullmatch(r"(\d+)-(\d+)\.parquet", name)
            if match:
                found.append((int(match[1]), int(match[2])))
        return sorted(found)

    def list_sound_chunks(self, table: str, shard: int) -> list[tuple[int, int]]:
        """List the finished chunks as `chunks` does; one that is damaged is scratch, and goes."""
        found = []
        for start, rows in self.chunks(table, shard):
            try:
                if self.read_chunk(table, shard, start, rows).num_rows == rows:
                    found.append((start, rows))
                    continue
            except DatasetError:
                pass
            self.folder.discard(_chunk(table, shard, start, rows))
        return found

    def has_chunk(self, table: str, shard: int, start: int, rows: int) -> bool:
        """Tell whether a chunk of an unfinished shard is finished."""
        return self.folder.exists(_chunk(table, shard, start, rows))

    def write_chunk(self, table: str, shard: int, start: int, rows: pa.Table) -> bool:
        """Commit one chunk of an unfinished shard."""
        return self.folder.create(_chunk(table, shard, start, rows.num_rows), cells.to_bytes(rows))

    def read_chunk(self, table: str, shard: int, start: int, rows: int) -> pa.Table:
        """Read one chunk of an unfinished shard."""
        return self._read(_chunk(table, shard, start, rows))

    def clear_chunks(self, table: str, shard: int) -> None:
        """Remove the scratch of a finished shard."""
        place = f"{SPOOL}/{table}/{shard:05d}"
        self.folder.discard_temporaries(place)  # of a worker whose parent was killed
        for name in self.folder.names(place):
            self.folder.discard(f"{place}/{name}")
        for empty in (place, f"{SPOOL}/{table}", SPOOL):
            if isinstance(self.folder, LocalFolder):
                self.folder.discard(empty)

    def clear_scratch(self, tables: Sequence[str]) -> None:
        """Remove what a kill left behind: half-written files, and scratch of finished shards.

        Only for the holder of the lock.
        """
        for place in ("", "selections", "metrics", "manifests", *tables):
            self.folder.discard_temporaries(place)
        for table in tables:
            for name in self.folder.names(f"{SPOOL}/{table}"):
                self.folder.discard_temporaries(f"{SPOOL}/{table}/{name}")
                if name.isdigit() and self.has(table, int(name)):
                    self.clear_chunks(table, int(name))

    # Small files of ours

    def write_text(self, path: str, text: str) -> None:
        """Write a small text file of ours, in place of the one before."""
        self.folder.replace(path, text.encode())

    def read_text(self, path: str) -> str:
        """Read a text file.

        Raises:
            DatasetError: it is no text in UTF-8.
        """
        try:
            return self.folder.read(path).decode()
        except UnicodeDecodeError as fault:
            raise explain_damage(self.folder, path, fault) from None

    def write_json(self, path: str, content: Any) -> None:
        """Write a small JSON file of ours, in place of the one before."""
        self.folder.replace(path, _json(content))

    def commit_json(self, path: str, content: Any) -> bool:
        """Write a small JSON file of ours for good; the first writer wins."""
        return self.folder.create(path, _json(content))

    def read_json(self, path: str) -> Any:
        """Read a JSON file.

        Raises:
            DatasetError: it is no JSON.
        """
        return _read_json(self.folder, path)

    def write_table(self, path: str, table: pa.Table) -> bool:
        """Write a table that is no grid (a selection); the first writer wins."""
        return self.folder.create(path, cells.to_bytes(table))

    def read_table(self, path: str) -> pa.Table:
        """Read a table that is no grid."""
        return self._read(path)

    def log(self, event: dict[str, Any]) -> None:
        """Add an event to `run.jsonl`, without what environment variables held."""
        self.folder.append("run.jsonl", conceal(json.dumps(event, ensure_ascii=False)))

    def events(self) -> list[dict[str, Any]]:
        """Read `run.jsonl`; a line that a kill cut short is left out."""
        found = []
        for line in self.folder.lines("run.jsonl"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def _column_names(self, table: str, shard: int) -> list[str]:
        with self._open_table(_cell(table, shard)) as file:
            names: list[str] = file.schema_arrow.names
            return names

    def _read(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        with self._open_table(path) as file:
            return cells.read(file, file.schema_arrow.names if columns is None else columns)

    @contextmanager
    def _open_table(self, path: str) -> Iterator[pq.ParquetFile]:
        """Open a table of ours, and name its file where that can't be read as it was written."""
        try:
            with self.folder.open(path) as file, cells.open_cell(file) as opened:
                yield opened
        except SynthsetError:
            raise
        except Exception as fault:  # damaged bytes may raise anything: ArrowInvalid, OSError, …
            if isinstance(fault, OSError) and fault.errno:
                raise  # of the disk, not of what lies there
            raise DatasetError(f"{self.path}/{path}: is damaged ({fault}); {AGAIN}") from fault


def _bytes_of(image: pa.StructScalar) -> bytes | None:
    data: bytes | None = image["bytes"].as_py() if image.is_valid else None
    return data


def _cell(table: str, shard: int) -> str:
    return f"{table}/{shard:05d}.parquet"


def _chunk(table: str, shard: int, start: int, rows: int) -> str:
    return f"{SPOOL}/{table}/{shard:05d}/{start:06d}-{rows:06d}.parquet"


def _read_json(folder: Storage, path: str) -> Any:
    try:
        return json.loads(folder.read(path))
    except (ValueError, RecursionError) as fault:
        raise explain_damage(folder, path, fault) from None


def explain_damage(folder: Storage, path: str, fault: Exception) -> DatasetError:
    return DatasetError(f"{folder.url}/{path}: is damaged ({fault}); restore it from a copy")


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
