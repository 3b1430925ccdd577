"""Two NumPy arrays: all images of one size as `images.npy`, their labels as `labels.npy`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps

from synthset.errors import DatasetError
from synthset.export.aside import SCRATCH, clear_scratch
from synthset.export.card import write_card
from synthset.export.files import files_of
from synthset.export.marker import write_marker
from synthset.export.metadata import packed_table, write_packed_classes
from synthset.export.packed import stored_images
from synthset.export.place import Exported, begin, check_free, facts_of, refuse_other
from synthset.formats.arrays import IMAGES, LABELS, METADATA, create, name_of, write_beside
from synthset.images import Pixels, decode
from synthset.recipe.exports import Npy
from synthset.store.dataset import Dataset


def export_arrays(dataset: Dataset, settings: Npy) -> Exported:
    """Write the kept images as `images.npy`, (N, H, W, 3) uint8 RGB, and `labels.npy`, (N,) int64.

    Row i of `metadata.parquet` tells of image i; validation images lie in `val_images.npy` and so
    on. Images keep the dataset's order. A finished array stays, so a killed export goes on.

    Raises:
        DatasetError: nothing is kept, the images differ in size and no `size_px` is given, the
            folder is not ours or holds something else, or the disk is too small.
        UsageError: a relative path for a dataset that lies in an object store.
    """
    place, marker, kept = begin(dataset, settings)
    width, height = _size(dataset, kept, settings)
    files = files_of(dataset, kept, settings, ())
    layout = {"kind": settings.kind, "width": width, "height": height}
    facts = {**facts_of(dataset, settings, files), "layout": layout}
    refuse_other(place, marker, facts)
    rows = {
        split: [i for i, file in enumerate(files) if file.split == split]
        for split in sorted({file.split for file in files})
    }
    missing = {split: own for split, own in rows.items() if not (place / name_of(split)).exists()}
    images = sum(len(own) for own in missing.values())
    check_free(place, 3 * width * height * images, images)
    clear_scratch(place)
    card = {name: marker[name] for name in ("card_sha256",) if marker and name in marker}
    write_marker(place, {"state": "unfinished", **facts, **card})
    table = packed_table(dataset, kept, files)
    if missing:
        (place / SCRATCH).mkdir(exist_ok=True)
        ids = {split: [files[i].id for i in own] for split, own in missing.items()}
        _fill(place, dataset, ids, (width, height))
    for split, own in missing.items():
        _finish(place, split, table.take(own))
    write_packed_classes(place, dataset, files)
    written, notes = write_card(place, dataset, kept, files, card.get("card_sha256"), settings.kind)
    if missing:
        os.sync()  # the marker must not outlive its files in a power cut
    write_marker(place, {"state": "complete", **facts, "card_sha256": written})
    clear_scratch(place)
    return Exported(place, facts["images"], images, tuple(notes))


def _size(dataset: Dataset, kept: pa.Table, settings: Npy) -> tuple[int, int]:
    """Width and height of every image."""
    if settings.size_px is not None:
        return settings.size_px, settings.size_px
    columns = (kept.column(name).to_pylist() for name in ("width", "height"))
    found = sorted(set(zip(*columns, strict=True)))
    if len(found) > 1:
        shown = ", ".join(f"{width} × {height}" for width, height in found[:3])
        shown += ", …" if len(found) > 3 else ""
        raise DatasetError(
            f"{dataset.path}: kept images have {len(found)} sizes ({shown}), and an array has one; "
            "give size_px, such as --size-px 64"
        )
    return found[0]


def _fill(
    place: Path,
    dataset: Dataset,
    ids: Mapping[str, Sequence[str]],
    size: tuple[int, int],
) -> None:
    """Write the images of some splits into the scratch folder, in one pass over the dataset."""
    width, height = size
    goes = {name: (split, i) for split, own in ids.items() for i, name in enumerate(own)}
    arrays = {
        split: create(place / SCRATCH / name_of(split), len(own), width, height)
        for split, own in ids.items()
    }
    for name, data in stored_images(dataset):
        if name in goes:
            split, i = goes[name]
            arrays[split][i] = _fitted(decode(data), width, height)  # (H, W, 3)
    for array in arrays.values():
        array.flush()


def _finish(place: Path, split: str, rows: pa.Table) -> None:
    """Put a split's files in their place; its images come last, for they say that all is there."""
    write_beside(place / SCRATCH, split, rows)
    for what in (METADATA, LABELS, IMAGES):
        os.replace(place / SCRATCH / name_of(split, what), place / name_of(split, what))


def _fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """Cut an image to the shape, about its middle, and scale it."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(pixels)
    return np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC))
