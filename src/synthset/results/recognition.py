"""What a classifier recognises of a dataset: record by record, class by class, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator

from synthset.metrics.sets.recognition import RecognisedOfN
from synthset.metrics.statistics.intervals import Interval
from synthset.taxonomy.classlists import ClassEntry

Rule = Literal["top1", "top5", "top1-under", "top5-under"]
#: What counts as recognised, in words.
RULES: Mapping[Rule, str] = {
    "top1": "first choice is the class itself",
    "top5": "class itself among the first five",
    "top1-under": "first choice is the class or one under its synset",
    "top5-under": "class or one under its synset among the first five",
}
NOTHING = -1  # first choice of a record without an image

Flags = NDArray[np.bool_]


def _plain(found: RecognisedOfN) -> dict[str, Any]:
    return {**asdict(found), "histogram": found.histogram.tolist()}


def _read(found: Any) -> RecognisedOfN:
    if isinstance(found, RecognisedOfN):
        return found
    rate, histogram = Interval(**found["rate"]), np.array(found["histogram"], np.int64)
    return RecognisedOfN(**{**found, "rate": rate, "histogram": histogram})


Recognised = Annotated[RecognisedOfN, PlainValidator(_read), PlainSerializer(_plain)]


@dataclass(frozen=True, eq=False)
class Answers:
    """What the classifier said of N records. One without an image is recognised by no rule.

    Attributes:
        labels: (N,) class of the dataset.
        made: (N,) whether there is an image.
        recognised: rule (`top1`, `top5`, `top1-under`, `top5-under`) -> (N,) bool.
        probability: (N,) of the intended class, or of those under it together; NaN where the
            classifier knows neither, or there is no image.
        predicted: (N,) the classifier's first choice; -1 where there is no image.
        shards: where the records come from, in their order.
    """

    labels: NDArray[np.int64]
    made: Flags
    recognised: dict[str, Flags]
    probability: NDArray[np.float64]
    predicted: NDArray[np.int64]
    shards: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One class of the dataset.

    Attributes:
        entry: the class.
        label: its label.
        images: planned; one without pixels counts, and is recognised by no rule.
        made: with pixels.
        counts: images recognised, by rule.
        known: whether the classifier knows the class itself.
        known_under: whether it knows the class or one under its synset.
        probability: mean probability of the class (or of those under it) over images made; NaN
            where it is not known.
        taken_for: what else was the first choice, and how often.
    """

    entry: ClassEntry
    label: int
    images: int
    made: int
    counts: Mapping[Rule, int]
    known: bool
    known_under: bool
    probability: float
    taken_for: tuple[tuple[str, int], ...]

    def can_be_judged(self, rule: Rule) -> bool:
        """Whether a rule can say anything of the class."""
        return self.images > 0 and (self.known_under if rule.endswith("under") else self.known)

    def share(self, rule: Rule) -> float:
        """Share of its images that are recognised, in [0, 1]."""
        return self.counts[rule] / self.images if self.images else 0.0


@dataclass(frozen=True, slots=True)
class GroupResult:
    """Classes under one hypernym.

    Attributes:
        name: of the group.
        synsets: that make it.
        found: of its classes; None where none can be judged.
        apart: its classes that the classifier can't know, or that have no image.
    """

    name: str
    synsets: tuple[str, ...]
    found: Recognised | None
    apart: int

    @property
    def rate(self) -> Interval | None:
        """Share of its images, with Wilson's interval."""
        return self.found.rate if self.found else None


@dataclass(frozen=True, slots=True)
class Study:
    """What the study found.

    Attributes:
        by: the rule that tables and map follow.
        classes: in label order.
        found: by rule; None where the classifier knows no class.
        groups: by the rule `by`, in the recipe's order, without those that have no class.
        several: how many classes are in two groups or more.
        outside: how many have a synset but are in no group.
        unplaced: how many have no synset.
        missing: images that have no pixels.
    """

    by: Rule
    classes: tuple[ClassResult, ...]
    found: Mapping[Rule, RecognisedOfN | None]
    groups: tuple[GroupResult, ...]
    several: int
    outside: int
    unplaced: int
    missing: int

    @property
    def judged(self) -> list[ClassResult]:
        """The classes that the rule can judge."""
        return [one for one in self.classes if one.can_be_judged(self.by)]

    @property
    def unknown(self) -> list[ClassResult]:
        """Classes with images that the classifier can't know by the rule; they are counted
        separately."""
        return [one for one in self.classes if one.images and not one.can_be_judged(self.by)]

    @property
    def ranked(self) -> list[ClassResult]:
        """Judged classes, best first: by share, then by mean probability."""
        return sorted(
            self.judged,
            key=lambda one: (-one.share(self.by), -np.nan_to_num(one.probability), one.label),
        )


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study as `study.json` has it.

    Attributes:
        classifier: in words.
        by: the rule that groups follow.
        found: by rule; None where the classifier knows no class.
        groups: of the study.
        classes_in_several_groups: how many stand in two groups or more.
        classes_in_no_group: how many have a synset and stand in none.
        classes_without_synset: how many have none.
        classes_unknown: keys of those that the classifier can't know by the rule.
        images_missing: images that have no pixels.
        map: how its classes are placed.
    """

    VERSION: ClassVar = 1

    classifier: str
    by: Rule
    found: Mapping[Rule, Recognised | None]
    groups: tuple[GroupResult, ...]
    classes_in_several_groups: int
    classes_in_no_group: int
    classes_without_synset: int
    classes_unknown: tuple[str, ...]
    images_missing: int
    map: str
