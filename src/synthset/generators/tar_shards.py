"""Finds and reads the images of WebDataset shards: tar files with `<key>.jpg` and `<key>.cls`."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError, RecipeError
from synthset.generators import source_names
from synthset.generators.found import Found
from synthset.images import SUFFIXES, sha256
from synthset.recipe.paths import FolderPath
from synthset.store.remote import Place, Remote

UNLABELLED = "samples without a label"
MOST_DIGITS = 10  # of a label that is a number


def find(path: Path, place: FolderPath, where: str, ignored: Counter[str]) -> Iterator[Found]:
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
    names = _class_names(path, where)
    try:
        with opened(path) as tar:
            for _, sample in samples(tar):
                yield from _found(tar, path, place, names, sample, ignored)
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
    names: list[str],
    sample: dict[str, tarfile.TarInfo],
    ignored: Counter[str],
) -> Iterator[Found]:
    image = image_of(sample)
    if image is None:
        return
    label = _label(tar, sample, names)
    if label is None:
        ignored[UNLABELLED] += 1
        return
    data = member_bytes(tar, image)
    yield Found(label, source_of(path, image), None, place.origin, sha256(data), len(data))


def _label(
    tar: tarfile.TarFile, sample: dict[str, tarfile.TarInfo], names: list[str]
) -> str | None:
    said = _said(member_bytes(tar, sample["cls"])) if "cls" in sample else ""
    if said.isdecimal() and len(said) < MOST_DIGITS and int(said) < len(names):
        return names[int(said)]
    facts = read_facts(member_bytes(tar, sample["json"]) if "json" in sample else None)
    return str(facts["class_name"]) if facts.get("class_name") else said or None


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


def _class_names(path: Path, where: str) -> list[str]:
    for folder in (path.parent, path.parent.parent):
        listed, plain = folder / "classes.json", folder / "classes.txt"
        try:
            if listed.is_file():
                rows = json.loads(listed.read_text(encoding="utf-8"))
                if all(isinstance(row, dict) and "name" in row for row in rows):
                    return [str(row.get("folder") or row["name"]) for row in rows]
            if plain.is_file():
                return plain.read_text(encoding="utf-8").split("\n")[:-1]
        except (ValueError, RecursionError, OSError) as fault:
            found = f"the list of classes in {folder} can't be read ({fault})"
            raise RecipeError(where, found, "mend it, or remove it") from None
    return []


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
