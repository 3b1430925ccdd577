"""A dataset on disk: a grid of shards and tables. The only code that knows where files lie."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthset.errors import DatasetError, SynthsetError, explains_refusals
from synthset.recipe.reading import parse_settings
from synthset.recipe.variables import conceal
from synthset.results.metric_result import MetricResult, SetResults
from synthset.results.stored import load
from synthset.store import cells
from synthset.store.folder import LocalFolder, Storage, folder_at

FORMAT = 1
SPOOL = ".spool"
AGAIN = "move that file away and run the same recipe again, which makes it anew"


@dataclass(frozen=True, slots=True)
class View:
    """Which tables belong to the recipe that ran last. Others stay on disk, untouched.

    Attributes:
        plan: table of planned records.
        images: table of images.
        features: encoder name to table.
        scores: score name to table.
        selection: path of the selection.
        metrics: path of the set-level results.
        what_if: path of what other thresholds would leave.
        prompts: path of how varied the prompts are.
        exports: folder of each export, as written.
        manifest: path of what the source held: its images, and what was passed over.
    """

    plan: str
    images: str
    features: dict[str, str] = field(default_factory=dict)
    scores: dict[str, str] = field(default_factory=dict)
    selection: str | None = None
    metrics: str | None = None
    what_if: str | None = None
    prompts: str | None = None
    exports: tuple[str, ...] = ()
    manifest: str | None = None


class Dataset:
    """A labelled image dataset: planned records, images, features, scores and selections, as Arrow
    tables.

    Open one with `synthset.open(path)`. Every table of a shard has the same ids in the same order,
    so tables join by position. A row that failed is null with an `error`; it is never missing.
    """

    def __init__(self, folder: Storage, name: str, rows_per_shard: int) -> None:
        self.folder = folder
        self.name = name
        self.rows_per_shard = rows_per_shard

    def __repr__(self) -> str:
        return f"Dataset({self.folder.url!r}, name={self.name!r})"

    @classmethod
    @explains_refusals()
    def create(cls, path: str | os.PathLike[str], name: str, rows_per_shard: int) -> Dataset:
        """Make a dataset, or open the one that is there.

        Raises:
            DatasetError: the folder holds something else; nothing is touched.
            StorageError: it can't be written.
        """
        folder = folder_at(path)
        if folder.exists("dataset.json"):
            return cls.open(path)
        strangers = folder.names()
        if strangers:
            raise DatasetError(
                f"{folder.url}: holds "
                f"{', '.join(strangers[:3])}{' …' if len(strangers) > 3 else ''} and no "
                "dataset.json; "
                "name a new or empty folder with -o, so that nothing of yours is touched"
            )
        content = {"format": FORMAT, "name": name, "rows_per_shard": rows_per_shard}
        folder.create("dataset.json", _json(content))
        return cls.open(path)

    @classmethod
    @explains_refusals()
    def open(cls, path: str | os.PathLike[str]) -> Dataset:
        """Open a dataset.

        Raises:
            DatasetError: there is none, or a newer synthset wrote it.
        """
        folder = folder_at(path)
        if not folder.exists("dataset.json"):
            raise DatasetError(
                f"{folder.url}: no dataset here (no dataset.json); name the folder that "
                "`synthset run` made"
            )
        content = _read_json(folder, "dataset.json")
        try:
            found, name, rows = content["format"], content["name"], content["rows_per_shard"]
        except (TypeError, KeyError) as fault:
            raise _damaged(folder, "dataset.json", fault) from None
        if found != FORMAT:
            raise DatasetError(
                f"{folder.url}: dataset format {found}, this synthset reads format {FORMAT}; "
                "update synthset"
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
        parts = [self.read_cell(table, shard, columns) for shard in self.shards(table)]
        if not parts:
            raise DatasetError(
                f"{self.path}: table {table!r} has no finished shard; run the recipe first"
            )
        return pa.concat_tables(parts)

    def read_shard(
        self, tables: Sequence[str], shard: int, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Join several tables of one shard by position.

        Args:
            tables: names; the first gives `id`.
            shard: number of the shard.
            columns: columns wanted besides `id` and `error`; none takes all.

        Returns:
            Their columns side by side; `error` is the first error of each row.
        """
        wanted = None if columns is None else {*columns, "id", "error"}
        joined: pa.Table | None = None
        errors: list[pa.ChunkedArray] = []
        for table in tables:
            names = self._column_names(table, shard)
            cell = self.read_cell(table, shard, [n for n in names if wanted is None or n in wanted])
            if "error" in cell.column_names:
                errors.append(cell.column("error"))
                cell = cell.drop_columns(["error"])
            if joined is None:
                joined = cell
                continue
            if not joined.column("id").equals(cell.column("id")):
                raise DatasetError(
                    f"{self.path}: {_cell(table, shard)} holds other ids than {tables[0]}; {AGAIN}"
                )
            for name in cell.column_names:
                if name != "id":
                    joined = joined.append_column(name, cell.column(name))
        assert joined is not None
        none = pa.nulls(joined.num_rows, pa.string())
        return joined.append_column("error", pc.coalesce(*errors, none) if errors else none)

    # Scratch: finished chunks of unfinished shards

    def chunks(self, table: str, shard: int) -> list[tuple[int, int]]:
        """List the finished chunks of an unfinished shard as (first row, rows), in order."""
        found = []
        for name in self.folder.names(f"{SPOOL}/{table}/{shard:05d}"):
            match = re.fullmatch(r"(\d+)-(\d+)\.parquet", name)
            if match:
                found.append((int(match[1]), int(match[2])))
        return sorted(found)

    def sound_chunks(self, table: str, shard: int) -> list[tuple[int, int]]:
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

    def write_view(self, view: View) -> None:
        """Remember which tables belong to the recipe that runs."""
        self.folder.replace("current.json", _json(asdict(view)))

    @property
    def view(self) -> View:
        """The tables of the recipe that ran last.

        Raises:
            DatasetError: nothing has run yet.
        """
        if not self.folder.exists("current.json"):
            raise DatasetError(f"{self.path}: nothing has run here yet; start with `synthset run`")
        content = _read_json(self.folder, "current.json")
        try:
            return View(**{**content, "exports": tuple(content["exports"])})
        except (TypeError, KeyError) as fault:
            raise _damaged(self.folder, "current.json", fault) from None

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
            raise _damaged(self.folder, path, fault) from None

    def recipe_content(self) -> dict[str, Any]:
        """Read `recipe.yaml` as plain values, as it is written; empty where there is none.

        Raises:
            RecipeError: it was changed, and is no YAML that we read.
        """
        if not self.folder.exists("recipe.yaml"):
            return {}
        return parse_settings(self.read_text("recipe.yaml"), f"{self.path}/recipe.yaml")

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

    # What users read

    def records(
        self, *, scores: bool = True, selection: bool = True, images: bool = False
    ) -> pa.Table:
        """Read every record with what is known of it: plan, image facts, scores, and whether it is
        kept.

        Args:
            scores: add the columns of the scores.
            selection: add `keep`, `reason` (a struct: step, rule, column, value, bound and
                other_id, reference, note) and `rank`.
            images: add the encoded images themselves (large).

        Returns:
            One row a record, in plan order. Records of unfinished shards are left out.
        """
        view = self.view
        joined = self.read_records(view, scores=scores, images=images)
        if selection and view.selection and self.folder.exists(view.selection):
            chosen = self.read_table(view.selection)
            if chosen.column("id").combine_chunks().equals(joined.column("id").combine_chunks()):
                if not pa.types.is_struct(chosen.schema.field("reason").type):
                    raise DatasetError(
                        f"{self.path}: {view.selection} is of an older format; run its recipe "
                        "again, which selects anew and makes no image again"
                    )
                for name in ("keep", "reason", "rank"):
                    joined = joined.append_column(name, chosen.column(name))
        return joined

    def read_records(self, view: View, *, scores: bool = True, images: bool = False) -> pa.Table:
        """Read plan, image facts and scores of the records whose shards are finished, by a certain
        view."""
        tables = [view.plan, view.images, *(view.scores.values() if scores else ())]
        done = set.intersection(*(set(self.shards(table)) for table in tables))
        if not done:
            raise DatasetError(f"{self.path}: no shard is finished yet; run the recipe to go on")
        columns = None if images else self._columns(tables, min(done), without=("image",))
        shards = [self.read_shard(tables, shard, columns) for shard in sorted(done)]
        return pa.concat_tables(shards)

    def rows_in(self, table: str, shards: Sequence[int] | None = None) -> int:
        """Count the rows of some shards of a table; none counts all."""
        total = 0
        for shard in self.shards(table) if shards is None else shards:
            with self._opened(_cell(table, shard)) as file:
                total += int(file.metadata.num_rows)
        return total

    def features(self, encoder: str) -> pa.Table:
        """Read the features of every record: `id`, `features`, `error`, and `logits` where the
        encoder classifies.

        Raises:
            DatasetError: the recipe has no such encoder.
        """
        known = self.view.features
        if encoder not in known:
            raise DatasetError(
                f"{self.path}: no features of {encoder!r}; there are {', '.join(known) or 'none'}"
            )
        return self.read(known[encoder])

    def images(self, ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """Read the encoded images of some records, in the order asked: `{bytes, path}`, or None
        where there is none."""
        view = self.view
        wanted, found = set(ids), {}
        for shard in self.shards(view.images):
            rows = self.read_cell(view.images, shard, ["id"]).column("id").to_pylist()
            here = [i for i, name in enumerate(rows) if name in wanted]
            if here:
                with self._opened(_cell(view.images, shard)) as file:
                    found.update(_read_rows(file, here))
        return [found.get(name) for name in ids]

    def kept(self) -> pa.Table:
        """Read the kept records, as `records` gives them."""
        records = self.records()
        if "keep" not in records.column_names:
            raise DatasetError(f"{self.path}: nothing is selected yet; run the recipe to its end")
        return records.filter(records.column("keep"))

    def metrics(self) -> list[MetricResult]:
        """Read the set-level results; empty before the run has measured any."""
        path = self.view.metrics
        return self.read_metrics(path) if path and self.folder.exists(path) else []

    def read_metrics(self, path: str) -> list[MetricResult]:
        """Read the set-level results of a certain view.

        Raises:
            DatasetError: an older synthset wrote them, or the file is damaged.
        """
        return list(load(SetResults, self.read_text(path), f"{self.path}/{path}").results)

    def manifest(self) -> pa.Table | None:
        """Read what the source held when the recipe ran last: a row for each image, each file that
        was read, and what was passed over with its reason.

        Returns:
            `path`, `what`, `content`, `label`, `number`, `split`, `reason` and `detail`; None where
            nothing was imported.
        """
        path = self.view.manifest
        return self.read_table(path) if path else None

    def classes(self) -> list[dict[str, Any]]:
        """Read the classes in label order: key, name, folder, wnid, class_index."""
        content: list[dict[str, Any]] = self.read_json("classes.json")
        return content

    def _columns(self, tables: Sequence[str], shard: int, without: Sequence[str]) -> list[str]:
        names: list[str] = []
        for table in tables:
            names += [name for name in self._column_names(table, shard) if name not in without]
        return names

    def _column_names(self, table: str, shard: int) -> list[str]:
        with self._opened(_cell(table, shard)) as file:
            names: list[str] = file.schema_arrow.names
            return names

    def _read(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        with self._opened(path) as file:
            return cells.read(file, file.schema_arrow.names if columns is None else columns)

    @contextmanager
    def _opened(self, path: str) -> Iterator[pq.ParquetFile]:
        """Open a table of ours, and name its file where that can't be read as it was written."""
        try:
            with self.folder.open(path) as file, cells.opened(file) as opened:
                yield opened
        except SynthsetError:
            raise
        except Exception as fault:  # damaged bytes may raise anything: ArrowInvalid, OSError, …
            if isinstance(fault, OSError) and fault.errno:
                raise  # of the disk, not of what lies there
            raise DatasetError(f"{self.path}/{path}: is damaged ({fault}); {AGAIN}") from fault


def _read_rows(file: pq.ParquetFile, wanted: list[int]) -> dict[str, dict[str, Any] | None]:
    """Read some rows of an images cell, touching only their row groups."""
    found: dict[str, dict[str, Any] | None] = {}
    first = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        here = [i - first for i in wanted if first <= i < first + size]
        if here:
            rows = cells.read(file, ["id", "image"], group).take(here).to_pylist()
            found.update({row["id"]: row["image"] for row in rows})
        first += size
    return found


def _cell(table: str, shard: int) -> str:
    return f"{table}/{shard:05d}.parquet"


def _chunk(table: str, shard: int, start: int, rows: int) -> str:
    return f"{SPOOL}/{table}/{shard:05d}/{start:06d}-{rows:06d}.parquet"


def _read_json(folder: Storage, path: str) -> Any:
    try:
        return json.loads(folder.read(path))
    except (ValueError, RecursionError) as fault:
        raise _damaged(folder, path, fault) from None


def _damaged(folder: Storage, path: str, fault: Exception) -> DatasetError:
    return DatasetError(f"{folder.url}/{path}: damaged ({fault}); restore it from a copy")


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
