"""Search by features: images like one image, and images like a text, by exact inner products."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.models import open_text_encoder
from synthset.engine.catalog import build
from synthset.errors import ModelError, UsageError, did_you_mean
from synthset.recipe.recipe import Recipe, load_stored
from synthset.record import IMAGE
from synthset.results.hits import Hit
from synthset.stage import Rows, list_column
from synthset.store.dataset import Dataset

MISSING = "search by image or by CLIP needs FAISS, which is not installed"
INSTALL = "pip install 'synthset[search]'"

Vector = NDArray[np.float32]


def search_like(
    dataset: Dataset, example: str, limit: int = 20, encoder: str | None = None
) -> list[Hit]:
    """Find the images most like one image; the image itself is left out.

    Args:
        dataset: with stored features.
        example: the id of a record, its first digits, or an image file.
        limit: most records.
        encoder: whose features are compared; none takes the first CLIP, else the first of all.

    Raises:
        UsageError: no such record or encoder, or several records begin so.
        ModelError: FAISS is not installed.
    """
    recipe = _recipe(dataset)
    name = _encoder(dataset, recipe, encoder)
    if Path(example).is_file():
        vector, own = _encode_file(recipe, name, Path(example)), None
    else:
        vector, own = _read_stored(dataset, name, example)
    found = find_nearest(dataset, name, vector, limit + (own is not None))
    return [one for one in found if one.id != own][:limit]


def search_clip(
    dataset: Dataset, text: str, limit: int = 20, encoder: str | None = None
) -> list[Hit]:
    """Find the images that CLIP takes for what a text says.

    Args:
        dataset: with stored features of a CLIP encoder.
        text: as a caption would say it: "a photo of a red truck".
        limit: most records.
        encoder: name of the CLIP encoder; none takes the first.

    Raises:
        UsageError: no text, or no CLIP encoder.
        ModelError: FAISS is not installed, or the CLIP can't be loaded.
    """
    if not text.strip():
        raise UsageError("--clip: the text is empty; say what the images should show")
    recipe = _recipe(dataset)
    name = _encoder(dataset, recipe, encoder, clip_only=True)
    faiss()
    return find_nearest(
        dataset, name, open_text_encoder(recipe.encoders[name]).encode([text])[0], limit
    )


def find_nearest(dataset: Dataset, encoder: str, vector: Vector, limit: int) -> list[Hit]:
    """Find the records whose features have the highest cosine with a vector.

    Exact, shard by shard, so that a million images need no more memory than one shard.

    Args:
        dataset: with stored features.
        encoder: name of an encoder of the dataset.
        vector: (D,) float32, any length but 0.
        limit: most records.
    """
    library = faiss()
    heap = library.ResultHeap(1, limit, keep_max=True)
    asked = _unit(vector[None])  # (1, D)
    first = 0
    for rows, there in _shards(dataset, encoder):
        if len(there):
            scores, places = library.knn(
                asked, rows, min(limit, len(rows)), metric=library.METRIC_INNER_PRODUCT
            )
            heap.add_result(scores, first + there[places])
        first += SHARD
    heap.finalize()
    pairs = zip(heap.D[0].tolist(), heap.I[0].tolist(), strict=True)
    return _read_found(dataset, [(place, score) for score, place in pairs if place >= 0])


SHARD = 1 << 32  # places: the shard's number x this + the row


def faiss() -> Any:
    """The library that compares vectors.

    Raises:
        ModelError: it is not installed.
    """
    if find_spec("faiss") is None:
        raise ModelError(f"{MISSING}: {INSTALL}")
    import faiss as library  # an extra, and only these searches need it

    return library


def _shards(dataset: Dataset, encoder: str) -> Iterator[tuple[Vector, NDArray[np.int64]]]:
    """Features of unit length, (n, D), and the row of each within its shard."""
    table = dataset.view.features[encoder]
    finished = dataset.shards(table)
    cells = dataset.folder.map(partial(dataset.read_cell, table, columns=["features"]), finished)
    for shard in range(max(finished, default=-1) + 1):
        if shard not in finished:
            yield np.empty((0, 0), np.float32), np.empty(0, np.int64)
            continue
        rows = list_column(next(cells), "features")
        there = np.flatnonzero(~np.isnan(rows[:, 0]))
        yield _unit(rows[there]), there


def _unit(rows: Vector) -> Vector:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vector = np.ascontiguousarray(rows / np.where(length > 0, length, 1), dtype=np.float32)
    return unit


def _read_found(dataset: Dataset, places: list[tuple[int, float]]) -> list[Hit]:
    """Name the records at some places, in their order."""
    view = dataset.view
    columns = ["id", "class_name", "prompt"]
    plans: dict[int, pa.Table] = {}
    found = []
    for place, score in places:
        shard, row = divmod(place, SHARD)
        if shard not in plans:
            plans[shard] = dataset.read_cell(view.plan, shard, columns)
        one = {name: plans[shard].column(name)[row].as_py() for name in columns}
        path = f"{view.images}/{shard:05d}.parquet#{row}"
        found.append(Hit(one["id"], one["class_name"], score, path, one["prompt"]))
    return found


def _recipe(dataset: Dataset) -> Recipe:
    return load_stored(dataset.recipe_content())


def _reads_text(recipe: Recipe, name: str) -> bool:
    return name in recipe.encoders and recipe.encoders[name].text_implementation is not None


def _encoder(dataset: Dataset, recipe: Recipe, asked: str | None, clip_only: bool = False) -> str:
    """Settle whose features are compared."""
    stored = list(dataset.view.features)
    clips = [name for name in stored if _reads_text(recipe, name)]
    known = clips if clip_only else stored
    if asked is not None and asked not in known:
        kind = "CLIP encoder" if clip_only else "encoder"
        raise UsageError(
            f"--encoder: the dataset has no {kind} {asked!r}; {did_you_mean(asked, known)}"
        )
    if not known:
        kind = "CLIP" if clip_only else "any encoder"
        raise UsageError(
            f"{dataset.path}: there are no features of {kind}; add `clip: {{kind: clip}}` to the "
            "recipe's encoders and run it again"
        )
    return asked or (clips or known)[0]


def _read_stored(dataset: Dataset, encoder: str, start: str) -> tuple[Vector, str]:
    """The features and the id of the one record whose id begins so."""
    table = dataset.view.features[encoder]
    found: list[tuple[str, int, int]] = []
    shards = dataset.shards(table)
    cells = dataset.folder.map(partial(dataset.read_cell, table, columns=["id"]), shards)
    for shard, cell in zip(shards, cells, strict=True):
        ids = cell.column("id").to_pylist()
        found += [(name, shard, row) for row, name in enumerate(ids) if name.startswith(start)]
    if len(found) != 1 or not start:
        what = (
            f"{len(found):,} records begin like this"
            if found
            else "there is no such record or image file"
        )
        right = "give more digits" if found else "take an id from `synthset search DIR WORDS`"
        raise UsageError(f"--like {start!r}: {what}; {right}")
    name, shard, row = found[0]
    rows = dataset.read_cell(table, shard, ["features"]).slice(row, 1)
    vector = list_column(rows, "features")[0]
    if np.isnan(vector[0]):
        raise UsageError(f"--like {name}: this record has no image; name another")
    return vector, name


def _encode_file(recipe: Recipe, encoder: str, file: Path) -> Vector:
    """The features of an image file, by the same encoder."""
    stage = build(recipe, f"features/{encoder}", [])
    stage.open()
    image = pa.array([{"bytes": file.read_bytes(), "path": file.name}], IMAGE)
    row = stage(Rows(pa.table({"id": [file.name], "image": image})))
    vector: Vector = list_column(row, "features")[0]
    if np.isnan(vector[0]):
        raise UsageError(f"--like {file}: is not a readable image; name a JPEG, PNG or WebP file")
    return vector
