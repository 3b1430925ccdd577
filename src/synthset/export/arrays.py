"""Two NumPy arrays: all images of one size as `images.npy`, their labels as `labels.npy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps

from synthset.errors import DatasetError
from synthset.export.card import write_card
from synthset.export.files import File, name_files
from synthset.export.folder import ExportFolder
from synthset.export.marker import begin_marker, is_doubtful, write_marker
from synthset.export.metadata import make_packed_table, write_packed_classes
from synthset.export.packed import read_stored_images
from synthset.export.place import Exported, begin, check_free, describe_export, refuse_other
from synthset.formats.arrays import IMAGES, LABELS, METADATA, create, name_file, write_beside
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
        UsageError: a path that leaves the object store of the dataset.
    """
    folder, marker, kept = begin(dataset, settings)
    width, height = _size(dataset, kept, settings)
    files = name_files(dataset, kept, settings, ())
    layout = {"kind": settings.kind, "width": width, "height": height}
    facts = {**describe_export(dataset, settings, files), "layout": layout}
    refuse_other(folder, marker, facts)
    rows = {
        split: [i for i, file in enumerate(files) if file.split == split]
        for split in sorted({file.split for file in files})
    }
    again = is_doubtful(marker)
    missing = {
        split: own for split, own in rows.items() if again or not folder.exists(name_file(split))
    }
    images = sum(len(own) for own in missing.values())
    check_free(folder, 3 * width * height * images, images)
    folder.clear_scratch()
    card = begin_marker(folder, marker, facts)
    table = make_packed_table(dataset, kept, files)
    if missing:
        _write(
            folder,
            dataset,
            {split: [files[i] for i in own] for split, own in missing.items()},
            {split: table.take(own) for split, own in missing.items()},
            (width, height),
        )
    write_packed_classes(folder, dataset, files)
    written, notes = write_card(folder, dataset, kept, files, card, settings.kind)
    if missing:
        folder.sync()  # the marker must not outlive its files in a power cut
    write_marker(folder, {"state": "complete", **facts, "card_sha256": written})
    folder.clear_scratch()
    return Exported(folder.place, facts["images"], images, tuple(notes))


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
            f"{dataset.path}: the kept images have {len(found)} sizes ({shown}), but an array "
            "needs a single one; give size_px, such as --size-px 64"
        )
    return found[0]


def _write(
    folder: ExportFolder,
    dataset: Dataset,
    files: Mapping[str, Sequence[File]],
    rows: Mapping[str, pa.Table],
    size: tuple[int, int],
) -> None:
    """Write some splits in one pass over the dataset. A split's images take their place after its
    labels and metadata, for they say that all is there."""
    width, height = size
    goes = {file.id: (split, i) for split, own in files.items() for i, file in enumerate(own)}
    with ExitStack() as opened:  # which puts files in place from the last to the first

        def lend(split: str, what: str) -> Path:
            return opened.enter_context(folder.lend(name_file(split, what)))

        arrays = {
            split: create(lend(split, IMAGES), len(own), width, height)
            for split, own in files.items()
        }
        for split, table in rows.items():
            write_beside(lend(split, LABELS), lend(split, METADATA), table)
        for name, data in read_stored_images(dataset):
            if name in goes:
                split, i = goes[name]
                arrays[split][i] = _fit_image(decode(data), width, height)  # (H, W, 3)
        for array in arrays.values():
            array.flush()


def _fit_image(pixels: Pixels, width: int, height: int) -> Pixels:
    """Cut an image to the shape, about its middle, and scale it."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(pixels)
    return np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC))
