"""Reads OpenImages' labels of images: what is said to be on each, and what is denied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from synthset.errors import RecipeError, did_you_mean
from synthset.formats.scan import expand
from synthset.formats.split_names import refuse_splits

COLUMNS = {
    "ImageID": pa.string(),
    "Source": pa.string(),
    "LabelName": pa.string(),
    "Confidence": pa.float64(),
}
INFO = {"pool_url": "OriginalURL", "pool_license": "License"}
MACHINE = "machine"  # the Source of a classifier's labels; all others are people's


@dataclass(slots=True)
class ImageLabels:
    """What is known of one image.

    Attributes:
        said: MID -> highest confidence with which it is said to be there, in (0, 1].
        denied: MIDs that a person denies.
    """

    said: dict[str, float] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)


def read_image_labels(
    paths: Sequence[str],
    keys: Collection[str],
    mids: Collection[str],
    labelled_by: str,
    where: str = "source.labels",
) -> dict[str, ImageLabels]:
    """Read the labels of some images.

    Args:
        paths: CSV files or globs, each of one split, with the columns ImageID, Source, LabelName
            and Confidence; others are not read.
        keys: ImageIDs of the images that there are.
        mids: labels that mean a class.
        labelled_by: `people`, `machine` or `any`: whose labels count. What people deny (confidence
            0) counts in any case.
        where: the place in the recipe, for messages.

    Returns:
        What is known of each image that has one of the labels.

    Raises:
        RecipeError: a file is missing, has other columns, or mixes splits.
    """
    wanted_keys, wanted_mids = pa.array(sorted(keys)), pa.array(sorted(mids), pa.string())
    found: dict[str, ImageLabels] = {}
    for i, path in enumerate(paths):
        files = [Path(str(file)) for file in expand(path, f"{where}[{i}]")]
        refuse_splits(files, f"{where}[{i}]")
        for file in files:
            for batch in _batches(file, f"{where}[{i}]"):
                mine = pc.and_(
                    pc.is_in(batch.column("LabelName"), wanted_mids),
                    pc.is_in(batch.column("ImageID"), wanted_keys),
                )
                _add(found, batch.filter(mine), labelled_by)
    return found


def read_image_info(
    paths: Sequence[str], keys: Collection[str], where: str = "source.info"
) -> dict[str, dict[str, str | None]]:
    """Read the address and licence of some images, by column of the plan.

    Raises:
        RecipeError: a file is missing, or has other columns.
    """
    found: dict[str, dict[str, str | None]] = {}
    types = dict.fromkeys(("ImageID", *INFO.values()), pa.string())
    options = csv.ConvertOptions(column_types=types, include_columns=list(types))
    parse = csv.ParseOptions(newlines_in_values=True)  # titles have them
    for i, path in enumerate(paths):
        for file in expand(path, f"{where}[{i}]"):
            try:
                with csv.open_csv(file, convert_options=options, parse_options=parse) as reader:
                    for row in (row for batch in reader for row in batch.to_pylist()):
                        if row["ImageID"] in keys:
                            found[row["ImageID"]] = {to: row[name] for to, name in INFO.items()}
            except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as fault:
                right = f"name an OpenImages CSV file with the columns {', '.join(types)}"
                raise RecipeError(
                    f"{where}[{i}]", f"{file} is not readable ({fault})", right
                ) from None
    return found


def _add(found: dict[str, ImageLabels], batch: pa.RecordBatch, labelled_by: str) -> None:
    columns = [batch.column(name).to_pylist() for name in COLUMNS]
    for key, source, mid, confidence in zip(*columns, strict=True):
        by_machine = source == MACHINE
        if confidence is None:
            continue
        if confidence <= 0:
            if not by_machine:
                found.setdefault(key, ImageLabels()).denied.add(mid)
        elif labelled_by == "any" or by_machine == (labelled_by == "machine"):
            said = found.setdefault(key, ImageLabels()).said
            said[mid] = max(confidence, said.get(mid, 0.0))


def _batches(path: Path, where: str) -> Iterator[pa.RecordBatch]:
    options = csv.ConvertOptions(column_types=COLUMNS, include_columns=list(COLUMNS))
    try:
        with csv.open_csv(path, convert_options=options) as reader:
            yield from reader
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as fault:
        raise _unreadable(path, str(fault), where) from None


def _unreadable(path: Path, fault: str, where: str) -> RecipeError:
    missing = next((name for name in COLUMNS if f"'{name}'" in fault), None)
    if missing is None:
        right = "name an OpenImages CSV file with image-level labels or boxes"
        return RecipeError(where, f"{path} is not readable ({fault.splitlines()[0]})", right)
    with path.open(encoding="utf-8", errors="replace") as file:
        names = file.readline().strip().split(",")
    return RecipeError(where, f"{path} has no column {missing!r}", did_you_mean(missing, names))
