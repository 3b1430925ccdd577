"""Reads a pool, looks at its images and captions, and writes what is known of them in shards."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.encoders.models import open_text_encoder
from synthset.engine.failures import LISTED, count_errors
from synthset.errors import RecipeError, StageError
from synthset.formats.captioned import Captioned, read_images
from synthset.formats.manifest import Passed
from synthset.formats.parquet import open_parquet
from synthset.images import sha256
from synthset.kinds import carry_out
from synthset.machine import ProgressBar
from synthset.pools.precomputed_features import WHERE, Of, PrecomputedFeatures, Vector
from synthset.recipe.encoders import Encoder
from synthset.recipe.pools import PoolPath
from synthset.record import IMAGE
from synthset.stage import Rows, Stage, list_column
from synthset.store.cells import to_bytes
from synthset.store.folder import LocalFolder
from synthset.store.pool_index import FINISHED, ROWS, to_unit_length
from synthset.store.remote import Place

CHUNK = 256  # images in memory at a time
TRIED = 16  # images that are encoded to see whether features that came along are this encoder's
ALIKE = 0.9  # their mean cosine at least; another way to resize leaves it above that

Floats = NDArray[np.float32]
Brings = tuple[Vector | None, Vector | None]


@dataclass
class _Chunk:
    """Some images of a file that lie together.

    Attributes:
        rows: what is known of each.
        brought: features that came along; None where they are computed.
        cells: encoded images for the encoder, and what it has prepared of them.
    """

    rows: list[dict[str, Any]]
    brought: list[Brings] | None
    cells: Rows
    prepared: Any = None


class PoolFeatures:
    """Gives the features of images and captions: computes them, or takes those that came along."""

    def __init__(self, encoder: Encoder, brought: PrecomputedFeatures | None) -> None:
        self._encoder, self.brought = encoder, brought
        self._stage: Stage = carry_out(encoder, encoder)
        self.width: int = self._stage.writes.field("features").type.list_size
        self.reads_captions = encoder.text_implementation is not None

    def open(self) -> None:
        """Load the model.

        Raises:
            ModelError: it can't be had.
        """
        self._stage.open()
        if self.reads_captions:
            self._text = open_text_encoder(self._encoder)

    def prepare(self, chunk: _Chunk) -> None:
        """Decode and resize, on a thread beside the model."""
        if chunk.brought is None:
            chunk.prepared = self._stage.prepare(chunk.cells)

    def encode_images(self, chunk: _Chunk) -> Floats:
        """(n, D) features of unit length, zeros where there are none; `error` of a row says why."""
        if chunk.brought is None:
            return self._compute(chunk)
        found = np.zeros((len(chunk.rows), self.width), np.float32)
        for row, (vector, _), into in zip(chunk.rows, chunk.brought, found, strict=True):
            if vector is not None and vector.shape != (self.width,):
                what = (
                    f"the features have {vector.shape[-1]} numbers, those of the encoder "
                    f"{self.width}"
                )
                raise RecipeError(WHERE, what, "name the encoder that made them")
            if row["error"] is None and (vector is None or not np.isfinite(vector).all()):
                row["error"] = "no features"
            elif row["error"] is None and vector is not None:
                into[:] = vector
        return to_unit_length(found)

    def _compute(self, chunk: _Chunk) -> Floats:
        table = self._stage.finish(chunk.cells, self._stage.compute(chunk.cells, chunk.prepared))
        errors = table.column("error").to_pylist()
        for row, error in zip(chunk.rows, errors, strict=True):
            row["error"] = error
        return to_unit_length(np.nan_to_num(list_column(table, "features")))

    def encode_captions(self, rows: Sequence[dict[str, Any]], brought: Sequence[Brings]) -> Floats:
        """(n, D) features of unit length; zeros where there is no caption."""
        found = np.zeros((len(rows), self.width), np.float32)
        there = [i for i, row in enumerate(rows) if row["caption"]]
        if self.brought is not None and self.brought.texts:
            for i in there:
                text = brought[i][1]
                found[i] = 0 if text is None else np.nan_to_num(text)
        elif there:
            found[there] = self._text.encode([rows[i]["caption"] for i in there])
        return to_unit_length(found)

    def compare(self, chunk: _Chunk) -> None:
        """See whether features that came along are this encoder's.

        Raises:
            RecipeError: they are not.
        """
        given = self.encode_images(chunk)
        rows = [dict(row) for row in chunk.rows]
        own = _Chunk(rows, None, chunk.cells)
        self.prepare(own)
        computed = self._compute(own)
        both = [i for i, row in enumerate(chunk.rows) if not (row["error"] or rows[i]["error"])]
        if not both:
            right = "rows of features are matched by the images' keys; see docs/pools.md"
            raise RecipeError(WHERE, "none of the first images has features", right)
        cosine = float((given[both] * computed[both]).sum(axis=1).mean())
        if cosine < ALIKE:
            what = (
                f"the features of the first {len(both)} images and those that this encoder "
                f"computes have a mean cosine of {cosine:.2f}, so they come from another encoder"
            )
            raise RecipeError(WHERE, what, "name the encoder that made them")


class Indexing:
    """One pass over the files of a pool, from where the last one ended."""

    def __init__(
        self,
        folder: LocalFolder,
        begun: dict[str, Any],
        files: Sequence[tuple[PoolPath, Place]],
        looks: PoolFeatures,
        bar: ProgressBar,
        passed: Passed,
    ) -> None:
        self._passed = passed
        self._folder, self._begun, self._files = folder, begun, files
        self._looks, self._bar = looks, bar
        self._size: int = begun["rows_per_shard"]

    def write_all(self) -> None:
        """Write the shards that are missing, then the counts.

        Raises:
            StageError: the pool holds no image, or none that could be looked at.
        """
        for name in ("", "rows", *self._begun["features"]):
            self._folder.discard_temporaries(name)
        done, shard = self._count_done(), len(self._folder.names("rows"))
        left = sum(map(self._count, range(len(self._files)))) - sum(done.values())
        self._bar.start("index", left)
        self._looks.open()
        if self._looks.brought is not None and not shard:
            self._looks.brought.check([file for _, file in self._files])
            first = next(self._chunks(0, 0, TRIED), None)
            if first is not None:
                self._looks.compare(first)
        for number in range(max(done, default=0), len(self._files)):
            for chunks in self._shards(number, done[number]):
                self._write(shard, chunks)
                shard += 1
        self._bar.stop()
        sums = self._sums(shard)
        if sums["counts"]["images"] == sums["counts"]["unreadable"]:
            self._refuse_nothing(shard)
        notes = {"passed_over": list(self._passed.notes())} if self._passed.rows else {}
        self._folder.create(FINISHED, to_json({**self._begun, **sums, **notes}))

    def _refuse_nothing(self, shards: int) -> None:
        names = [f"{shard:05d}.parquet" for shard in range(shards)]
        errors = [
            e for name in names for e in self._read_known(name, ["error"])["error"].to_pylist()
        ]
        what = (
            f"none of {len(errors):,} could be indexed: {count_errors(errors)}"
            if errors
            else "none"
        )
        files = ", ".join(str(file) for _, file in self._files[:LISTED]) or "the pool"
        said = "".join(f"; {note}" for note in self._passed.notes())
        raise StageError(f"images of {files}: {what}{said}; repair them, or name another pool")

    def _count_done(self) -> Counter[int]:
        """Images of each file that lie in finished shards."""
        done = Counter[int]()
        for name in self._folder.names("rows"):
            done.update(self._read_known(name, ["file"]).column("file").to_pylist())
        return done

    def _read_known(self, name: str, columns: list[str]) -> pa.Table:
        return pq.read_table(self._folder.root / "rows" / name, columns=columns)

    def _images(self, number: int, passed: Passed) -> Iterator[Captioned]:
        place, file = self._files[number]
        alone = len(self._files) == 1
        return read_images(file, place, "paths", passed, captions=False, alone=alone)

    def _count(self, number: int) -> int:
        """Count the images of a file, and gather what of it is passed over."""
        _, file = self._files[number]
        images = self._images(number, self._passed)
        if file.suffix.lower() != ".parquet":
            return sum(1 for _ in images)
        if next(images, None) is None:
            return 0
        with open_parquet(file) as table:
            return int(table.metadata.num_rows)

    def _shards(self, number: int, done: int) -> Iterator[list[tuple[_Chunk, Floats]]]:
        """Chunks and image features of each shard of a file that is still to write."""
        shard: list[tuple[_Chunk, Floats]] = []
        rows = 0
        for chunk in _read_ahead(self._chunks(number, done, CHUNK)):
            shard.append((chunk, self._looks.encode_images(chunk)))
            chunk.cells, chunk.prepared = Rows(pa.table({})), None  # the bytes may go
            self._bar.advance(len(chunk.rows))
            rows += len(chunk.rows)
            if rows == self._size:
                yield shard
                shard, rows = [], 0
        if shard:
            yield shard

    def _chunks(self, number: int, done: int, size: int) -> Iterator[_Chunk]:
        """Read a file, after the images that are done; a chunk ends where its shard does."""
        images = islice(self._images(number, Passed()), done, None)
        brought = self._looks.brought
        of = None if brought is None else brought.make_reader(self._files[number][1])
        left = self._size
        while chunk := _read(number, islice(images, min(size, left)), of):
            left = left - len(chunk.rows) or self._size
            self._looks.prepare(chunk)
            yield chunk

    def _write(self, shard: int, chunks: Sequence[tuple[_Chunk, Floats]]) -> None:
        """The table comes last: a shard is finished when it is there."""
        rows = [row for chunk, _ in chunks for row in chunk.rows]
        vectors = {"images": np.concatenate([found for _, found in chunks])}
        if "captions" in self._begun["features"]:
            brought = [one for chunk, _ in chunks for one in chunk.brought or ()]
            vectors["captions"] = self._looks.encode_captions(rows, brought)
        for name, found in vectors.items():
            self._folder.create(f"{name}/{shard:05d}.npy", _npy(found, self._begun["dtype"]))
        self._folder.create(
            f"rows/{shard:05d}.parquet", to_bytes(pa.Table.from_pylist(rows, schema=ROWS))
        )

    def _sums(self, shards: int) -> dict[str, Any]:
        """What the shards hold."""
        sizes, unreadable, silent = [], 0, 0
        for shard in range(shards):
            table = self._read_known(f"{shard:05d}.parquet", ["error", "caption"])
            sizes.append(table.num_rows)
            unreadable += table.num_rows - table.column("error").null_count
            silent += table.column("caption").null_count
        counts = {"images": sum(sizes), "unreadable": unreadable, "without_caption": silent}
        return {"shards": sizes, "counts": counts}


def _read(number: int, images: Iterator[Captioned], of: Of | None) -> _Chunk | None:
    rows, cells, brought = [], [], []
    for image in images:
        data = image.read()
        cells.append({"bytes": data, "path": None})
        if of is not None:
            brought.append(of(image))
        rows.append(
            {
                "file": number,
                "source": image.source,
                "caption": image.caption or None,
                **{name.removeprefix("pool_"): fact for name, fact in image.facts.items()},
                "sha256": None if data is None else sha256(data),
                "num_bytes": None if data is None else len(data),
                "error": "no image" if data is None else None,
            }
        )
    if not rows:
        return None
    table = pa.table({"id": [row["source"] for row in rows], "image": pa.array(cells, IMAGE)})
    return _Chunk(rows, None if of is None else brought, Rows(table))


def _read_ahead(chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
    """Make the next chunk while the last one is looked at."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, chunks, None)
        while (chunk := waiting.result()) is not None:
            waiting = reader.submit(next, chunks, None)
            yield chunk


def _npy(features: Floats, dtype: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, features.astype(dtype), allow_pickle=False)
    return buffer.getvalue()


def to_json(value: Any) -> bytes:
    """Write a file of the index."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
