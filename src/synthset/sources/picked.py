"""Real images that are picked out of many for the classes that a recipe lists."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import pyarrow as pa

from synthset.formats.listed import Listed
from synthset.recipe.sources import SourceSettings
from synthset.record import CURATED
from synthset.source import Estimate, Material, Settle, Source
from synthset.sources.folder import estimate_imports
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_conflicts import (
    Rule,
    apply_rule,
    describe_conflicts,
    describe_outcome,
    find_label_conflicts,
)

One = TypeVar("One")
S = TypeVar("S", bound=SourceSettings)


@dataclass(frozen=True, slots=True)
class Curated:
    """What was picked.

    Attributes:
        chosen: images and their labels, best first.
        content: hash of all that could have been picked: the same for a larger number of images.
        notes: what a user should know: what the captions named, shared lemmas, classes without an
            image.
        candidates: images of the pool, all of which could have been picked.
    """

    chosen: tuple[tuple[Listed, int], ...]
    content: str
    notes: tuple[str, ...]
    candidates: int


class PickedSource(Source[S]):
    """What sources share that pick images for the classes that the recipe lists."""

    columns: ClassVar[Sequence[pa.Field]] = tuple(CURATED)

    @abstractmethod
    def pick(self, classes: Sequence[ClassEntry]) -> Curated:
        """Pick images for some classes."""

    def material(self, settle: Settle) -> Material:
        """Settle the classes, and pick their images."""
        settled = settle(())
        picked = self.pick(settled.classes)
        return Material(
            settled.classes,
            picked.chosen,
            notes=(*settled.notes, *picked.notes),
            content=picked.content,
            candidates=picked.candidates,
            there=tuple(image for image, _ in picked.chosen),
        )

    def plan_identity(self, found: Material) -> list[Any]:
        """Where the images lie, and which could have been picked."""
        return [self.settings.identity()["paths"], found.content]

    def estimate(self, found: Material) -> Estimate:
        """Importing is quick."""
        return estimate_imports(found)


def keep_first(
    found: Sequence[One],
    marks: Sequence[tuple[str, int]],
    rule: Rule,
    classes: Sequence[ClassEntry],
    counts: Counter[str],
) -> tuple[list[One], tuple[str, ...]]:
    """Keep the first of each picture and class, by the rule for pictures of several classes.

    Args:
        found: N images, in the order in which they lie.
        marks: content and label of each.
        rule: for label conflicts.
        classes: in label order.
        counts: gets the number of copies.

    Returns:
        Those that are kept, and a note of what was torn.
    """
    contents, labels = [content for content, _ in marks], [label for _, label in marks]
    used = apply_rule(contents, labels, rule)
    first: dict[tuple[str, int], One] = {}
    for one, mark, is_used in zip(found, marks, used, strict=True):
        if is_used:
            first.setdefault(mark, one)
    counts["copies"] = sum(used) - len(first)
    conflicts = find_label_conflicts(contents, labels)
    note = describe_conflicts(conflicts, [entry.name for entry in classes], describe_outcome(rule))
    return list(first.values()), note
