"""The recognition study: how many images of each class does a classifier recognise?

Paper: "Stable Diffusion × WordNet", arXiv 2211.01777
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from synthset.encoders.classlist import OutputClasses
from synthset.errors import UsageError
from synthset.metrics.sets.recognition import RecognisedOfN, count_recognised
from synthset.results.recognition import (
    NOTHING,
    RULES,
    Answers,
    ClassResult,
    GroupResult,
    Rule,
    Study,
)
from synthset.study.join import ClassMatches
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.groups import Grouping

MISTAKES = 3  # what a class is taken for, most frequent first


def sum_up(
    entries: Sequence[ClassEntry],
    answers: Answers,
    classes: OutputClasses,
    joined: ClassMatches,
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
        right = (
            f"use --by {other}"
            if other
            else "name a classifier that knows them, or give their senses with --sense"
        )
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
    entries: Sequence[ClassEntry], answers: Answers, classes: OutputClasses, joined: ClassMatches
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
                taken_for=_count_taken_for(answers.predicted[rows], classes, joined.under[label]),
            )
        )
    return tuple(results)


def _count_taken_for(
    predicted: np.ndarray, classes: OutputClasses, mine: Sequence[int]
) -> tuple[tuple[str, int], ...]:
    others = Counter(int(i) for i in predicted if i != NOTHING and i not in mine)
    return tuple(
        (classes.names[i] or f"class {i}", times) for i, times in others.most_common(MISTAKES)
    )


def _of(results: Sequence[ClassResult], rule: Rule) -> RecognisedOfN | None:
    judged = [one for one in results if one.can_be_judged(rule)]
    if not judged:
        return None
    return count_recognised(
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
            judged = [one for one in mine if one.can_be_judged(by)]
            groups.append(GroupResult(name, synsets, _of(judged, by), len(mine) - len(judged)))
    return tuple(groups)
