"""Where an export lies, what is in it, and whether the disk has room for it."""

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
from synthset.export.folder import ExportFolder, open_export
from synthset.export.marker import read_marker, suggest_folder
from synthset.recipe.exports import Export, ImageExport
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset
from synthset.store.remote import Place, Remote, is_url, parse_place

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

    path: Place
    images: dict[str, int]
    written: int
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)


def begin(
    dataset: Dataset, settings: Export
) -> tuple[ExportFolder, dict[str, Any] | None, pa.Table]:
    """Find out where an export goes, what lies there, and what is kept.

    Returns:
        The folder, the marker of an earlier export in it, and the kept records.

    Raises:
        DatasetError: nothing is kept, or the folder is not ours.
        UsageError: a path that leaves the object store of the dataset.
    """
    folder = find_folder(dataset, settings)
    marker = read_marker(folder)
    kept = dataset.kept()
    if not kept.num_rows:
        raise DatasetError(
            f"{dataset.path}: no image is kept, so there is nothing to export; loosen the selection"
        )
    return folder, marker, kept


def refuse_other(
    folder: ExportFolder, marker: Mapping[str, Any] | None, facts: Mapping[str, Any]
) -> None:
    """An export whose files hold many images never grows: it is the same, or another one.

    Raises:
        DatasetError: the folder holds another one.
    """
    if marker and any(marker.get(name) != facts[name] for name in ("fingerprint", "layout")):
        raise DatasetError(f"{folder}: contains another export; {suggest_folder(folder)}")


def find_folder(dataset: Dataset, settings: Export) -> ExportFolder:
    """Find the folder of an export.

    Raises:
        DatasetError: it is a URL, and the package for its protocol is missing.
        UsageError: a path that leaves the object store of the dataset.
    """
    path = settings.path or _name_own_place(dataset, settings)
    return open_export(place_export(path, dataset.path))


def place_export(path: str, dataset: str) -> str:
    """Say where an export lies whose path may be relative to its dataset's.

    >>> place_export("tars", "s3://bucket/pets"), place_export("s3://other/tars", "pets")
    ('s3://bucket/pets/tars', 's3://other/tars')

    Raises:
        UsageError: a path that leaves the object store of the dataset.
    """
    place = parse_place(path)
    if isinstance(place, Remote):
        return path
    place = place.expanduser()
    if place.is_absolute() or not is_url(dataset):
        return str(Path(dataset) / place)
    if ".." in PurePosixPath(path).parts:
        raise UsageError(
            f"exports: path {path!r} leaves {dataset}; name a whole URL, or a folder within it"
        )
    return f"{dataset.rstrip('/')}/{place.as_posix()}"


def refuse_store(settings: Export, dataset: str) -> None:
    """See that the code of this kind writes where it is asked to.

    Raises:
        UsageError: it writes to disks only.
    """
    path = settings.path or "exports"
    if not settings.to_stores and is_url(place_export(path, dataset)):
        kind = getattr(settings, "kind", "")
        raise UsageError(
            f"exports: {path} is in an object store, but the kind {kind!r} writes to a disk; name "
            "an absolute local path"
        )


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


def check_space(folder: ExportFolder, dataset: Dataset, missing: Sequence[File]) -> None:
    """Compare the free disk with what the images will take, by the size of up to 64 of them."""
    if not missing:
        return
    sample = dataset.read_images([file.id for file in missing[:: max(1, len(missing) // 64)][:64]])
    sizes = [-(-len(image) // BLOCK) * BLOCK for image in sample if image]
    needed = round(sum(sizes) / max(1, len(sizes)) * len(missing))
    check_free(folder, needed, len(missing))


def check_free(folder: ExportFolder, size: int, images: int) -> None:
    """Compare the free disk with what images will take, in bytes."""
    needed, disk = size + SLACK, folder.scratch
    while not disk.exists():
        disk = disk.parent
    free = shutil.disk_usage(disk).free
    if free < needed:
        right = "give the export an absolute path on another disk"
        if not folder.on_disk:
            right = "set TMPDIR to a folder on another disk"
        raise DatasetError(
            f"{folder.place if folder.on_disk else folder.scratch}: {images} images need about "
            f"{needed / 1e9:.2f} GB, but only {free / 1e9:.2f} GB are free; free some space, or "
            f"{right}"
        )
