"""Tar files: WebDataset shards with `<key>.jpg` and `<key>.cls`, or archives of class folders."""

from __future__ import annotations

import atexit
import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, BinaryIO

from synthset.errors import DatasetError
from synthset.formats import source_names
from synthset.formats.captions import caption_beside, facts_in
from synthset.formats.class_lists import ClassList
from synthset.formats.columns import Columns
from synthset.formats.labels import number_of, read_label
from synthset.formats.listed import Label, Listed
from synthset.formats.manifest import DOTTED, MORE, NO_IMAGE, UNLABELLED, UNREADABLE, Passed
from synthset.formats.tree import Listing, is_image
from synthset.store.remote import Place, Remote

Sample = dict[str, tarfile.TarInfo]  # the members of a sample by extension

ENDINGS = ("tar", "tar.gz", "tar.bz2", "tar.xz")
OPENERS: dict[str, Callable[[Any], Any]] = {
    "tar.gz": gzip.open,
    "tar.bz2": bz2.open,
    "tar.xz": lzma.open,
}
FAULTS = (tarfile.TarError, EOFError, lzma.LZMAError, OSError)
UNPACKED = 4  # compressed shards that are kept without their compression
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
    shown = source_names.text_of(str(path))
    try:
        with opened(path) as tar:
            for key, sample in samples(tar):
                yield from _found(tar, path, key, sample, columns, classes, passed, labelled)
    except FAULTS as fault:  # what came before the damage is sound
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise  # a broken connection is no damage
        passed.add(UNREADABLE, shown, f"is no readable tar file, from some place on: {fault}")


@contextmanager
def opened(path: Place) -> Iterator[tarfile.TarFile]:
    """Open a shard; of one that lies afar only what is read is fetched."""
    mode: Any = "r:*" if source_names.ending_of(str(path)) in OPENERS else "r:"
    if isinstance(path, Remote):
        with path.open() as file, tarfile.open(fileobj=file, mode=mode) as tar:
            yield tar
    else:
        with tarfile.open(path, mode) as tar:
            yield tar


def samples(tar: tarfile.TarFile) -> Iterator[tuple[str, Sample]]:
    """Give the key of each sample and its members by extension, in the order of the shard.

    Raises:
        tarfile.TarError: the shard is damaged; whole samples before the damage were given.
    """
    key, sample = "", Sample()
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
    path: Place,
    key: str,
    sample: Sample,
    columns: Columns,
    classes: ClassList,
    passed: Passed,
    labelled: bool,
) -> Iterator[Listed]:
    shown = f"{source_names.text_of(str(path))}#{key}"
    image = image_of(sample, columns.image)
    if image is None:
        for reason, name in _without(sample):
            passed.add(reason, f"{shown}.{name}")
        return
    for name, member in sample.items():
        if is_image(f"x.{name}") and member is not image:
            passed.add(MORE, f"{shown}.{name}")
    texts = {name: member_bytes(tar, sample[name]) for name in SAID if name in sample}
    facts = facts_in(texts.get("json"))
    if texts.get("json") and not facts:
        passed.add(BROKEN, f"{shown}.json")
    label, fault = _label(texts, facts, classes)
    if label is None and labelled:
        passed.add(UNLABELLED, f"{shown}.{image.name.rpartition('/')[2].partition('.')[2]}", fault)
        return
    yield Listed(
        source_of(path, image),
        label,
        caption_beside(texts.get, columns),
        facts={"key": key, **facts},
        read=partial(member_bytes, tar, image),
    )


def _without(sample: Sample) -> Iterator[tuple[str, str]]:
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
    texts: Mapping[str, bytes], facts: Mapping[str, Any], classes: ClassList
) -> tuple[Label | None, str]:
    """Read the class of a sample; None where it has none, and what is wrong with it, if known."""
    said, fault = "", ""
    if "cls" in texts:
        try:
            said = texts["cls"].decode().strip()
        except UnicodeDecodeError:
            fault = ".cls is no text in UTF-8"
    value = number_of(said)
    number = None if value is None else read_label(value)
    if value is not None and number is None:
        return None, f".cls says {said}"
    named = classes.label(number) if isinstance(number, int) else None
    if named is not None:
        return named, ""
    if number is None and isinstance(facts.get("label"), int):
        number = facts["label"]
    plain = said if value is None else said.partition(".")[0]
    name = str(facts["class_name"]) if facts.get("class_name") else plain
    if isinstance(number, int) and classes and not facts.get("class_name"):
        return None, f"{number} is beyond the list of classes"
    if not name:
        return None, fault
    return classes.label(name) or Label(name, number if isinstance(number, int) else None), ""


def image_of(sample: Sample, wanted: str | None = None) -> tarfile.TarInfo | None:
    """The image among the members of a sample: the named one, else the first whose ending says
    nothing but a format (`png`, and not `left.png`), else the only one."""
    if wanted is not None and wanted.lower() in sample:
        return sample[wanted.lower()]
    images = [name for name in sample if is_image(f"x.{name}")]
    plain = [name for name in images if "." not in name]
    alone = images if len(images) == 1 and _speaks(sample) else []
    return next((sample[name] for name in plain or alone), None)


def source_of(path: Place, member: tarfile.TarInfo) -> str:
    """Say where a member lies, as `split_source` takes it apart."""
    return f"{source_names.source_of(path)}#{member.offset_data}+{member.size}"


def member_bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Read a member whole."""
    opened = tar.extractfile(member)
    return opened.read() if opened else b""


class TarTree(Listing):
    """The members of an archive of class folders.

    Raises:
        OSError, tarfile.TarError: it is damaged.
    """

    def __init__(self, path: Place) -> None:
        self._members: dict[str, tarfile.TarInfo] = {}
        folders = []
        with opened(path) as tar:
            for member in tar:
                name = source_names.text_of(os.path.normpath(member.name))
                if member.isfile():
                    self._members[name] = member
                elif member.isdir() and name != ".":
                    folders.append(name)
            _check_end(tar)
        super().__init__(path, self._members, folders)

    def read(self, path: str) -> bytes:
        member = self._members[path]
        return read(self.root, member.offset_data, member.size)

    def source(self, path: str) -> str:
        return source_of(self.root, self._members[path])


def holds_class_folders(path: Place) -> bool:
    """Tell whether images lie in folders of a tar file, and nothing beside them says what they are.

    Raises:
        OSError, tarfile.TarError: it is damaged.
    """
    folders = False
    with opened(path) as tar:
        for _, sample in samples(tar):
            if _speaks(sample):
                return False
            image = image_of(sample)
            folders |= image is not None and "/" in os.path.normpath(image.name)
    return folders


def split_source(source: str) -> tuple[Place, int, int] | None:
    """Take `file.tar#512+2048` apart: file, offset and size; None for another source.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, _, place = source.rpartition("#")
    offset, plus, size = place.partition("+")
    if not (plus and offset.isdigit() and size.isdigit()):
        return None
    if source_names.ending_of(path) not in ENDINGS:
        return None
    return source_names.place_of(path), int(offset), int(size)


def read(path: Place, offset: int, size: int) -> bytes:
    """Read one image of a shard.

    Raises:
        DatasetError: the shard is gone or ends before the image does.
    """
    try:
        if source_names.ending_of(str(path)) in OPENERS:
            data = _unpacked.read(path, offset, size)
        elif isinstance(path, Remote):
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


class _Unpacked:
    """Compressed shards without their compression, in files that go with this process: in a
    compressed one nothing can be looked up. Several threads may ask."""

    def __init__(self) -> None:
        self._files: OrderedDict[Place, BinaryIO] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Place, offset: int, size: int) -> bytes:
        """Read some bytes; the last few shards are kept."""
        with self._lock:
            if path not in self._files:
                self._files[path] = _unpack(path)
            self._files.move_to_end(path)
            while len(self._files) > UNPACKED:
                self._files.popitem(last=False)[1].close()
            return os.pread(self._files[path].fileno(), size, offset)

    def close(self) -> None:
        """Let all of them go."""
        while self._files:
            self._files.popitem()[1].close()


def _unpack(path: Place) -> BinaryIO:
    scratch = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open as long as it is kept
    ending = source_names.ending_of(str(path))
    with path.open() if isinstance(path, Remote) else path.open("rb") as packed:
        shutil.copyfileobj(OPENERS[ending](packed), scratch, 1 << 20)
    scratch.flush()
    return scratch


_unpacked = _Unpacked()
atexit.register(_unpacked.close)
