"""ImageNet-like folders: `train/<wnid or class>/<id>.jpg`, with metadata and a dataset card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from synthset.errors import DatasetError
from synthset.export.card import write_card
from synthset.export.files import File, find_differing, list_present, name_files, read_image_parts
from synthset.export.folder import ExportFolder
from synthset.export.marker import begin_marker, is_doubtful, suggest_folder, write_marker
from synthset.export.metadata import write_class_texts, write_metadata
from synthset.export.place import Exported, begin, check_space, describe_export
from synthset.recipe.exports import ImageFolder
from synthset.store.dataset import Dataset

#: What torchvision's ImageFolder takes for images.
TORCHVISION = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}


def export(dataset: Dataset, settings: ImageFolder) -> Exported:
    """Lay out the kept images as folders, their bytes unchanged.

    A folder that holds an earlier export of the same images is completed: what is there stays,
    what is missing is written. Nothing is ever deleted: where the folder holds an image that is
    no longer kept, the export is refused, since the mixture would be a wrong dataset. A killed
    export goes on where it stopped.

    Raises:
        DatasetError: nothing is kept, the folder is not ours or holds other images, or the disk
            is too small.
        UsageError: a path that leaves the object store of the dataset.
    """
    folder, marker, kept = begin(dataset, settings)
    there = list_present(folder) if marker else set()
    files = name_files(dataset, kept, settings, there)
    facts = describe_export(dataset, settings, files)
    if marker:
        _check_same(folder, marker, facts)
        _check_only_grown(folder, files, there)
    missing = [file for file in files if file.name not in there]
    missing += _find_torn(folder, marker, dataset, [file for file in files if file.name in there])
    if folder.on_disk:
        check_space(folder, dataset, missing)
    folder.clear_scratch()
    card = begin_marker(folder, marker, facts)
    _write_images(folder, dataset, missing)
    write_metadata(folder, dataset, kept, files)
    if settings.class_texts:
        write_class_texts(folder, dataset, kept)
    card, notes = write_card(folder, dataset, kept, files, card)
    if missing:
        folder.sync()  # the marker must not outlive its images in a power cut
    write_marker(folder, {"state": "complete", **facts, "card_sha256": card})
    folder.clear_scratch()
    return Exported(
        folder.place, facts["images"], len(missing), (*notes, *_name_passed_over(files))
    )


def _name_passed_over(files: Sequence[File]) -> Iterator[str]:
    """Say which images torchvision would not see."""
    suffixes = Counter(PurePosixPath(file.name).suffix for file in files)
    for suffix in sorted(suffixes.keys() - TORCHVISION):
        yield (
            f"{suffixes[suffix]:,} images are {suffix} files, which torchvision's ImageFolder "
            "ignores; Parquet and WebDataset exports have no such limit"
        )


def _check_same(folder: ExportFolder, marker: dict[str, Any], facts: dict[str, Any]) -> None:
    """An export grows only with the dataset, the split and the label order it was begun with."""
    found = [
        f"{what} {marker.get(name)!r} (asked now: {facts[name]!r})"
        for name, what in (("dataset", "the dataset"), ("split", "the split"))
        if marker.get(name) != facts[name]
    ]
    if any(
        old != new for old, new in zip(marker.get("classes", []), facts["classes"], strict=False)
    ):
        found.append("a different label order")
    if found:
        raise DatasetError(
            f"{folder}: contains an earlier export with {', '.join(found)}; "
            f"{suggest_folder(folder)}"
        )


def _check_only_grown(folder: ExportFolder, files: Sequence[File], there: set[str]) -> None:
    stale = sorted(there - {file.name for file in files})
    if stale:
        shown = ", ".join(stale[:3]) + (" …" if len(stale) > 3 else "")
        raise DatasetError(
            f"{folder}: {len(stale)} of its {len(there)} images are not among the {len(files)} "
            f"kept ones ({shown}); mixing them would make a wrong dataset, and synthset deletes "
            f"nothing; {suggest_folder(folder)}"
        )


def _find_torn(
    folder: ExportFolder, marker: dict[str, Any] | None, dataset: Dataset, files: Sequence[File]
) -> list[File]:
    """Check what may be wrong: a power cut or somebody tears files, another images table has other
    bytes."""
    if not marker:
        return []
    unfinished = marker.get("state") != "complete"
    torn = is_doubtful(marker) or (unfinished and folder.on_disk)
    if not torn and marker.get("images_table") == dataset.view.images:
        return []
    wrong = find_differing(folder, files)
    if wrong and not unfinished:
        raise DatasetError(
            f"{folder}: {len(wrong)} images differ from those of the dataset now (first: "
            f"{wrong[0].name}); {suggest_folder(folder)}"
        )
    return wrong


def _write_images(folder: ExportFolder, dataset: Dataset, missing: Sequence[File]) -> None:
    for _ in folder.map(lambda image: folder.write(*image), _read_images(dataset, missing)):
        pass


def _read_images(dataset: Dataset, files: Sequence[File]) -> Iterator[tuple[str, bytes]]:
    wanted = {file.id: file.name for file in files}
    for shard in dataset.shards(dataset.view.images) if wanted else ():
        cell = read_image_parts(dataset, shard, "bytes")
        for name, data in zip(cell.column("id").to_pylist(), cell.column("part"), strict=True):
            if name in wanted:
                yield wanted[name], data.as_py()
