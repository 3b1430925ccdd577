"""The index of a pool: a folder with what is known of its images, and their features.

pool.json                   what is indexed, and by which encoder; written first
rows/00000.parquet          one row an image: where it lies, its caption, its hash
images/00000.npy            features of those images, unit length; zeros where there is none
captions/00000.npy          features of their captions, if the encoder reads text
index.json                  the same as pool.json, and counts; written last
queries/<fingerprint>.npy   features of what was looked for, kept for the next time
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.errors import RecipeError
from synthset.revisions import WHOLE, compute_bytes_revision, compute_revision
from synthset.seeds import digest
from synthset.store.dataset import Dataset
from synthset.store.remote import Place, Remote, parse_place

DATASET = "dataset.json"  # in every folder that `synthset run` made
BEGUN, FINISHED = "pool.json", "index.json"
BLOCK = 8192  # rows read at a time
CONTENT = ("bytes", "revision", "words")  # facts of a file or folder that a copy of it has, too
WORDS = frozenset({".txt", ".caption", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"})

#: `file` is the place in `files` of pool.json; `error` says why there are no features.
ROWS = pa.schema(
    [
        pa.field("file", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("caption", pa.string()),
        pa.field("key", pa.string()),
        pa.field("url", pa.string()),
        pa.field("license", pa.string()),
        pa.field("sha256", pa.string()),
        pa.field("num_bytes", pa.int64()),
        pa.field("error", pa.string()),
    ]
)

Of = Literal["images", "captions"]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PoolIndex:
    """A finished index.

    Attributes:
        folder: where it lies.
        facts: what index.json says.
    """

    folder: Path
    facts: dict[str, Any]

    @classmethod
    def open(cls, path: str, where: str) -> PoolIndex:
        """Open an index.

        Args:
            path: its folder.
            where: place in the recipe, for messages.

        Raises:
            RecipeError: there is none, or it was not finished.
        """
        folder = Path(path).expanduser()
        if (folder / FINISHED).is_file():
            return cls(folder, json.loads((folder / FINISHED).read_text(encoding="utf-8")))
        right = f"make one with `synthset pool index POOL -o {path}`"
        if (folder / BEGUN).is_file():
            right = "run the same `synthset pool index` again; it continues from there"
            raise RecipeError(where, f"the index {path} was started but not finished", right)
        found = (
            f"{path} contains no {FINISHED}" if folder.is_dir() else f"there is no folder {path}"
        )
        raise RecipeError(where, f"{found}, so there are no features of a pool", right)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def counts(self) -> dict[str, int]:
        """Images, those that could not be read, those without a caption."""
        counts: dict[str, int] = self.facts["counts"]
        return counts

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *self.facts["shards"]])

    def has(self, of: Of) -> bool:
        """Tell whether there are features of images, or of captions."""
        return of in self.facts["features"]

    def blocks(self, of: Of) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """Go through the features once, in the order of the rows.

        Yields:
            (n,) row numbers and (n, D) float32 features of unit length, of the images that have
            any.
        """
        for shard, start in enumerate(self._starts[:-1].tolist()):
            there = self._there(shard, of)
            features = self._features(shard, of)
            for first in range(0, len(features), BLOCK):
                block = np.asarray(features[first : first + BLOCK], np.float32)
                has = there[first : first + BLOCK]
                rows = start + first + np.flatnonzero(has)
                yield rows, to_unit_length(block if has.all() else block[has])

    def fetch(self, of: Of, rows: NDArray[np.int64]) -> Floats:
        """Features of some rows, (n, D) float32 of unit length, in their order."""
        found = np.empty((len(rows), self.facts["width"]), np.float32)
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        for shard in np.unique(shards).tolist():
            mine = shards == shard
            found[mine] = self._features(shard, of)[rows[mine] - self._starts[shard]]
        return to_unit_length(found)

    def rows(self, numbers: NDArray[np.int64]) -> list[dict[str, Any]]:
        """What is known of some images, in the order of their row numbers, ascending."""
        found: list[dict[str, Any]] = []
        shards = np.searchsorted(self._starts, numbers, side="right") - 1
        for shard in np.unique(shards).tolist():
            mine = numbers[shards == shard] - self._starts[shard]
            found += self._table(shard, ROWS.names).take(pa.array(mine)).to_pylist()
        return found

    def contents(self) -> list[str]:
        """SHA-256 of every image, by row; empty where there is none."""
        shards = range(len(self.facts["shards"]))
        columns = (self._table(shard, ["sha256"]).column("sha256") for shard in shards)
        return [content or "" for column in columns for content in column.to_pylist()]

    def contents_of(self, file: int) -> Iterator[tuple[str, str | None]]:
        """Go through the images of one of its files: where each lies, and its SHA-256, if any."""
        for shard in range(len(self.facts["shards"])):
            rows = self._table(shard, ["file", "source", "sha256"])
            mine = rows.filter(pc.equal(rows["file"], file))
            yield from zip(mine["source"].to_pylist(), mine["sha256"].to_pylist(), strict=True)

    def _table(self, shard: int, columns: Sequence[str]) -> pa.Table:
        return pq.read_table(self.folder / f"rows/{shard:05d}.parquet", columns=list(columns))

    def _there(self, shard: int, of: Of) -> NDArray[np.bool_]:
        rows = self._table(shard, ["error", "caption"])
        there = np.asarray(rows.column("error").is_null())
        return there & np.asarray(rows.column("caption").is_valid()) if of == "captions" else there

    def _features(self, shard: int, of: Of) -> NDArray[np.generic]:
        if shard not in self._mapped.setdefault(of, {}):
            self._mapped[of][shard] = np.load(
                self.folder / of / f"{shard:05d}.npy", mmap_mode="r", allow_pickle=False
            )
        return self._mapped[of][shard]

    @cached_property
    def _mapped(self) -> dict[Of, dict[int, NDArray[np.generic]]]:
        return {}


def to_unit_length(rows: Floats) -> Floats:
    """Scale (n, D) rows to unit length; float16 is off by a few in 10,000. Zeros stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)  # (n, 1)
    return np.divide(rows, np.where(length > 0, length, 1), dtype=np.float32)


def is_dataset(path: Place) -> bool:
    """Tell whether `synthset run` made this folder."""
    return (path / DATASET).is_file()


def describe_file(path: Place) -> dict[str, Any]:
    """Describe a file of a pool, a folder of images or a dataset, so that a change is seen.

    A file counts by its content (of a large one the ends), a folder by the names and sizes of what
    lies in it and by the content of its captions and tables, a dataset by what it keeps. When they
    were written tells whether their images must be read again to see a change.
    """
    if path.is_dir():
        return {"path": path.as_posix(), "modified_ns": None, **_describe_folder(path)}
    if isinstance(path, Remote):
        with path.open() as opened:
            revision = compute_bytes_revision(opened, path.num_bytes)
    else:
        revision = compute_revision(path)
    size, modified_ns = _read_stat(path)
    return {
        "path": path.as_posix(),
        "bytes": size,
        "modified_ns": modified_ns,
        "revision": revision,
    }


def is_as_before(known: dict[str, Any]) -> bool:
    """Tell whether a file or folder is what `describe_file` saw; an untouched file is not read.

    Raises:
        DatasetError: it lies where a package is missing to look.
        OSError: it can't be reached.
    """
    path = parse_place(known["path"])
    if not path.exists():
        return False
    if path.is_file() and not _was_written(path, known):
        return True
    now = describe_file(path)
    return all(now.get(name) == known[name] for name in CONTENT if name in known)


def is_unsure(known: dict[str, Any]) -> bool:
    """Tell whether what is as before may hold other images: it was written since, and is a folder,
    or a file of which only the ends were compared."""
    path = parse_place(known["path"])
    if path.is_file():
        known_when = known["modified_ns"] is not None  # else it would be read each time
        return bool(known["bytes"] > WHOLE) and known_when and _was_written(path, known)
    return "touched" in known and known["touched"] != _describe_folder(path).get("touched")


def _was_written(path: Place, known: dict[str, Any]) -> bool:
    """Whether a file was written since, or nobody knows."""
    touched = (known["bytes"], known["modified_ns"])
    return known["modified_ns"] is None or _read_stat(path) != touched


def _read_stat(path: Place) -> tuple[int, int | None]:
    """Size of a file, and when it was last written, if that is known."""
    if isinstance(path, Remote):
        return path.num_bytes, path.modified_ns
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _describe_folder(path: Place) -> dict[str, Any]:
    if is_dataset(path):
        kept = Dataset.open(path.as_posix()).kept().select(["id", "sha256", "prompt"])
        return {"bytes": None, "revision": digest(kept.to_pylist(), size=6)}
    if isinstance(path, Remote):
        sizes = [(path.make_relative(file).split("/"), size) for file, size in path.list_files()]
        return _by_size(sizes)
    files = {file.relative_to(path).parts: file for file in path.rglob("*") if file.is_file()}
    stats = {parts: files[parts].stat() for parts in sorted(files)}
    words = [parts for parts in stats if files[parts].suffix.lower() in WORDS]
    return {
        **_by_size([(list(parts), stat.st_size) for parts, stat in stats.items()]),
        "touched": digest([["/".join(p), stat.st_mtime_ns] for p, stat in stats.items()], size=6),
        "words": digest([["/".join(p), compute_revision(files[p])] for p in words], size=6),
    }


def _by_size(sizes: Sequence[tuple[list[str], int]]) -> dict[str, Any]:
    named = [["/".join(parts), size] for parts, size in sorted(sizes)]
    return {"bytes": sum(size for _, size in sizes), "revision": digest(named, size=6)}
