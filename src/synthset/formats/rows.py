"""Reads the rows of a table that is no larger than memory: CSV, TSV, JSON, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import RecipeError
from synthset.formats.columns import holds_images
from synthset.formats.diffusiondb import read_part
from synthset.formats.labels import NUMBER
from synthset.sheets import read_cells

DELIMITERS = ",;\t|"
LINES = (".jsonl", ".ndjson")
SHEETS = (".csv", ".tsv")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read.

    Attributes:
        schema: its columns; of texts, the type that all their values have.
        records: its rows, by column.
        headed: whether the columns have names of their own.
    """

    schema: pa.Schema
    records: Sequence[Mapping[str, Any]]
    headed: bool = True


def read_rows(name: str, data: bytes) -> ReadTable:
    """Read a table, in the format that its name ends in.

    Raises:
        ValueError: it is none; the message goes on after its name.
    """
    kind = name[name.rfind(".") :].lower()
    try:
        if kind == ".parquet":
            return _parquet(data)
        if kind in SHEETS:
            return _sheet(decode_text(data), kind)
        if kind in LINES:
            return _rows(_lines(decode_text(data)))
        return _rows(_objects(read_json(decode_text(data))))
    except pa.ArrowException as fault:
        raise ValueError(f"it is not a readable Parquet file ({fault})") from None
    except (csv.Error, KeyError) as fault:
        raise ValueError(f"it is not a table ({fault})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_without_heading(rows: ReadTable, file: str) -> ReadTable | None:
    """Read a sheet of two columns whose first line is no heading, but a row; None of another one.

    Args:
        rows: the sheet, read with its first line as heading.
        file: the cell of the first line that names a file.
    """
    names = rows.schema.names
    if len({*names}) != 2 or file not in names:
        return None
    columns = {name: "file" if name == file else "the second column" for name in names}
    lines = [dict(zip(names, names, strict=True)), *rows.records]
    records = [{columns[name]: line[name] for name in names} for line in lines]
    return ReadTable(_schema([*columns.values()], records, texts=True), records)


def decode_text(data: bytes) -> str:
    """Read text in UTF-8, or in what its mark says.

    Raises:
        ValueError: it is in another encoding.
    """
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        said = f"line {line} is not valid UTF-8 (byte {data[fault.start]:#04x})"
        raise ValueError(f"{said}; save it in UTF-8") from None


def read_json(text: str) -> Any:
    """Read JSON; half of a pair of surrogates, which no file can hold as text, becomes `?`.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    content = json.loads(text)
    if "\\ud" not in text.lower():
        return content
    return json.loads(json.dumps(content, ensure_ascii=False).encode(errors="replace"))


def _sheet(text: str, kind: str) -> ReadTable:
    if "\n" not in text:  # old programs of the Macintosh end lines so
        text = text.replace("\r", "\n")
    lines = text.lstrip("\r\n")
    delimiter = _find_delimiter(lines.partition("\n")[0], kind)
    try:
        rows = [cells for _, cells in read_cells(text, "", delimiter=delimiter) if any(cells)]
    except RecipeError as fault:
        raise ValueError(fault.problems[0].found) from None
    columns = list(map(str.strip, rows[0])) if rows else []
    blank = dict.fromkeys(columns, "")
    records = [blank | dict(zip(columns, cells, strict=False)) for cells in rows[1:]]
    return ReadTable(_schema(columns, records, texts=True), records)


def _find_delimiter(heading: str, kind: str) -> str:
    """What parts the cells of a heading: that which parts it into most."""
    order = ("\t" + DELIMITERS) if kind == ".tsv" else DELIMITERS

    def parts(one: str) -> int:
        return len(next(csv.reader([heading], delimiter=one), []))

    return max(order, key=parts)


def _lines(text: str) -> Iterable[Mapping[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = read_json(line)
        except ValueError as fault:
            raise ValueError(f"line {number} is not valid JSON ({fault})") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not a JSON object")
        yield row


def _objects(content: Any) -> Iterable[Mapping[str, Any]]:
    """The rows of a JSON file: a list of objects, or DiffusionDB's object of objects."""
    if isinstance(content, dict):
        return read_part(content)
    return [row for row in content if isinstance(row, dict)] if isinstance(content, list) else []


def _rows(found: Iterable[Mapping[str, Any]]) -> ReadTable:
    records = list(found)
    columns = list(dict.fromkeys(name for row in records for name in row))
    return ReadTable(_schema(columns, records, texts=False), records)


def _parquet(data: bytes) -> ReadTable:
    """All but the columns with images."""
    with pq.ParquetFile(pa.BufferReader(data)) as file:
        schema = file.schema_arrow
        names = [name for name in schema.names if not holds_images(schema.field(name).type)]
        return ReadTable(schema, file.read(columns=names).to_pylist())


def _schema(columns: Sequence[str], records: Sequence[Mapping[str, Any]], texts: bool) -> pa.Schema:
    types = {name: _type([row.get(name) for row in records], texts) for name in columns}
    return pa.schema(list(types.items()))


def _type(values: Sequence[Any], texts: bool) -> pa.DataType:
    """The type of a column; where all is text, as in a CSV, that of the numbers that it spells."""
    there = [value for value in values if value not in (None, "")]
    if any(isinstance(value, list | dict) for value in there):
        return pa.list_(pa.string())
    if any(isinstance(value, str) for value in there):
        spelt = texts and all(NUMBER.fullmatch(value.strip()) for value in there)
        return pa.int64() if spelt else pa.string()
    return pa.float64() if there else pa.string()
