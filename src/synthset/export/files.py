"""Which file each kept image becomes, and what of that already lies in the folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from synthset.errors import DatasetError
from synthset.export.folder import ExportFolder
from synthset.export.split import TRAIN, VAL, split_class
from synthset.formats.class_folders import make_path
from synthset.images import SIGNATURES, find_suffix, sha256
from synthset.recipe.exports import ImageExport
from synthset.store.dataset import Dataset
from synthset.taxonomy.keys import find_folder_fault

SUFFIXES = frozenset({".tiff", *SIGNATURES.values()})


@dataclass(frozen=True, slots=True)
class File:
    """One image of the export.

    Attributes:
        id: the record.
        split: `train` or `val`.
        name: path within the export, `train/<folder>/<id>.jpg`.
        sha256: of its bytes.
    """

    id: str
    split: str
    name: str
    sha256: str


def list_present(folder: ExportFolder) -> set[str]:
    """List the images that already lie in an export: names such as `train/cat/<id>.jpg`. What the
    system or others put beside them is in nobody's way."""
    names = (name for split in (TRAIN, VAL) for name in folder.list_files(split))
    return {name for name in names if name.count("/") > 1 and _is_image(name)}


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def name_files(
    dataset: Dataset, kept: pa.Table, settings: ImageExport, there: Iterable[str]
) -> list[File]:
    """Name the file of each kept record, in the order of `kept`."""
    folders = {entry["key"]: _check_folder(entry["folder"]) for entry in dataset.classes()}
    ids, keys = kept.column("id").to_pylist(), kept.column("class_key").to_pylist()
    sides = _choose_splits(ids, keys, settings, there)
    suffixes = dict(_find_suffixes(dataset, set(ids)))
    return [
        File(
            name,
            sides[name],
            make_path(sides[name], folders[key], f"{name}{suffixes[name]}"),
            content,
        )
        for name, key, content in zip(ids, keys, kept.column("sha256").to_pylist(), strict=True)
    ]


def _check_folder(folder: str) -> str:
    if fault := find_folder_fault(folder):
        raise DatasetError(
            f"classes.json: the folder {folder!r} {fault}; rename it in the list of classes and "
            "run the recipe again"
        )
    return folder


def _choose_splits(
    ids: Sequence[str], keys: Sequence[str], settings: ImageExport, there: Iterable[str]
) -> dict[str, str]:
    settled = {PurePosixPath(name).stem: name.split("/", 1)[0] for name in there}
    by_class: dict[str, list[str]] = defaultdict(list)
    for name, key in zip(ids, keys, strict=True):
        by_class[key].append(name)
    sides: dict[str, str] = {}
    for members in by_class.values():
        old = {name: settled[name] for name in members if name in settled}
        sides.update(split_class(members, settings.val_fraction, settings.seed, old))
    return sides


def read_image_parts(dataset: Dataset, shard: int, part: str) -> pa.Table:
    """Read the `bytes` or the `path` of a shard's images, and not the other.

    Returns:
        A table with the columns `id` and `part`.
    """
    cell = dataset.read_cell(dataset.view.images, shard, ["id", f"image.{part}"])
    found = cell.column(1)
    if pa.types.is_struct(found.type):  # pyarrow gives the part itself, or a struct of it alone
        found = pc.struct_field(found, part)
    return pa.table({"id": cell.column("id"), "part": found})


def _find_suffixes(dataset: Dataset, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Give each record's file suffix: by the path stored with its bytes, else by their start."""
    unsure: list[str] = []
    for shard in dataset.shards(dataset.view.images):
        cell = read_image_parts(dataset, shard, "path")
        for name, path in zip(*(column.to_pylist() for column in cell.columns), strict=True):
            suffix = PurePosixPath(path or "").suffix.lower().replace(".jpeg", ".jpg")
            if name in wanted and suffix in SUFFIXES:
                yield name, suffix
            elif name in wanted:
                unsure.append(name)
    for name, image in zip(unsure, dataset.read_images(unsure) if unsure else [], strict=True):
        yield name, _name_by_content(name, image)


def _name_by_content(name: str, image: bytes | None) -> str:
    suffix = find_suffix(image or b"")
    if suffix is None:
        raise DatasetError(
            f"record {name}: neither the path nor the bytes of its image show its format; reject "
            "the record in a review, or import it again"
        )
    return suffix


def find_differing(folder: ExportFolder, files: Sequence[File]) -> list[File]:
    """Find the files whose content there is not the record's."""
    found = folder.map(lambda file: sha256(folder.read(file.name)), files)
    return [file for file, content in zip(files, found, strict=True) if content != file.sha256]
