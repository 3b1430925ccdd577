"""Images in NumPy arrays, as `images.npy` with `labels.npy` and `metadata.parquet`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.errors import DatasetError, RecipeError
from synthset.formats.class_lists import ClassList
from synthset.formats.labels import read_label
from synthset.formats.listed import Label, Listed
from synthset.formats.manifest import UNLABELLED, Passed
from synthset.formats.metadata_tables import write_parquet
from synthset.formats.source_names import decode_name, name_source, parse_source
from synthset.images import encode

IMAGES, LABELS, METADATA = "images.npy", "labels.npy", "metadata.parquet"
TRAIN = "train"
PARSING = Lock()  # NumPy parses the header by `ast`, which Python 3.11 does in one thread at a time
CHANNELS = (1, 3, 4)  # grey, RGB, RGB and alpha


def name_file(split: str, what: str = IMAGES) -> str:
    """Name a file of a split: training images have the plain names.

    >>> name_file("train"), name_file("val", "labels.npy")
    ('images.npy', 'val_labels.npy')
    """
    return what if split == TRAIN else f"{split}_{what}"


def split_in(name: str) -> str | None:
    """Name the split whose images a file holds; None for a file of another name.

    >>> split_in("images.npy"), split_in("val_images.npy"), split_in("labels.npy")
    ('train', 'val', None)
    """
    before = name.removesuffix(IMAGES)
    return (before.removesuffix("_") or TRAIN) if name.endswith(IMAGES) else None


def find(path: Path, classes: ClassList, where: str, passed: Passed) -> Iterator[Listed]:
    """List the images of one array, by row; `labels.npy` beside it has as many labels, and
    `metadata.parquet`, where it has as many rows, prompts.

    Args:
        path: `images.npy`, or that of another split, `val_images.npy`.
        classes: what the numbers mean; without a list they are names.
        where: place in the recipe, for messages.
        passed: gathers images without a label.

    Raises:
        RecipeError: an array is missing, can't be read, or is none of images or of labels.
    """
    images, labels = _images(path, where), _labels(path, where)
    if len(images) != len(labels):
        found = (
            f"{path} has {len(images):,} images, but the file beside it has {len(labels):,} labels"
        )
        raise RecipeError(where, found, "export it again")
    split = split_in(path.name)
    prompts = _prompts(path, len(images))
    shown = decode_name(str(path))
    for row, value in enumerate(labels.tolist()):
        try:
            said = read_label(value)
        except ValueError as fault:
            right = "name arrays that hold a whole number or a name for each image"
            raise RecipeError(where, f"{shown}, image {row}: {fault}", right) from None
        label = None if said is None else _label(said, classes)
        if label is None:
            passed.add(UNLABELLED, f"{shown}#{row}", f"its label is {value}")
            continue
        yield Listed(
            f"{name_source(path)}#{row}", label, prompts[row], split, read=partial(read, path, row)
        )


def split_source(source: str) -> tuple[Path, int] | None:
    """Take `images.npy#12` apart; None for another source."""
    path, mark, row = source.rpartition("#")
    if not (mark and path.endswith(".npy") and row.isdigit()):
        return None
    place = parse_source(path)
    return (place, int(row)) if isinstance(place, Path) else None


def read(path: Path, row: int) -> bytes:
    """Give an image of an array, as a PNG.

    Raises:
        DatasetError: the array is gone, is another one, or ends before this row.
    """
    try:
        images = _images(path, "")
        image = images[row]
        return encode(
            np.ascontiguousarray(image[:, :, 0] if image.shape[2:] == (1,) else image), "png"
        )
    except FileNotFoundError:
        raise DatasetError(f"{path} is gone; restore it, or plan again without it") from None
    except (RecipeError, IndexError) as fault:
        raise DatasetError(f"{path}: it was changed after planning ({fault})") from None


def _images(path: Path, where: str) -> NDArray[Any]:
    images = _load(path, where)
    if images.dtype != np.uint8 or not (
        images.ndim == 3 or (images.ndim == 4 and images.shape[3] in CHANNELS)
    ):
        found = f"{path} has shape {images.shape} of {images.dtype}"
        raise RecipeError(where, found, "images have shape (N, H, W, 3) or (N, H, W) of uint8")
    return images


def _labels(path: Path, where: str) -> NDArray[Any]:
    beside = path.with_name(path.name.removesuffix(IMAGES) + LABELS)
    if not beside.is_file():
        raise RecipeError(where, f"there is no {beside.name} beside {path}", "put the labels there")
    labels = _load(beside, where)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        found = f"{beside} has shape {labels.shape} of {labels.dtype}"
        raise RecipeError(where, found, "labels have shape (N,), one for each image")
    return labels


def _load(path: Path, where: str) -> NDArray[Any]:
    try:
        with PARSING:
            loaded: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError) as fault:
        right = "write it with numpy.save, with numbers or text"
        raise RecipeError(where, f"{path} is not a readable array ({fault})", right) from None
    return loaded


def _prompts(path: Path, rows: int) -> list[str | None]:
    beside = path.with_name(path.name.removesuffix(IMAGES) + METADATA)
    try:
        table = pq.read_table(beside, columns=["prompt"])
    except (OSError, pa.ArrowException):  # it is no export of ours, and may do without
        return [None] * rows
    return table.column("prompt").to_pylist() if table.num_rows == rows else [None] * rows


def _label(said: int | str, classes: ClassList) -> Label | None:
    if classes:
        return classes.find_label(said)
    return Label(str(said), said if isinstance(said, int) else None)


def create(path: Path, count: int, width: int, height: int) -> np.memmap[Any, np.dtype[np.uint8]]:
    """Make an array of images on the disk, (N, H, W, 3) uint8 RGB; it is filled in place."""
    shape = count, height, width, 3
    return np.lib.format.open_memmap(path, "w+", np.uint8, shape)


def write_beside(labels: Path, metadata: Path, rows: pa.Table) -> None:
    """Write what lies beside a split's images: labels, (N,) int64, and a table; a row an image."""
    metadata.write_bytes(write_parquet(rows))
    with labels.open("wb") as file:
        np.save(file, np.asarray(rows.column("label").to_pylist(), dtype=np.int64))
