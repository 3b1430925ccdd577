"""A few pictures of each class, recognised ones and others, as the map and the lists show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthset.encoders.classlist import OutputClasses
from synthset.pages.kit.thumbnails import count_most, make_thumbnails
from synthset.results.recognition import NOTHING, Answers, Rule
from synthset.store.dataset import Dataset
from synthset.thumbnail import Thumbnail

ON_MAP, IN_LISTS = 6, 8  # pictures of a class at most
ROOM = 1600  # pictures on all maps and lists together


@dataclass(frozen=True, slots=True)
class ClassPicture:
    """One image of a class.

    Attributes:
        thumbnail: the picture.
        recognised: by the study's rule.
        seen: the classifier's first choice.
        facts: a line each, for its tooltip.
    """

    thumbnail: Thumbnail
    recognised: bool
    seen: str
    facts: str


def read_pictures(
    dataset: Dataset,
    answers: Answers,
    classes: OutputClasses,
    by: Rule,
    wanted: Mapping[int, int],
) -> dict[int, list[ClassPicture]]:
    """Read some pictures of some classes.

    Args:
        dataset: with the records that `answers` are about.
        answers: of the classifier.
        classes: the classifier's.
        by: the rule by which a picture is recognised.
        wanted: label -> how many pictures; of those that are made, evenly.

    Returns:
        Label -> pictures, recognised ones first.
    """
    rows = {label: _rows(answers, by, label, count) for label, count in wanted.items()}
    cells = [
        dataset.read_cell(dataset.view.plan, shard, ["id", "prompt"]) for shard in answers.shards
    ]
    plan = pa.concat_tables(cells)
    chosen = [row for found in rows.values() for row in found]
    facts = plan.take(chosen).to_pylist() if chosen else []
    named = dict(zip(chosen, facts, strict=True))
    found = make_thumbnails(dataset, [one["id"] for one in facts])
    return {
        label: [
            _picture(answers, classes, by, row, named[row], found[named[row]["id"]])
            for row in mine
            if named[row]["id"] in found
        ]
        for label, mine in rows.items()
    }


def count_pictures(on_map: Iterable[int], in_lists: Iterable[int]) -> dict[int, int]:
    """How many pictures each class gets: as many as the page has room for."""
    labels, listed = list(on_map), set(in_lists)
    room = min(ROOM, count_most()) - IN_LISTS * len(listed)
    each = max(1, min(ON_MAP, room // max(len(labels), 1)))
    return {label: IN_LISTS if label in listed else each for label in {*labels, *listed}}


def _rows(answers: Answers, by: Rule, label: int, count: int) -> list[int]:
    """Rows of a class with pixels, evenly over both kinds, recognised ones first."""
    mine = np.flatnonzero((answers.labels == label) & answers.made)
    if len(mine) > count:
        right = answers.recognised[by][mine]
        mine = np.concatenate([mine[right], mine[~right]])
        mine = mine[np.arange(count) * len(mine) // count]
    right = answers.recognised[by][mine]
    return [int(row) for row in np.concatenate([mine[right], mine[~right]])]


def _picture(
    answers: Answers,
    classes: OutputClasses,
    by: Rule,
    row: int,
    record: Mapping[str, str | None],
    thumbnail: Thumbnail,
) -> ClassPicture:
    index = int(answers.predicted[row])
    seen = classes.names[index] or f"class {index}" if index != NOTHING else "nothing"
    facts = {"classified as": seen, "prompt": record["prompt"], "id": record["id"]}
    probability = answers.probability[row]
    if not np.isnan(probability):
        facts["probability of its class"] = f"{probability:.3g}"
    lines = "\n".join(f"{name}: {' '.join(text.split())}" for name, text in facts.items() if text)
    return ClassPicture(thumbnail, bool(answers.recognised[by][row]), seen, lines)
