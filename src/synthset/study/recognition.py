"""The recognition study: how many images of each class does a classifier recognise?

Paper: "Stable Diffusion × WordNet", arXiv 2211.01777
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthset.encoders.classlist import ClassList
from synthset.errors import UsageError
from synthset.metrics.sets.recognition import RecognisedOfN, recognised_of_n
from synthset.metrics.statistics.intervals import Interval
from synthset.study.join import Joined
from synthset.study.judge import NOTHING, Answers
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.groups import Grouping

Rule = Literal["top1", "top5", "top1-under", "top5-under"]
#: What counts as recognised, in words.
RULES: Mapping[Rule, str] = {
    "top1": "first choice is the class itself",
    "top5": "class itself among the first five",
    "top1-under": "first choice is the class or one under its synset",
    "top5-under": "class or one under its synset among the first five",
}
MISTAKES = 3  # what a class is taken for, most frequent first


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

    def judged(self, rule: Rule) -> bool:
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
    found: RecognisedOfN | None
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
        several: how many classes stand in two groups or more.
        outside: how many have a synset and stand in none.
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
        """The classes that the rule can say something of."""
        return [one for one in self.classes if one.judged(self.by)]

    @property
    def unknown(self) -> list[ClassResult]:
        """Classes with images that the classifier can't know by the rule: counted apart."""
        return [one for one in self.classes if one.images and not one.judged(self.by)]

    @property
    def ranked(self) -> list[ClassResult]:
        """Judged classes, best first: by share, then by mean probability."""
        return sorted(
            self.judged,
            key=lambda one: (-one.share(self.by), -np.nan_to_num(one.probability), one.label),
        )


def summed_up(
    entries: Sequence[ClassEntry],
    answers: Answers,
    classes: ClassList,
    joined: Joined,
    grouping: Grouping,
    by: Rule = "top1",
) -> Study:
    """Sum up what a classifier said of each image, class by class and group by group.

    Args:
        entries: the dataset's classes, in label order.
        answers: of the classifier, record by record.
        classes: the classifier's.
        joined: which of them mean which label.
        grouping: of the dataset's classes.
        by: the rule that groups, best and worst follow.

    Raises:
        UsageError: by this rule the classifier knows none of the classes.
    """
    results = _results(entries, answers, classes, joined)
    found = {rule: _of(results, rule) for rule in RULES}
    if found[by] is None:
        other = "top1-under" if found["top1-under"] else None
        right = f"take --by {other}" if other else "name one that knows them, or say --sense"
        raise UsageError(f"the classifier knows none of the {len(entries)} classes; {right}")
    return Study(
        by=by,
        classes=results,
        found=found,
        groups=_groups(results, grouping, by),
        several=len(grouping.several),
        outside=len(grouping.outside),
        unplaced=len(grouping.unknown),
        missing=int((~answers.made).sum()),
    )


def _results(
    entries: Sequence[ClassEntry], answers: Answers, classes: ClassList, joined: Joined
) -> tuple[ClassResult, ...]:
    order = np.argsort(answers.labels, kind="stable")
    bounds = np.searchsorted(answers.labels[order], np.arange(len(entries) + 1))
    results = []
    for label, entry in enumerate(entries):
        rows = order[bounds[label] : bounds[label + 1]]
        probability = answers.probability[rows]
        known = ~np.isnan(probability)
        results.append(
            ClassResult(
                entry=entry,
                label=label,
                images=len(rows),
                made=int(answers.made[rows].sum()),
                counts={rule: int(answers.recognised[rule][rows].sum()) for rule in RULES},
                known=bool(joined.exact[label]),
                known_under=bool(joined.under[label]),
                probability=float(probability[known].mean()) if known.any() else float("nan"),
                taken_for=_taken_for(answers.predicted[rows], classes, joined.under[label]),
            )
        )
    return tuple(results)


def _taken_for(
    predicted: np.ndarray, classes: ClassList, mine: Sequence[int]
) -> tuple[tuple[str, int], ...]:
    others = Counter(int(i) for i in predicted if i != NOTHING and i not in mine)
    return tuple(
        (classes.names[i] or f"class {i}", times) for i, times in others.most_common(MISTAKES)
    )


def _of(results: Sequence[ClassResult], rule: Rule) -> RecognisedOfN | None:
    judged = [one for one in results if one.judged(rule)]
    if not judged:
        return None
    return recognised_of_n(
        np.array([one.counts[rule] for one in judged]), np.array([one.images for one in judged])
    )


def _groups(
    results: Sequence[ClassResult], grouping: Grouping, by: Rule
) -> tuple[GroupResult, ...]:
    groups = []
    rest = [("other", (), grouping.outside)]
    members = [(name, grouping.synsets[name], found) for name, found in grouping.members.items()]
    for name, synsets, labels in [*members, *rest]:
        mine = [results[label] for label in labels if results[label].images]
        if mine:
            judged = [one for one in mine if one.judged(by)]
            groups.append(GroupResult(name, synsets, _of(judged, by), len(mine) - len(judged)))
    return tuple(groups)
