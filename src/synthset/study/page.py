"""The page of a recognition study: one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

import synthset.pages.dataset.page as report
from synthset.encoders.classlist import ClassList
from synthset.pages.kit.policy import content_policy, json_in_html
from synthset.pages.kit.templates import KIT, environment
from synthset.pages.kit.word_map import NO_GROUP, colour_class, map_svg
from synthset.store.dataset import Dataset
from synthset.study import chart
from synthset.study.judge import Answers
from synthset.study.pictures import Picture, how_many, pictures
from synthset.study.recognition import RULES, ClassResult, Study
from synthset.taxonomy import wordnet
from synthset.taxonomy.groups import Grouping

HERE = Path(__file__).parent
ENDS = 8  # classes among the best, and among the worst
LISTED = 1000  # classes in the table of the page; classes.csv has all


@dataclass(frozen=True, eq=False)
class Shown:
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
    classes: ClassList
    answers: Answers
    study: Study
    grouping: Grouping
    drawn: chart.Map


def page(shown: Shown) -> str:
    """Write the HTML of the page."""
    pages = environment(HERE)
    pages.filters.update(
        count=report.count, number=report.number, short=report.short, percent=report.percent
    )
    pages.globals.update(
        bars=chart.bars, interval_bar=chart.interval_bar, colour_class=colour_class
    )
    return pages.get_template("page.html.j2").render(_content(shown))


def _content(shown: Shown) -> dict[str, Any]:
    study, drawn = shown.study, shown.drawn
    ranked = study.ranked
    half = min(ENDS, (len(ranked) + 1) // 2)
    worst = [one for one in ranked[::-1][:half] if one.share(study.by) < 1]
    best = [one for one in ranked[:half] if one.share(study.by) > 0]
    wanted = how_many((one.label for one in drawn.shown), (one.label for one in (*best, *worst)))
    found = pictures(shown.dataset, shown.answers, shown.classes, study.by, wanted)
    return {
        "style": Markup(_style()),
        "script": Markup(_script()),
        "policy": content_policy(_script()),
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
        "map": map_svg(chart.circles(drawn, study.by), drawn.labels, drawn.height),
        "no_group": NO_GROUP if -1 in drawn.colours else None,
        "data": Markup(_data(shown, found)),
        "groups_of": _groups_of(shown.grouping),
        "listed": ranked[:LISTED],
    }


def _style() -> str:
    files = (KIT / "page.css", KIT / "word_map.css", HERE / "study.css")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _script() -> str:
    files = (KIT / "page.js", HERE / "study.js")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _groups_of(grouping: Grouping) -> dict[int, str]:
    """Label to the names of its groups."""
    found: dict[int, list[str]] = {}
    for name, members in grouping.members.items():
        for label in members:
            found.setdefault(label, []).append(name)
    return {label: ", ".join(names) for label, names in found.items()}


def _data(shown: Shown, found: Mapping[int, Sequence[Picture]]) -> str:
    """What the map's script shows when a circle is pointed at, as JSON within HTML."""
    groups = _groups_of(shown.grouping)
    rows = [_hovered(one, groups, found.get(one.label, ())) for one in shown.drawn.shown]
    return json_in_html({"rules": list(RULES), "classes": rows})


def _hovered(
    one: ClassResult, groups: Mapping[int, str], found: Sequence[Picture]
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
        "counts": [one.counts[rule] if one.judged(rule) else None for rule in RULES],
        "taken": [f"{name} ({times})" for name, times in one.taken_for],
        "pictures": [[picture.thumbnail.uri, picture.recognised] for picture in found],
    }
