"""Reads the images of an experiment, wherever they lie, and joins their classes by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import DatasetError, Problem, RecipeError, did_you_mean
from synthset.experiment.readable import drop_unreadable
from synthset.formats import digits, torchvision
from synthset.formats.dataset import locate_images
from synthset.formats.labels import find_classes
from synthset.formats.listed import Listed as Image
from synthset.formats.manifest import Passed, describe_classes, describe_images
from synthset.formats.scan import refuse_tests, scan
from synthset.images import sha256
from synthset.recipe.labelled_images import Digits, Found, Kept, Pictures
from synthset.recipe.paths import FolderPath
from synthset.recipe.sources import Folder as FolderSettings
from synthset.sources.folder import FolderStage
from synthset.store.dataset import Dataset
from synthset.taxonomy.names import (
    ClassIndex,
    Contradiction,
    describe_lookalike,
    normalise,
    refuse_same,
)
from synthset.taxonomy.names import ClassNames as ClassNames
from synthset.training.labelled import LabelledImages


@dataclass(frozen=True)
class Collection:
    """LabelledImages images as they lie.

    Attributes:
        classes: what each class is called, its name first.
        labels: (N,) int64 indices into `classes`.
        contents: (N,) SHA-256 of the encoded bytes.
        read: gives the encoded bytes of image i.
        notes: what lies there and is none of them, in words.
        found: what it was read as, its classes, and how many images and other files lie there, in
            words.
    """

    classes: tuple[ClassNames, ...]
    labels: NDArray[np.int64]
    contents: tuple[str, ...]
    read: Callable[[int], bytes]
    notes: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def label_rows(
        self,
        labels: NDArray[np.int64],
        rows: NDArray[np.int64] | None = None,
        origin: str = "real",
    ) -> LabelledImages:
        """Give images to train on or to judge by.

        Args:
            labels: (N,) of the experiment.
            rows: those to take, in this order; None takes all.
            origin: name of the set.
        """
        origins = np.zeros(len(labels), np.int16)
        whole = LabelledImages(self.read, labels, origins, (origin,), self.contents)
        return whole if rows is None else whole.take(rows)


@dataclass(frozen=True)
class SetImages:
    """Images of a set as an experiment sees them.

    Attributes:
        images: as they are trained on.
        labels: (N,) of the experiment; -1 for an image of no class.
        originals: (N,) SHA-256 of the bytes that they had before their cues were matched, by which
            they are drawn and copies are found.
    """

    images: Collection
    labels: NDArray[np.int64]
    originals: tuple[str, ...]


class FromFiles:
    """Reads images from files and Parquet rows; may be sent to another process."""

    def __init__(
        self, sources: Sequence[str], settings: FolderSettings, contents: Sequence[str]
    ) -> None:
        self.sources, self.settings, self.contents = list(sources), settings, list(contents)
        self._folder: FolderStage | None = None

    def __call__(self, index: int) -> bytes:
        if self._folder is None:
            self._folder = FolderStage(self.settings)
        data = self._folder.read(self.sources[index])
        if data is None:
            raise DatasetError(f"{self.sources[index]}: missing or unreadable; repair or remove it")
        if sha256(data) != self.contents[index]:
            raise DatasetError(
                f"{self.sources[index]}: its bytes have changed since it was listed, so it is "
                "damaged or was edited; repair it (in a dataset: move that file away and run its "
                "recipe again), then run this again"
            )
        return data

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_folder": None}


class FromMemory:
    """Gives images that were read already."""

    def __init__(self, images: Sequence[bytes]) -> None:
        self.images = list(images)

    def __call__(self, index: int) -> bytes:
        return self.images[index]


def collect(settings: Found, where: str, tests: bool = False) -> Collection:
    """List the images of a set.

    Args:
        settings: where they lie.
        where: place in the experiment, for messages.
        tests: whether they only test; else a test split is refused.

    Raises:
        RecipeError: nothing is there, or it is something else.
    """
    if isinstance(settings, Pictures):
        with name_place(where):
            if not tests:
                refuse_tests(settings.paths)
            folder = FolderSettings(kind="folder", paths=settings.paths)
            passed = Passed()
            return collect_found(list(scan(folder, passed)), folder, passed)
    if isinstance(settings, Kept):
        return list_kept(settings.path, where)
    passed = Passed()
    if isinstance(settings, Digits):
        rows = list(digits.find(passed))
    else:
        rows = list(torchvision.find(settings, where, passed))
    images = [image for row in rows if row.read and (image := row.read()) is not None]
    with name_place(where):
        return _collect_rows(rows, FromMemory(images), passed)


def collect_found(found: Sequence[Image], settings: FolderSettings, passed: Passed) -> Collection:
    """Make a collection of what a scan has found, less what can't be decoded.

    Raises:
        RecipeError: that is all of it.
    """
    found = drop_unreadable(found, settings, passed)
    if not found:
        said = "; ".join(passed.notes())
        raise RecipeError(
            "source", f"none of the images can be read; {said}", "repair or remove them"
        )
    contents = [image.content for image in found]
    return _collect_rows(
        found, FromFiles([one.source for one in found], settings, contents), passed
    )


def _normalise_names(names: ClassNames) -> ClassNames:
    """Call a class as a run does; what its files write is another name of it."""
    first = normalise(names[0])
    if first == names[0]:
        return names
    return ClassNames([first, *names], names.wnid, names.number, label=names.label, key=names.key)


def _collect_rows(
    found: Sequence[Image], read: Callable[[int], bytes], passed: Passed
) -> Collection:
    classes = find_classes(found)
    refuse_same([names[0] for names in classes], "source")
    label_of = {names[0]: label for label, names in enumerate(classes)}
    return Collection(
        tuple(map(_normalise_names, classes)),
        np.array([label_of[image.name] for image in found], np.int64),
        tuple(image.content for image in found),
        read,
        passed.notes(),
        describe_images(found, passed),
    )


@contextmanager
def name_place(where: str) -> Iterator[None]:
    """Name the place in the experiment where a scan found a fault."""
    try:
        yield
    except RecipeError as error:
        problems = [
            Problem(problem.where.replace("source", where, 1), problem.found, problem.right)
            for problem in error.problems
        ]
        raise RecipeError.of(problems) from None


def list_kept(path: str, where: str) -> Collection:
    """List the kept images of a dataset.

    Raises:
        RecipeError: there is no dataset, or nothing is kept.
        DatasetError: it is damaged, or was not run to its end.
    """
    try:
        dataset = Dataset.open(path)
    except DatasetError as error:
        right = "name a folder made by `synthset run`"
        raise RecipeError(f"{where}.path", str(error), right) from None
    records = dataset.kept()
    if not records.num_rows:
        raise RecipeError(f"{where}.path", f"no image in {path} is kept", "read its report")
    folder, rows, entries = FolderPath(path=path), locate_images(dataset), dataset.classes()
    return Collection(
        tuple(map(_names, entries)),
        np.asarray(records.column("label"), dtype=np.int64),
        tuple(records.column("sha256").to_pylist()),
        FromFiles(
            [rows[name] for name in records.column("id").to_pylist()],
            FolderSettings(kind="folder", paths=(folder,)),
            records.column("sha256").to_pylist(),
        ),
        found=(
            f"layout: a dataset of synthset in {path}",
            describe_classes([entry["name"] for entry in entries], "its own list"),
            f"found: {records.num_rows:,} kept of {len(rows):,} images",
        ),
    )


def _names(entry: dict[str, Any]) -> ClassNames:
    names = (entry["name"], entry["key"], entry["folder"], entry.get("wnid"))
    indexed = [] if entry.get("class_index") is None else [f"{names[0]} ({entry['class_index']})"]
    called = [*(name for name in names if name), *indexed]
    return ClassNames(called, entry.get("wnid"), label=entry["label"], key=entry["key"])


def find_label(name: str, index: ClassIndex, where: str) -> int:
    """Find the class that a setting names.

    Args:
        name: of the class, or its key or wnid.
        index: of the experiment's classes.
        where: place in the experiment, for messages.

    Raises:
        RecipeError: it is none of them, or may be several.
    """
    meant = sorted(index.find([name]))
    if len(meant) == 1:
        return meant[0]
    if meant:
        which = " or ".join(repr(index.classes[label][0]) for label in meant)
        raise RecipeError(where, f"{name!r} could be {which}", "write the name as the images do")
    known = {one for names in index.classes for one in names}
    raise RecipeError(where, f"there is no class {name!r}", did_you_mean(name, known))


def join_labels(
    collection: Collection,
    classes: Sequence[ClassNames],
    where: str,
    strict: bool,
    otherwise: str = "otherwise list the classes in real.classes",
) -> NDArray[np.int64]:
    """Give each image its label among the experiment's classes.

    ClassNames are compared as `ClassIndex` does.

    Args:
        collection: the images.
        classes: names of the experiment's classes, in label order.
        where: place in the experiment, for messages.
        strict: refuse classes that the experiment lacks; else their images get -1.
        otherwise: what to do where no class was misspelt, for messages.

    Returns:
        (N,) int64 labels; -1 for an image of no class.

    Raises:
        RecipeError: a name may be several classes, two look like one, two of one name have other
            numbers or wnids, or a class is unknown.
    """
    of, unknown, there = [], [], set(collection.labels.tolist())
    try:
        found = ClassIndex(classes).find_all(collection.classes)
    except Contradiction as fault:
        right = "correct one of the two, or name a column that holds only names"
        raise RecipeError(where, f"{fault}, among the trained classes", right) from None
    for label, (names, meant) in enumerate(zip(collection.classes, found, strict=True)):
        if len(meant) > 1:
            which = " or ".join(repr(classes[label][0]) for label in sorted(meant))
            right = "give it one of these names, or its wnid or key"
            raise RecipeError(where, f"{names[0]!r} could be {which}", right)
        of.append(next(iter(meant), -1))
        if not meant and label in there:
            unknown.append(names[0])
    if unknown and (strict or len(unknown) == len(there)):
        listed = ", ".join(map(repr, unknown[:5])) + (", …" if len(unknown) > 5 else "")
        known = [names[0] for names in classes]
        right = describe_lookalike(unknown[0], known) or did_you_mean(unknown[0], known)
        what = f"class {listed} is not among the trained classes"
        raise RecipeError(where, what, f"{right}; {otherwise}")
    return np.array(of, np.int64)[collection.labels]
