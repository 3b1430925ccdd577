"""WebDataset shards: tar files with `<key>.jpg`, `<key>.cls` and `<key>.json`."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from synthset.formats import source_names
from synthset.formats.captions import parse_facts, read_caption
from synthset.formats.class_lists import ClassList
from synthset.formats.columns import LABELS, Columns, find_column, is_given
from synthset.formats.labels import parse_number, read_label
from synthset.formats.listed import Label, Listed
from synthset.formats.manifest import (
    DOTTED,
    LITTER,
    MORE,
    NO_IMAGE,
    UNLABELLED,
    UNREADABLE,
    Passed,
)
from synthset.formats.metadata_tables import make_plain_rows
from synthset.formats.tars import (
    CUT,
    FAULTS,
    check_end,
    explain_oddness,
    name_member,
    open_tar,
    raise_afar,
    read_member,
)
from synthset.formats.tree import clean_path, is_image
from synthset.store.remote import Place

Sample = dict[str, tarfile.TarInfo]  # the members of a sample by extension

SAID = ("cls", "json", "txt", "caption")  # what a sample says beside its image
BROKEN = "text beside an image that is no JSON object"
SEVERAL = "one of several images of a sample (name its ending as image_column)"


def find(
    path: Place, columns: Columns, classes: ClassList, passed: Passed, labelled: bool = True
) -> Iterator[Listed]:
    """List the images of one shard, in its order.

    An index in `.cls` is looked up in the list of classes beside the shard; without one the name is
    the `class_name` of `.json`, else what `.cls` says.

    Args:
        path: the shard.
        columns: `image` names one ending of several (`left.png`), `caption` an entry of `.json`.
        classes: the list beside it.
        passed: gathers samples without a label or an image, and what is damaged.
        labelled: whether samples without a label are passed over.
    """
    shown = source_names.decode_name(str(path))
    try:
        with open_tar(path) as tar:
            for key, sample in read_samples(tar, partial(_pass_over, passed, shown)):
                yield from _list_sample(tar, path, key, sample, columns, classes, passed, labelled)
    except FAULTS as fault:  # what came before the damage is sound
        raise_afar(path, fault)
        passed.add(UNREADABLE, shown, f"{CUT}: {fault}")


def _pass_over(passed: Passed, shard: str, member: tarfile.TarInfo) -> None:
    name = source_names.decode_name(member.name)
    again = MORE if name.rpartition("/")[2].partition(".")[0] else LITTER
    passed.add(again if member.isfile() else explain_oddness(member), f"{shard}#{name}")


def read_samples(
    tar: tarfile.TarFile, leave: Callable[[tarfile.TarInfo], None] = lambda _: None
) -> Iterator[tuple[str, Sample]]:
    """Give the key of each sample and its members by extension, in the order of the shard.

    Args:
        tar: the shard.
        leave: takes what is of no sample: hidden members, links, what is no file, and all but the
            last of one name.

    Raises:
        tarfile.TarError: the shard is damaged; whole samples before the damage were given.
    """
    key, sample = "", Sample()
    for member in tar:
        folder, slash, file = member.name.rpartition("/")
        stem, _, extension = file.partition(".")
        if not member.isfile() or not stem:
            if not member.isdir():
                leave(member)
            continue
        if folder + slash + stem != key:
            if sample:
                yield source_names.decode_name(key), sample
            key, sample = folder + slash + stem, {}
        if (name := extension.lower()) in sample:
            leave(sample[name])
        sample[name] = member
    if sample:
        yield source_names.decode_name(key), sample
    check_end(tar)


def _list_sample(
    tar: tarfile.TarFile,
    path: Place,
    key: str,
    sample: Sample,
    columns: Columns,
    classes: ClassList,
    passed: Passed,
    labelled: bool,
) -> Iterator[Listed]:
    shown = f"{source_names.decode_name(str(path))}#{key}"
    image = find_image(sample, columns.image)
    if image is None:
        for reason, name in _explain_missing(sample):
            passed.add(reason, f"{shown}.{name}")
        return
    for name, member in sample.items():
        if is_image(f"x.{name}") and member is not image:
            passed.add(MORE, f"{shown}.{name}")
    texts = {name: read_member(tar, sample[name]) for name in SAID if name in sample}
    facts = parse_facts(texts.get("json"))
    if texts.get("json") and not facts:
        passed.add(BROKEN, f"{shown}.json")
    label, fault = _label(texts, facts, classes, columns)
    if label is None and labelled:
        passed.add(UNLABELLED, f"{shown}.{image.name.rpartition('/')[2].partition('.')[2]}", fault)
        return
    yield Listed(
        name_member(path, image),
        label,
        read_caption(texts.get, columns),
        facts={"key": key, **facts},
        read=partial(read_member, tar, image),
    )


def _explain_missing(sample: Sample) -> Iterator[tuple[str, str]]:
    """Why a sample has no image: a reason for each member that might be one."""
    images = [name for name in sample if is_image(f"x.{name}")]
    for name in images:
        yield (SEVERAL if _speaks(sample) else DOTTED), name
    if not images:
        yield NO_IMAGE, next(iter(sample))


def _speaks(sample: Sample) -> bool:
    """Whether a member beside the images says something of the sample."""
    return any(name in sample for name in SAID)


def _label(
    texts: Mapping[str, bytes], facts: Mapping[str, Any], classes: ClassList, columns: Columns
) -> tuple[Label | None, str]:
    """Read the class of a sample; None where it has none, and what is wrong with it, if known."""
    said, fault, at = "", "", ".cls"
    given = is_given(columns.label, "label")
    if given or not ("cls" in texts or facts.get("class_name")):
        at = ".json"
        try:
            said, facts = _find_label(facts, columns.label if given else None), {}
        except ValueError as broken:
            return None, f"{at}: {broken}"
    elif "cls" in texts:
        try:
            said = texts["cls"].decode().strip()
        except UnicodeDecodeError:
            fault = ".cls is not valid UTF-8"
    value = parse_number(said)
    number = None if value is None else read_label(value)
    if value is not None and number is None:
        return None, f"{at} says {said}"
    named = classes.find_label(number) if isinstance(number, int) else None
    if named is not None:
        return named, ""
    if number is None and isinstance(facts.get("label"), int):
        number = facts["label"]
    plain = said if value is None else said.partition(".")[0]
    name = str(facts["class_name"]) if facts.get("class_name") else plain
    if isinstance(number, int) and classes and not facts.get("class_name"):
        return None, f"the list of classes has no number {number}"
    if not name:
        return None, fault
    return classes.find_label(name) or Label(name, number if isinstance(number, int) else None), ""


def _find_label(facts: Mapping[str, Any], wanted: str | None) -> str:
    """What an entry of `.json` says that a sample is of: the one that is named, else `label`, else
    the only one of a usual name; empty where there is none.

    Raises:
        ValueError: it is no single label.
    """
    able = [name for name in facts if name.casefold() in LABELS]
    entry = find_column(facts, wanted or "label") or (
        able[0] if not wanted and len(able) == 1 else ""
    )
    label = read_label(facts.get(entry or ""))
    return "" if label is None else str(label)


def find_image(sample: Sample, wanted: str | None = None) -> tarfile.TarInfo | None:
    """The image among the members of a sample: the named one, else the first whose ending says
    nothing but a format (`png`, and not `left.png`), else the only one."""
    if wanted is not None and wanted.lower() in sample:
        return sample[wanted.lower()]
    images = [name for name in sample if is_image(f"x.{name}")]
    plain = [name for name in images if "." not in name]
    alone = images if len(images) == 1 and _speaks(sample) else []
    return next((sample[name] for name in plain or alone), None)


def holds_class_folders(path: Place) -> bool:
    """Tell whether images lie in folders of a tar file, and nothing beside them says what they are.

    Raises:
        OSError, tarfile.TarError: it can't be opened.
    """
    folders = False
    with open_tar(path) as tar:
        try:
            for _, sample in read_samples(tar):
                image = find_image(sample)
                if image is not None and sample.keys() & {"cls", "json"}:
                    return False
                folders |= image is not None and "/" in clean_path(image.name)
        except FAULTS as fault:
            raise_afar(path, fault)
    return folders


class ShardWriter:
    """Writes a shard. The same images give the same bytes: no times, no owners."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.TarFile(path, "w", format=tarfile.USTAR_FORMAT)

    def add(self, row: dict[str, Any], data: bytes) -> None:
        """Add `<id>.jpg`, `<id>.cls` and `<id>.json`."""
        name, suffix = Path(row["file_name"]).stem, Path(row["file_name"]).suffix
        facts = {key: value for key, value in row.items() if key not in ("file_name", "label")}
        text = json.dumps(next(make_plain_rows([facts])), ensure_ascii=False, allow_nan=False)
        self._put(f"{name}{suffix}", data)
        self._put(f"{name}.cls", str(row["label"]).encode())
        self._put(f"{name}.json", text.encode())

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o644
        self._tar.addfile(member, io.BytesIO(data))

    def close(self) -> None:
        """Finish the file."""
        self._tar.close()
