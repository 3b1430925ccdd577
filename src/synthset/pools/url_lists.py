"""Reads a list of urls: Parquet, CSV or TSV, one row an image."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from synthset.errors import UsageError, did_you_mean
from synthset.images import sha256

PINNED = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[A-Za-z0-9_-]{1,90}")  # no dot and no slash: a key is a file name's stem
COLUMNS = ("url", "caption", "sha256", "license", "key")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row.

    Attributes:
        key: what the image is called; the same each time.
        url: where it lies.
        caption: its words.
        license: as the list has it.
        sha256: what its bytes must be; None takes any.
    """

    key: str
    url: str
    caption: str | None = None
    license: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class UrlList:
    """A list of urls, in shards.

    Attributes:
        rows: columns url, caption, sha256, license and key, each text; null where the list has no
            such column or no value.
        content: hash of the rows.
        rows_per_shard: rows of each shard but the last.
        missing: columns that the list lacks.
    """

    rows: pa.Table
    content: str
    rows_per_shard: int
    missing: tuple[str, ...] = ()

    @property
    def shards(self) -> int:
        """Number of shards."""
        return -(-len(self.rows) // self.rows_per_shard)

    def licenses(self) -> dict[str, int]:
        """What the list has as licences, as spelt there, and how often: the most frequent first.
        Empty stands for none."""
        counted = self.rows.column("license").fill_null("").value_counts().to_pylist()
        counts = {one["values"]: one["counts"] for one in counted}
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def shard(self, number: int) -> list[Wanted]:
        """The rows of one shard. Without a key of its own, a row is called by its shard and place,
        as img2dataset does it: 00012 and 0345 make "000120345"."""
        start = number * self.rows_per_shard
        digits = len(str(self.rows_per_shard - 1))
        part = self.rows.slice(start, self.rows_per_shard).to_pylist()
        return [
            Wanted(
                row["key"] or f"{number:05d}{place:0{digits}d}",
                row["url"] or "",
                row["caption"],
                row["license"],
                row["sha256"].lower() if row["sha256"] else None,
            )
            for place, row in enumerate(part)
        ]


def read_urls(
    path: str,
    rows_per_shard: int,
    url_column: str = "url",
    caption_column: str | None = None,
    license_column: str | None = None,
) -> UrlList:
    """Read a list. Columns are found whatever their case.

    Args:
        path: `.parquet`, `.csv` or `.tsv`, with the columns url and caption, and where wanted
            sha256, license and key.
        rows_per_shard: rows of a shard.
        url_column: what the column of urls is called.
        caption_column: what the column of captions is called; None takes `caption`, which may be
            missing.
        license_column: what the column of licences is called; None takes `license`, likewise.

    Raises:
        UsageError: no such file or column, two columns that differ in case alone, an empty list, a
            hash or key that is none, a key twice.
    """
    table = _table(Path(path).expanduser(), path)
    asked = {"url": url_column, "caption": caption_column, "license": license_column}
    names = {to: _column(table.column_names, to, asked, path) for to in COLUMNS}
    if not len(table):
        raise UsageError(f"{path} is empty; name a list with one row per image")
    columns = {
        to: pa.nulls(len(table), pa.string())
        if name is None
        else table.column(name).cast(pa.string())
        for to, name in names.items()
    }
    rows = pa.table(columns).combine_chunks()
    _check(rows, path)
    missing = tuple(to for to, name in names.items() if name is None)
    return UrlList(rows, _content(rows), rows_per_shard, missing)


def _column(
    there: Sequence[str], to: str, asked: Mapping[str, str | None], path: str
) -> str | None:
    """Find a column; one that nobody named may be missing."""
    wanted = asked.get(to) or to
    near = [name for name in there if name.casefold() == wanted.casefold()]
    if there.count(wanted) == 1 or len(near) == 1:
        return wanted if wanted in there else near[0]
    if near:
        found = f"{path} has the columns {', '.join(map(repr, near))}, which differ at most in case"
        right = f"name one (--{to}-column)" if to in asked else "rename one"
        raise UsageError(f"{found}; {right}")
    if asked.get(to) is not None:
        right = did_you_mean(wanted, there)
        raise UsageError(f"{path} has no column {wanted!r}; {right} (--{to}-column)")
    return None


def _table(path: Path, shown: str) -> pa.Table:
    kind = path.suffix.lower()
    if kind not in (".parquet", ".csv", ".tsv"):
        raise UsageError(f"{shown} is not a list of URLs; name a .parquet, .csv or .tsv file")
    if not path.is_file():
        raise UsageError(f"{shown} does not exist; name a list of URLs")
    try:
        if kind == ".parquet":
            return pq.read_table(path)
        parse = csv.ParseOptions(delimiter="\t" if kind == ".tsv" else ",", newlines_in_values=True)
        with csv.open_csv(path, parse_options=parse) as head:
            names = head.schema.names
        texts = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True
        )
        return csv.read_csv(path, parse_options=parse, convert_options=texts)
    except (pa.ArrowInvalid, OSError) as fault:
        raise UsageError(f"{shown} is not readable ({fault})") from None


def _check(rows: pa.Table, path: str) -> None:
    """Refuse hashes and keys that are none, before the first request."""
    for place, value in enumerate(rows.column("sha256").to_pylist()):
        if value and not PINNED.fullmatch(value.lower()):
            raise UsageError(f"{path}, row {place}: {value!r} is not a sha256 of 64 digits")
    keys = rows.column("key")
    if keys.null_count == len(keys):
        return
    for place, value in enumerate(keys.to_pylist()):
        if not value or not KEY.fullmatch(value):
            found = f"{path}, row {place}: the key {value!r} is not a file name"
            raise UsageError(f"{found}; keys are letters, digits, - and _")
    if len(pc.unique(keys)) < len(keys):
        ((twice, _),) = Counter(keys.to_pylist()).most_common(1)
        raise UsageError(f"{path} has the key {twice!r} twice; give each row its own")


def _content(rows: pa.Table) -> str:
    return sha256("\n".join(_hashes(rows)).encode())


def _hashes(rows: pa.Table) -> Sequence[str]:
    return [sha256(repr(rows.column(name).to_pylist()).encode()) for name in rows.column_names]
