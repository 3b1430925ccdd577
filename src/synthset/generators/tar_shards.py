"""Finds and reads the images of WebDataset shards: tar files with `<key>.jpg` and `<key>.cls`."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthset.errors import DatasetError, RecipeError
from synthset.generators.found import Found
from synthset.images import SUFFIXES, sha256
from synthset.recipe.paths import FolderPath
from synthset.store.remote import Place, Remote, place_at

UNLABELLED = "samples without a label"


def find(path: Path, place: FolderPath, where: str, ignored: Counter[str]) -> Iterator[Found]:
    """List the images of one shard, in its order.

    An index in `.cls` is looked up in `classes.json` or `classes.txt` beside the shard or above it;
    without them the name is the `class_name` of `.json`, else what `.cls` says.

    Args:
        path: the shard.
        place: its origin.
        where: place in the recipe, for messages.
        ignored: counts samples without a label.

    Raises:
        RecipeError: it is no tar file.
    """
    names = _class_names(path)
    try:
        with opened(path) as tar:
            for _, sample in samples(tar):
                yield from _found(tar, path, place, names, sample, ignored)
    except tarfile.TarError as fault:
        raise RecipeError(
            where, f"{path} is no readable tar file ({fault})", "name another, or remove it"
        ) from None


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
    """Give the key of each sample and its members by extension, in the order of the shard."""
    key, sample = "", dict[str, tarfile.TarInfo]()
    for member in tar:
        folder, slash, file = member.name.rpartition("/")
        stem, _, extension = file.partition(".")
        if not member.isfile() or not stem:
            continue
        if folder + slash + stem != key:
            if sample:
                yield key, sample
            key, sample = folder + slash + stem, {}
        sample[extension.lower()] = member
    if sample:
        yield key, sample


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
    said = member_bytes(tar, sample["cls"]).decode().strip() if "cls" in sample else ""
    if said.isdigit() and int(said) < len(names):
        return names[int(said)]
    facts = json.loads(member_bytes(tar, sample["json"])) if "json" in sample else {}
    return str(facts["class_name"]) if facts.get("class_name") else said or None


def image_of(sample: dict[str, tarfile.TarInfo]) -> tarfile.TarInfo | None:
    """The image among the members of a sample, if there is one."""
    return next((sample[name] for name in sample if f".{name}" in SUFFIXES), None)


def source_of(path: Place, member: tarfile.TarInfo) -> str:
    """Say where a member lies, as `split_source` takes it apart."""
    return f"{path.as_posix()}#{member.offset_data}+{member.size}"


def member_bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Read a member whole."""
    opened = tar.extractfile(member)
    return opened.read() if opened else b""


def _class_names(path: Path) -> list[str]:
    for folder in (path.parent, path.parent.parent):
        listed, plain = folder / "classes.json", folder / "classes.txt"
        if listed.is_file():
            rows = json.loads(listed.read_text(encoding="utf-8"))
            if all(isinstance(row, dict) and "name" in row for row in rows):
                return [str(row.get("folder") or row["name"]) for row in rows]
        if plain.is_file():
            return plain.read_text(encoding="utf-8").split("\n")[:-1]
    return []


def split_source(source: str) -> tuple[Place, int, int] | None:
    """Take `file.tar#512+2048` apart: file, offset and size; None for another source.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, _, place = source.rpartition("#")
    offset, plus, size = place.partition("+")
    if not (path.endswith(".tar") and plus and offset.isdigit() and size.isdigit()):
        return None
    return place_at(path), int(offset), int(size)


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
