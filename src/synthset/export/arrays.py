"""Two NumPy arrays: all images of one size as `images.npy`, their labels as `labels.npy`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps

from synthset.errors import DatasetError
from synthset.export.aside import SCRATCH, clear_scratch
from synthset.export.card import write_card
from synthset.export.files import File, files_of
from synthset.export.marker import elsewhere, read_marker, write_marker
from synthset.export.metadata import class_rows, described, metadata_table, source_of
from synthset.export.packed import stored_images, write_classes
from synthset.export.place import Exported, facts_of, place_of
from synthset.export.split import TRAIN
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
    place = place_of(dataset, settings)
    marker = read_marker(place)
    kept = dataset.kept()
    if not kept.num_rows:
        raise DatasetError(
            f"{dataset.path}: no image is kept, so there is nothing to export; loosen the selection"
        )
    width, height = _size(dataset, kept, settings)
    files = files_of(dataset, kept, settings, ())
    layout = {"kind": settings.kind, "width": width, "height": height}
    facts = {**facts_of(dataset, settings, files), "layout": layout}
    if marker and any(marker.get(name) != facts[name] for name in ("fingerprint", "layout")):
        raise DatasetError(f"{place}: holds another export; {elsewhere(place)}")
    rows = {
        split: [i for i, file in enumerate(files) if file.split == split]
        for split in sorted({file.split for file in files})
    }
    missing = {split: own for split, own in rows.items() if not (place / name_of(split)).exists()}
    clear_scratch(place)
    card = {name: marker[name] for name in ("card_sha256",) if marker and name in marker}
    write_marker(place, {"state": "unfinished", **facts, **card})
    table = metadata_table(kept, files, source_of(dataset)).drop_columns(["file_name"])
    _write(place, dataset, files, described(table, class_rows(dataset, files)), missing,
           (len(files), height, width))  # fmt: skip
    write_classes(place, dataset, files)
    written, notes = write_card(place, dataset, kept, files, card.get("card_sha256"), settings.kind)
    if missing:
        os.sync()  # the marker must not outlive its files in a power cut
    write_marker(place, {"state": "complete", **facts, "card_sha256": written})
    clear_scratch(place)
    images = sum(len(own) for own in missing.values())
    return Exported(place, facts["images"], images, tuple(notes))


def name_of(split: str, what: str = "images.npy") -> str:
    """Name a file of a split: training images have the plain names.

    >>> name_of("train"), name_of("val", "labels.npy")
    ('images.npy', 'val_labels.npy')
    """
    return what if split == TRAIN else f"{split}_{what}"


def _size(dataset: Dataset, kept: pa.Table, settings: Npy) -> tuple[int, int]:
    """Width and height of every image."""
    if settings.size_px is not None:
        return settings.size_px, settings.size_px
    columns = (kept.column(name).to_pylist() for name in ("width", "height"))
    found = sorted(set(zip(*columns, strict=True)))
    if len(found) > 1:
        shown = ", ".join(f"{width} × {height}" for width, height in found[:3])
        raise DatasetError(
            f"{dataset.path}: kept images have {len(found)} sizes ({shown}{', …' * (len(found) > 3)}"
            "), and an array has one; give size_px, such as --size-px 64"
        )
    return found[0]


def _write(
    place: Path,
    dataset: Dataset,
    files: Sequence[File],
    rows: pa.Table,
    missing: Mapping[str, Sequence[int]],
    shape: tuple[int, int, int],
) -> None:
    """Fill the arrays of some splits in one pass over the dataset; images.npy comes last."""
    if not missing:
        return
    (place / SCRATCH).mkdir(parents=True, exist_ok=True)
    height, width = shape[1:]
    goes = {
        files[row].id: (split, i) for split, own in missing.items() for i, row in enumerate(own)
    }
    scratch = {split: place / SCRATCH / name_of(split) for split in missing}
    arrays = {
        split: np.lib.format.open_memmap(
            scratch[split], "w+", np.uint8, (len(own), height, width, 3)
        )
        for split, own in missing.items()
    }
    for name, data in stored_images(dataset):
        if name in goes:
            split, i = goes[name]
            arrays[split][i] = _fitted(decode(data), width, height)  # (H, W, 3)
    for split, own in missing.items():
        arrays[split].flush()
        part = rows.take(list(own))
        pq.write_table(part, place / SCRATCH / "metadata", compression="zstd")
        os.replace(place / SCRATCH / "metadata", place / name_of(split, "metadata.parquet"))
        labels = np.asarray(part.column("label").to_pylist(), dtype=np.int64)
        np.save(place / SCRATCH / "labels.npy", labels)
        os.replace(place / SCRATCH / "labels.npy", place / name_of(split, "labels.npy"))
        os.replace(scratch[split], place / name_of(split))


def _fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """Cut an image to the shape, about its middle, and scale it."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(pixels)
    return np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC))
