"""Features that a pool brings along, as clip-retrieval and others write them: a column of its
Parquet files, `.npy` files beside its own, or a folder of `.npy` files with metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.errors import RecipeError, did_you_mean
from synthset.formats.captioned import Captioned
from synthset.formats.parquet import SCAN_ROWS, open_parquet
from synthset.formats.table import split_source
from synthset.store.remote import Place, Remote

BESIDE = "beside"
KEYS = ("key", "image_path", "uid", "id")  # columns that say which image a row of features is of
WHERE = "--features"

Vector = NDArray[np.float32]
Of = Callable[[Captioned], tuple[Vector | None, Vector | None]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Features in files, by the key of the image."""

    place: dict[str, tuple[int, int]]
    images: Sequence[NDArray[np.generic]]
    texts: Sequence[NDArray[np.generic]]

    def of(self, image: Captioned) -> tuple[Vector | None, Vector | None]:
        file, row = self.place.get(image.facts.get("pool_key") or "", (-1, -1))
        if file < 0:
            return None, None
        text = np.asarray(self.texts[file][row], np.float32) if self.texts else None
        return np.asarray(self.images[file][row], np.float32), text


class PrecomputedFeatures:
    """Gives the features of each image of a pool, and of its caption.

    Args:
        named: a folder with `img_emb/*.npy` and `metadata/*.parquet` (clip-retrieval), or with
            `.npy` beside `.parquet` files; `beside` for those beside the pool's own files; else a
            column of the pool's Parquet files.
    """

    def __init__(self, named: str) -> None:
        self._named = named
        self._folder = _folder(Path(named).expanduser()) if Path(named).is_dir() else None

    @property
    def texts(self) -> bool:
        """Whether features of captions come along."""
        return self._folder is not None and bool(self._folder.texts)

    def check(self, files: Sequence[Place]) -> None:
        """Make sure that every file of the pool has its features, before the first is looked at.

        Raises:
            RecipeError: one has none.
        """
        for file in files if self._folder is None else ():
            if self._named == BESIDE:
                _require(*_name_files(file))
            else:
                _require_column(file, self._named)

    def make_reader(self, file: Place) -> Of:
        """Make the function that gives the features of images of a file, asked in their order.

        Raises:
            RecipeError: this file has none.
        """
        if self._folder is not None:
            return self._folder.of
        if self._named == BESIDE:
            return _pairs([_name_files(file)]).of
        return _column(file, self._named)


def _name_files(file: Place) -> tuple[Path, Path]:
    if isinstance(file, Remote):
        right = "copy them to a local disk and name their folder"
        raise RecipeError(WHERE, f"the features beside {file} are not on a local disk", right)
    return file.with_suffix(".parquet"), file.with_suffix(".npy")


def _folder(folder: Path) -> _Table:
    """Pair metadata with features: by their numbers, or by their names."""
    if (folder / "img_emb").is_dir():
        images, texts, tables = (
            {_number(file): file for file in (folder / name).glob(f"*.{kind}")}
            for name, kind in (("img_emb", "npy"), ("text_emb", "npy"), ("metadata", "parquet"))
        )
        numbers = sorted(images)
        pairs = [
            (tables.get(n, folder / f"metadata/metadata_{n}.parquet"), images[n]) for n in numbers
        ]
        return _pairs(pairs, [texts[n] for n in numbers] if set(numbers) <= set(texts) else ())
    found = [(file.with_suffix(".parquet"), file) for file in sorted(folder.glob("*.npy"))]
    if not found:
        right = "name a folder with img_emb and metadata, or with .npy beside .parquet files"
        raise RecipeError(WHERE, f"there is no .npy file in {folder}", right)
    return _pairs(found)


def _number(file: Path) -> int:
    found = re.findall(r"\d+", file.stem)
    return int(found[-1]) if found else 0


def _pairs(files: Sequence[tuple[Path, Path]], texts: Sequence[Path] = ()) -> _Table:
    place: dict[str, tuple[int, int]] = {}
    images = []
    for i, (table, features) in enumerate(files):
        _require(table, features)
        keys = _keys(table)
        images.append(_array(features))
        if len(images[-1]) != len(keys):
            found = f"{features} has {len(images[-1]):,} rows, but {table} has {len(keys):,}"
            raise RecipeError(WHERE, found, "give features and metadata of the same images")
        place |= {key: (i, row) for row, key in enumerate(keys)}
    return _Table(place, images, [_array(file) for file in texts])


def _require(table: Path, features: Path) -> None:
    for file in (table, features):
        if not file.is_file():
            right = "features need a table beside them that names the images"
            raise RecipeError(WHERE, f"there is no file {file}", right)


def _keys(table: Path) -> list[str]:
    try:
        names = pq.read_schema(table).names
    except (pa.ArrowInvalid, OSError) as fault:
        raise RecipeError(WHERE, f"{table} is unreadable ({fault})", "name other files") from None
    column = next((name for name in KEYS if name in names), None)
    if column is None:
        right = f"name the image of each row in a column {' or '.join(map(repr, KEYS[:2]))}"
        raise RecipeError(WHERE, f"{table} has the columns {', '.join(names)}", right)
    keys = pq.read_table(table, columns=[column]).column(column).to_pylist()
    return [Path(str(key)).stem if column == "image_path" else str(key) for key in keys]


def _array(file: Path) -> NDArray[np.generic]:
    try:
        found: NDArray[np.generic] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as fault:
        raise RecipeError(WHERE, f"{file} is unreadable ({fault})", "name other files") from None
    if found.ndim != 2 or not np.issubdtype(found.dtype, np.floating):
        what = f"{file} contains {found.dtype} of shape {found.shape}"
        raise RecipeError(WHERE, what, "features have shape (images, numbers) and are floats")
    return found


def _require_column(file: Place, column: str) -> None:
    if file.suffix != ".parquet":
        found = f"{file} is not a Parquet file, so it has no column {column!r}"
        right = f"name a folder of .npy files, or {BESIDE!r}"
        raise RecipeError(WHERE, found, right)
    with open_parquet(file) as table:
        names = table.schema_arrow.names
    if column not in names:
        found = f"{file} has no column {column!r}, and there is no folder of that name"
        raise RecipeError(WHERE, found, did_you_mean(column, names))


def _column(file: Place, column: str) -> Of:
    """Features in the rows of the images themselves."""
    rows = enumerate(_cells(file, column))

    def of(image: Captioned) -> tuple[Vector | None, Vector | None]:
        asked = split_source(image.source)
        cell = next(cell for row, cell in rows if asked is not None and row == asked[1])
        return (None if cell is None else np.asarray(cell, np.float32)), None

    return of


def _cells(file: Place, column: str) -> Iterator[object]:
    with open_parquet(file) as table:
        for batch in table.iter_batches(SCAN_ROWS, columns=[column]):
            yield from batch.column(0).to_pylist()
