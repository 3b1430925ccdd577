"""Where an export lies, what marks it, and whether the disk has room for it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from synthset.errors import DatasetError, UsageError
from synthset.export.files import File
from synthset.export.marker import read_marker, suggest_folder
from synthset.recipe.exports import Export, ImageExport
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder
from synthset.store.remote import require_on_disk

BLOCK = 4096  # bytes; what the smallest file takes on most disks
SLACK = 16 << 20  # bytes; metadata, folders


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did. Usable as the path of its folder.

    Attributes:
        path: the folder.
        images: images by split, now.
        written: images written this time.
        notes: what a user should know: a card of theirs that was left alone, a class without
            images.
    """

    path: Path
    images: dict[str, int]
    written: int
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)


def begin(dataset: Dataset, settings: Export) -> tuple[Path, dict[str, Any] | None, pa.Table]:
    """Find out where an export goes, what lies there, and what is kept.

    Returns:
        The folder, the marker of an earlier export in it, and the kept records.

    Raises:
        DatasetError: nothing is kept, or the folder is not ours.
        UsageError: a relative path for a dataset that lies in an object store.
    """
    place = find_place(dataset, settings)
    marker = read_marker(place)
    kept = dataset.kept()
    if not kept.num_rows:
        raise DatasetError(
            f"{dataset.path}: no image is kept, so there is nothing to export; loosen the selection"
        )
    return place, marker, kept


def refuse_other(place: Path, marker: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> None:
    """An export whose files hold many images never grows: it is the same, or another one.

    Raises:
        DatasetError: the folder holds another one.
    """
    if marker and any(marker.get(name) != facts[name] for name in ("fingerprint", "layout")):
        raise DatasetError(f"{place}: contains another export; {suggest_folder(place)}")


def find_place(dataset: Dataset, settings: Export) -> Path:
    """Say where an export lies.

    Raises:
        UsageError: a URL, or a relative path for a dataset that lies in an object store.
    """
    place = require_on_disk(settings.path or _name_own_place(dataset, settings), "exports: path")
    if place.is_absolute():
        return place
    if not isinstance(dataset.folder, LocalFolder):
        raise UsageError(
            f"exports: path {str(place)!r} is inside {dataset.path}, but folders of images are "
            "written to a disk; name an absolute path"
        )
    return dataset.folder.root / place


def _name_own_place(dataset: Dataset, settings: Export) -> str:
    """Name a folder for this selection alone, so that a changed limit never mixes two datasets."""
    selection = PurePosixPath(dataset.view.selection or "all").stem
    return f"exports/{selection}-{fingerprint(settings.identity())}"


def describe_export(
    dataset: Dataset, settings: ImageExport, files: Sequence[File]
) -> dict[str, Any]:
    """What the marker says of an export: another value of any is another export."""
    view = dataset.view
    return {
        "dataset": dataset.name,
        "split": {"val_fraction": settings.val_fraction, "seed": settings.seed},
        "images_table": view.images,
        "selection": view.selection,
        "images": dict(sorted(Counter(file.split for file in files).items())),
        "classes": [entry["key"] for entry in dataset.classes()],
        "fingerprint": fingerprint([[file.name, file.sha256] for file in files]),
    }


def check_space(place: Path, dataset: Dataset, missing: Sequence[File]) -> None:
    """Compare the free disk with what the images will take, by the size of up to 64 of them."""
    if not missing:
        return
    sample = dataset.read_images([file.id for file in missing[:: max(1, len(missing) // 64)][:64]])
    sizes = [-(-len(image) // BLOCK) * BLOCK for image in sample if image]
    needed = round(sum(sizes) / max(1, len(sizes)) * len(missing))
    check_free(place, needed, len(missing))


def check_free(place: Path, size: int, images: int) -> None:
    """Compare the free disk with what images will take, in bytes."""
    needed, disk = size + SLACK, place
    while not disk.exists():
        disk = disk.parent
    free = shutil.disk_usage(disk).free
    if free < needed:
        raise DatasetError(
            f"{place}: {images} images need about {needed / 1e9:.2f} GB, but only "
            f"{free / 1e9:.2f} GB are free; free some space, or give the export an absolute path "
            "on another disk"
        )
