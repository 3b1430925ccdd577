"""The page of a recognition study: one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthset.encoders.classlist import OutputClasses
from synthset.pages.kit.palette import name_series_colour
from synthset.pages.kit.render import render_page
from synthset.pages.kit.word_map import NO_GROUP
from synthset.pages.study.class_pictures import ClassPicture, count_pictures, read_pictures
from synthset.pages.study.study_charts import Map, draw_interval_row, draw_recognised_chart, map_of
from synthset.results.recognition import RULES, Answers, ClassResult, Study
from synthset.store.dataset import Dataset
from synthset.taxonomy import wordnet
from synthset.taxonomy.groups import Grouping

ENDS = 8  # classes among the best, and among the worst
LISTED = 1000  # classes in the table of the page; classes.csv has all


@dataclass(frozen=True, eq=False)
class StudyContent:
    """What the page is made of.

    Attributes:
        dataset: that was studied.
        by_whom: the classifier, in words.
        classes: its classes.
        answers: what it said.
        study: summed up.
        grouping: of the dataset's classes.
        drawn: the map.
    """

    dataset: Dataset
    by_whom: str
    classes: OutputClasses
    answers: Answers
    study: Study
    grouping: Grouping
    drawn: Map


def render_study_page(shown: StudyContent) -> str:
    """Write the HTML of the page."""
    groups = _groups_of(shown.grouping)
    found = _pictures(shown)
    hovered = [_describe_circle(one, groups, found.get(one.label, ())) for one in shown.drawn.shown]
    return render_page(
        "study/study_page.html.j2",
        _content(shown, found, groups),
        scripts=["kit/page.js", "study/study.js"],
        data={"rules": list(RULES), "classes": hovered},
    )


def _ends(study: Study) -> tuple[list[ClassResult], list[ClassResult]]:
    """The worst classes and the best."""
    ranked = study.ranked
    half = min(ENDS, (len(ranked) + 1) // 2)
    worst = [one for one in ranked[::-1][:half] if one.share(study.by) < 1]
    return worst, [one for one in ranked[:half] if one.share(study.by) > 0]


def _pictures(shown: StudyContent) -> dict[int, list[ClassPicture]]:
    worst, best = _ends(shown.study)
    on_map = (one.label for one in shown.drawn.shown)
    wanted = count_pictures(on_map, (one.label for one in (*best, *worst)))
    return read_pictures(shown.dataset, shown.answers, shown.classes, shown.study.by, wanted)


def _content(
    shown: StudyContent, found: Mapping[int, Sequence[ClassPicture]], groups: Mapping[int, str]
) -> dict[str, Any]:
    study, drawn = shown.study, shown.drawn
    worst, best = _ends(study)
    title = f"Which words {shown.dataset.name} shows: the area of a circle is the share recognised"
    return {
        "name": shown.dataset.name,
        "by_whom": shown.by_whom,
        "rules": RULES,
        "study": study,
        "whole": study.found[study.by],
        "images": len(shown.answers.labels),
        "few": max((len(found[one.label]) for one in (*best, *worst)), default=0) <= 2,
        "ends": [
            ("Worst classes", [(one, found[one.label]) for one in worst]),
            ("Best classes", [(one, found[one.label]) for one in best]),
        ],
        "drawn": drawn,
        "map": map_of(drawn, study.by, title, key=False),
        "groups": [
            *((name, name_series_colour(place)) for place, name in enumerate(drawn.groups)),
            *([(NO_GROUP, name_series_colour(-1))] if -1 in drawn.colours else []),
        ],
        "groups_of": groups,
        "listed": study.ranked[:LISTED],
        "recognised_chart": draw_recognised_chart,
        "interval_row": draw_interval_row,
    }


def _groups_of(grouping: Grouping) -> dict[int, str]:
    """Label to the names of its groups."""
    found: dict[int, list[str]] = {}
    for name, members in grouping.members.items():
        for label in members:
            found.setdefault(label, []).append(name)
    return {label: ", ".join(names) for label, names in found.items()}


def _describe_circle(
    one: ClassResult, groups: Mapping[int, str], found: Sequence[ClassPicture]
) -> dict[str, Any]:
    entry, nouns = one.entry, wordnet.load()
    gloss = entry.gloss
    if gloss is None and entry.wnid is not None and entry.wnid in nouns:
        gloss = nouns.synset(entry.wnid).gloss
    return {
        "name": entry.name,
        "gloss": gloss,
        "groups": groups.get(one.label),
        "images": one.images,
        "counts": [one.counts[rule] if one.can_be_judged(rule) else None for rule in RULES],
        "taken": [f"{name} ({times})" for name, times in one.taken_for],
        "pictures": [[picture.thumbnail.uri, picture.recognised] for picture in found],
    }
