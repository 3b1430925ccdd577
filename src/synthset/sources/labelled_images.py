"""Labelled images that a source starts from, placed among the classes of the recipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from synthset.errors import RecipeError, list_names
from synthset.formats.labels import find_classes, number_same_names
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.scan import list_classes, refuse_tests, scan
from synthset.recipe.sources import LabelledSource
from synthset.seeds import digest
from synthset.source import Material, Settle, Source
from synthset.taxonomy.class_labels import find_labels
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_conflicts import (
    apply_rule,
    describe_conflicts,
    describe_outcome,
    find_label_conflicts,
)
from synthset.taxonomy.names import ClassNames

S = TypeVar("S", bound=LabelledSource)


@dataclass(frozen=True, slots=True)
class Placed:
    """Images and their classes.

    Attributes:
        classes: of the recipe, in label order.
        used: images with their labels, -1 for those of no class, without what conflicts.
        left_out: images by class names that the recipe doesn't list.
        notes: what the user should know of the classes and of conflicts.
    """

    classes: tuple[ClassEntry, ...]
    used: tuple[tuple[Listed, int], ...]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def mine(self) -> tuple[tuple[Listed, int], ...]:
        """Those of the recipe's classes."""
        return tuple((image, label) for image, label in self.used if label >= 0)

    def refuse_empty(self) -> None:
        """See that each class has images to start from.

        Raises:
            RecipeError: one has none.
        """
        there = {label for _, label in self.mine}
        empty = [entry.name for label, entry in enumerate(self.classes) if label not in there]
        if empty:
            names = ", ".join(map(repr, empty[:8])) + (" …" if len(empty) > 8 else "")
            others = set(self.left_out)
            held = ", ".join(sorted({self.classes[label].name for label in there} | others)[:8])
            right = (
                f"the source contains {held}; add images of the missing classes, or remove these "
                "from `classes`"
            )
            raise RecipeError("classes", f"there is no image to start from for {names}", right)


class StartsFromImages(Source[S]):
    """What sources share whose `paths` hold labelled images."""

    def identity(self) -> dict[str, Any]:
        """An image is what its bytes are, wherever they lie."""
        identity = super().identity()
        return {name: identity[name] for name in identity.keys() - set(self.settings.reads_from)}

    def class_names(self) -> list[ClassNames]:
        """Name the classes in label order; images are read where nothing else says them."""
        return list_classes(self.settings)

    def place(
        self,
        images: Sequence[Listed],
        settle: Settle,
        passed: Passed,
        keeps_empty: bool = False,
        learns_others: bool = False,
    ) -> Placed:
        """Settle the classes, and give each image its own.

        Args:
            images: that a scan has found.
            settle: settles the classes.
            passed: what lies beside the images.
            keeps_empty: whether a class that is listed without an image is one.
            learns_others: whether labels that the recipe doesn't list count in conflicts.

        Raises:
            RecipeError: unknown or colliding classes, or no image of any.
        """
        there, known = {image.name for image in images}, find_classes(images)
        with_images = [names for names in known if names[0] in there]
        settled = settle(known if keeps_empty else with_images)
        labels = find_labels(with_images, settled.classes)
        placed = [(image, labels.get(image.name, -1)) for image in images]
        left_out = Counter(image.name for image, label in placed if label < 0)
        if len(placed) == left_out.total():
            what = (
                "the source has no image of these classes; it contains "
                f"{', '.join(sorted(left_out)[:8])}"
            )
            raise RecipeError("classes", what, "list classes that the source contains")
        others = sorted(left_out) if learns_others else []
        used, torn = _drop_conflicts(placed, settled.classes, others, self.settings)
        found = Placed(
            settled.classes, tuple(used), dict(left_out), (*settled.notes, *passed.notes(), *torn)
        )
        if not found.mine:
            what = "the bytes of each image occur under several labels"
            raise RecipeError("source.paths", what, "correct the labels, or set `conflicts: first`")
        return found


class MakesOfImages(StartsFromImages[S]):
    """What sources share whose images are each made of a real one."""

    def material(self, settle: Settle) -> Material:
        """List the images to start from; each class has some.

        Raises:
            RecipeError: a class has none, or they are a test split.
        """
        refuse_tests(self.settings.paths)
        passed = Passed()
        images = tuple(scan(self.settings, passed))
        placed = self.place(images, settle, passed)
        placed.refuse_empty()
        used = [image for image, _ in placed.used]
        content = hash_content(used)
        captions = sorted((image.content, image.caption) for image in used if image.caption)
        return Material(
            placed.classes,
            placed.mine,
            placed.left_out,
            placed.notes,
            digest([content, captions]) if captions else content,
            there=images,
            passed=passed,
        )

    def plan_identity(self, found: Material) -> list[Any]:
        """Where the images lie, and which."""
        return [self.settings.identity()["paths"], found.content]


def hash_content(images: Sequence[Listed]) -> str:
    """Hash images and their class names."""
    return digest(sorted((image.name, image.content) for image in images))


def name_empty_classes(
    chosen: Sequence[tuple[Listed, int]], classes: Sequence[ClassEntry]
) -> Iterator[str]:
    """Name the classes that get no image, in one note; none if every class has one."""
    there = {label for _, label in chosen}
    empty = [repr(entry.name) for label, entry in enumerate(classes) if label not in there]
    if empty:
        yield f"no image for {len(empty):,} of {len(classes):,} classes: {list_names(empty)}"


def _drop_conflicts(
    placed: Sequence[tuple[Listed, int]],
    classes: Sequence[ClassEntry],
    others: Sequence[str],
    settings: LabelledSource,
) -> tuple[list[tuple[Listed, int]], tuple[str, ...]]:
    """Apply the source's rule for label conflicts, and say what came of it."""
    number = {name: label for label, name in enumerate(others, len(classes))}
    labels = [number.get(image.name, -1) if label < 0 else label for image, label in placed]
    contents = [image.content for image, _ in placed]
    called = [*number_same_names([entry.name for entry in classes]), *others]
    conflicts = find_label_conflicts(contents, labels)
    used = apply_rule(contents, labels, settings.conflicts)
    return (
        [one for one, is_used in zip(placed, used, strict=True) if is_used],
        describe_conflicts(conflicts, called, describe_outcome(settings.conflicts)),
    )
