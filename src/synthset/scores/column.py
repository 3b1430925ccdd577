"""A score that was measured elsewhere: a column of a table, by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from synthset.errors import ModelError, Problem, did_you_mean
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Column as Settings
from synthset.stage import Rows, Stage

NOT_LISTED = "the table has no row of this id"
IDS = "id"  # the column that says which image a row is of


class ColumnStage(Stage):
    """The value that a table has for each record; null where it has none."""

    reads: ClassVar[Sequence[str]] = ("sha256",)
    excused: ClassVar[frozenset[str]] = frozenset({NOT_LISTED})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._table: pa.Table | None = None

    @property
    def table(self) -> pa.Table:
        """The ids and the values, read once.

        Raises:
            ModelError: the table can't be read, or is none by id.
        """
        if self._table is None:
            self._table = _read(self._settings)
        return self._table

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([pa.field(self._settings.prefix, self.table.column(1).type)])

    def finish(self, rows: Rows, computed: Rows) -> pa.Table:
        """Look each id up."""
        ids = self.table.column(0).combine_chunks()
        places = pc.index_in(rows.table.column("id").combine_chunks(), value_set=ids)
        values = self.table.column(1).combine_chunks().take(places)
        errors = pc.if_else(pc.is_null(places), NOT_LISTED, pa.scalar(None, pa.string()))
        return pa.table({self._settings.prefix: values, "error": errors})


def check(settings: Settings, recipe: Recipe, classes: Sequence[Any]) -> list[Problem]:
    """See that the table can be read, and has each id once."""
    place = [score.prefix for score in recipe.scores].index(settings.prefix)
    try:
        _read(settings)
    except ModelError as fault:
        found, _, right = str(fault).partition("; ")
        return [Problem(f"scores[{place}].path", found, right)]
    return []


def _read(settings: Settings) -> pa.Table:
    path, wanted = Path(settings.path).expanduser(), [IDS, settings.column]
    if not path.is_file():
        raise ModelError(f"there is no file {path}; name a CSV or Parquet file")
    try:
        if path.suffix.lower() == ".parquet":
            names = pq.read_schema(path).names
        else:
            names = csv.open_csv(path).schema.names
        lacking = [name for name in wanted if name not in names]
        if lacking:
            right = did_you_mean(lacking[0], names)
            raise ModelError(f"{path} has no column {lacking[0]!r}; {right}")
        if path.suffix.lower() == ".parquet":
            table = pq.read_table(path, columns=wanted)
        else:
            options = csv.ConvertOptions(include_columns=wanted, column_types={IDS: pa.string()})
            table = csv.read_csv(path, convert_options=options)
    except (OSError, pa.ArrowException) as fault:
        raise ModelError(f"{path} can't be read ({fault}); name a CSV or Parquet file") from None
    kind = table.column(1).type
    if not (_is_number(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        found = f"{path}: column {settings.column!r} holds {kind}"
        raise ModelError(f"{found}; a score must be a number, text, or true or false")
    ids = table.column(0).cast(pa.string())
    twice = [name for name, count in Counter(ids.to_pylist()).most_common(1) if count > 1]
    if twice:
        raise ModelError(f"{path} has several rows with the id {twice[0]!r}; keep one for each id")
    values = table.column(1)
    return pa.table({IDS: ids, settings.column: values.cast(_find_type(kind))})


def _is_number(kind: pa.DataType) -> bool:
    is_true_or_false: bool = pa.types.is_boolean(kind)
    return is_true_or_false or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _find_type(kind: pa.DataType) -> pa.DataType:
    """The type that a score's column has."""
    if pa.types.is_boolean(kind):
        return kind
    return pa.float64() if _is_number(kind) else pa.string()
