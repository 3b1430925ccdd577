"""Finds and reads the images of WebDataset shards: tar files with `<key>.jpg` and `<key>.cls`."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError
from synthset.formats import source_names
from synthset.formats.labels import listed_classes, number_of, read_label
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.images import SUFFIXES, sha256
from synthset.recipe.paths import FolderPath
from synthset.store.remote import Place, Remote

UNLABELLED = "samples without a label"
NO_IMAGE = "labelled samples without an image"
DOTTED = "images with a dot in their key (WebDataset ends a key at the first dot)"


def find(path: Path, place: FolderPath, where: str, ignored: Counter[str]) -> Iterator[Listed]:
    """List the images of one shard, in its order.

    An index in `.cls` is looked up in `classes.json` or `classes.txt` beside the shard or above it;
    without them the name is the `class_name` of `.json`, else what `.cls` says.

    Args:
        path: the shard.
        place: its origin.
        where: place in the recipe, for messages.
        ignored: counts samples without a label, and files that are damaged.

    Raises:
        RecipeError: the list of classes beside it can't be read.
    """
    classes = listed_classes((path.parent, path.parent.parent), where)
    try:
        with opened(path) as tar:
            for _, sample in samples(tar):
                yield from _found(tar, path, place, classes, sample, ignored)
    except (tarfile.TarError, OSError) as fault:  # what came before the damage is sound
        ignored[f"{path} is no readable tar file, from some place on ({fault})"] += 1


@contextmanager
def opened(path: Place) -> Iterator[tarfile.TarFile]:
    """Open a shard; of one that lies afar only what is read is fetched."""
    if isinstance(path, Remote):
        with path.open() as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield tar
    else:
        with tarfile.open(path, "r:") as tar:
            yield tar


def samples(tar: tarfile.TarFile) -> Iterator[tuple[str, dict[str, tarfile.TarInfo]]]:
    """Give the key of each sample and its members by extension, in the order of the shard.

    Raises:
        tarfile.TarError: the shard is damaged; whole samples before the damage were given.
    """
    key, sample = "", dict[str, tarfile.TarInfo]()
    for member in tar:
        folder, slash, file = member.name.rpartition("/")
        stem, _, extension = file.partition(".")
        if not member.isfile() or not stem:
            continue
        if folder + slash + stem != key:
            if sample:
                yield source_names.text_of(key), sample
            key, sample = folder + slash + stem, {}
        sample[extension.lower()] = member
    if sample:
        yield source_names.text_of(key), sample
    _check_end(tar)


def _check_end(tar: tarfile.TarFile) -> None:
    """Python takes a damaged header for the end, where zeros should be."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError(f"no member begins at byte {tar.offset:,}, where one should")


def _found(
    tar: tarfile.TarFile,
    path: Path,
    place: FolderPath,
    classes: Vocabulary | None,
    sample: dict[str, tarfile.TarInfo],
    ignored: Counter[str],
) -> Iterator[Listed]:
    image = image_of(sample)
    if image is None:
        dotted = sum(f".{name.rpartition('.')[2]}" in SUFFIXES for name in sample)
        if dotted:
            ignored[DOTTED] += dotted
        elif "cls" in sample:
            ignored[NO_IMAGE] += 1
        return
    label, number = _label(tar, sample, classes.names if classes else ())
    if label is None:
        ignored[UNLABELLED] += 1
        return
    data = member_bytes(tar, image)
    yield Listed(
        source_of(path, image),
        Label(label, number, vocabulary=classes),
        origin=place.origin,
        content=sha256(data),
        num_bytes=len(data),
    )


def _label(
    tar: tarfile.TarFile, sample: dict[str, tarfile.TarInfo], classes: Sequence[str]
) -> tuple[str | None, int | None]:
    """Read the class of a sample: its name, None where it has none, and its number."""
    said = _said(member_bytes(tar, sample["cls"])) if "cls" in sample else ""
    value = number_of(said)
    number = value if value is None else read_label(value)
    if value is not None and number is None:
        return None, None
    if isinstance(number, int) and number < len(classes):
        return classes[number], number
    facts = read_facts(member_bytes(tar, sample["json"]) if "json" in sample else None)
    if number is None and isinstance(facts.get("label"), int):
        number = facts["label"]
    plain = said if value is None else said.partition(".")[0]
    name = str(facts["class_name"]) if facts.get("class_name") else plain
    if not isinstance(number, int):
        return name or None, None
    out_of_range = bool(classes) and not facts.get("class_name")
    return (None, None) if out_of_range else (name or None, number)


def _said(data: bytes) -> str:
    try:
        return data.decode().strip()
    except UnicodeDecodeError:  # it names no class
        return ""


def read_facts(data: bytes | None) -> dict[str, Any]:
    """Read the JSON beside an image; nothing where it is no object, since images may do without."""
    try:
        facts = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def image_of(sample: dict[str, tarfile.TarInfo]) -> tarfile.TarInfo | None:
    """The image among the members of a sample, if there is one."""
    return next((sample[name] for name in sample if f".{name}" in SUFFIXES), None)


def source_of(path: Place, member: tarfile.TarInfo) -> str:
    """Say where a member lies, as `split_source` takes it apart."""
    return f"{source_names.source_of(path)}#{member.offset_data}+{member.size}"


def member_bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Read a member whole."""
    opened = tar.extractfile(member)
    return opened.read() if opened else b""


def split_source(source: str) -> tuple[Place, int, int] | None:
    """Take `file.tar#512+2048` apart: file, offset and size; None for another source.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, _, place = source.rpartition("#")
    offset, plus, size = place.partition("+")
    if not (path.lower().endswith(".tar") and plus and offset.isdigit() and size.isdigit()):
        return None
    return source_names.place_of(path), int(offset), int(size)


def read(path: Place, offset: int, size: int) -> bytes:
    """Read one image of a shard.

    Raises:
        DatasetError: the shard is gone or ends before the image does.
    """
    try:
        if isinstance(path, Remote):
            data = path.read_range(offset, offset + size)
        else:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
    except FileNotFoundError:
        raise DatasetError(f"{path} is gone; put it back, or plan again without it") from None
    if len(data) < size:
        raise DatasetError(
            f"{path} ends before byte {offset + size}; it was changed after planning"
        )
    return data
