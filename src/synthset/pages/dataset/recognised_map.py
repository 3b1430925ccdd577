"""The report's map: classes by what lies above them in WordNet, as large as what is recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.plane import fit_points, project_principal, push_apart
from synthset.pages.kit.map_labels import WORD_PX, choose_gap, place_labels
from synthset.pages.kit.picture import Picture
from synthset.pages.kit.word_map import (
    WIDTH,
    Circle,
    choose_height,
    choose_largest_radius,
    colour_classes,
    compute_radius,
    map_picture,
)
from synthset.results.dataset.finished_records import FinishedRecords, take_evenly
from synthset.results.dataset.groups import GROUPS, RANK, count_recognised, is_recognition
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.groups import find_synset
from synthset.taxonomy.hypernym_features import compute_hypernym_features

FEWEST = 3  # classes that make a map
MOST = 200  # classes on it: more want the neighbourhoods of the recognition study


@dataclass(frozen=True, slots=True)
class RecognisedMap:
    """The section of the page.

    Attributes:
        picture: the map.
        score: name of the recognition score.
        drawn: number of classes on it.
        of: number of classes that could be.
        absent: number of classes without a synset, which have no place.
    """

    picture: Picture
    score: str
    drawn: int
    of: int
    absent: int


def draw_recognised_map(dataset: Dataset, seen: FinishedRecords) -> RecognisedMap | None:
    """Draw the map by the dataset's first recognition score.

    Args:
        dataset: whose groups colour it.
        seen: its records.

    Returns:
        None without groups or such a score, or where fewer than three classes have a synset.
    """
    ranks = [c.removesuffix(RANK) for c in seen.records.column_names if c.endswith(RANK)]
    score = next((name for name in ranks if is_recognition(seen, name)), None)
    if score is None or not dataset.folder.exists(GROUPS):
        return None
    numbers = [_number(entry) for entry in seen.classes]
    hits, images = count_recognised(seen, score)
    placed = [i for i in np.flatnonzero(images).tolist() if numbers[i]]
    if len(placed) < FEWEST:
        return None
    shown = take_evenly(np.array(placed), MOST)
    groups, colours = colour_classes(shown, dataset.read_json(GROUPS)["members"])
    return RecognisedMap(
        picture=_draw(seen, shown, numbers, hits, images, groups, colours),
        score=score,
        drawn=len(shown),
        of=len(placed),
        absent=int((images > 0).sum()) - len(placed),
    )


def _number(entry: dict[str, str | None]) -> str | None:
    """The WordNet number of a class, or of the only sense of its name."""
    name = str(entry["name"])
    found = find_synset(ClassEntry(str(entry["key"]), name, name, entry.get("wnid")))
    return found.number if found else None


def _draw(
    seen: FinishedRecords,
    shown: Sequence[int],
    numbers: Sequence[str | None],
    hits: NDArray[np.int64],
    images: NDArray[np.int64],
    groups: Sequence[str],
    colours: Sequence[int],
) -> Picture:
    height, largest = choose_height(len(shown)), choose_largest_radius(len(shown))
    radii = np.array([compute_radius(hits[i] / images[i], largest) for i in shown])
    room = (WIDTH, height - 1.5 * WORD_PX)  # the names of the lowest circles stand below it
    flat = project_principal(compute_hypernym_features([numbers[i] for i in shown]))  # (K, 2)
    points = push_apart(fit_points(flat, radii, room), radii, room, choose_gap(len(shown)))
    names = [seen.name_class(i) for i in shown]
    circles = [
        Circle(
            name=name,
            recognised=f"{hits[i]} of {images[i]}",
            x=x,
            y=y,
            radii=(size,),
            shown=0,
            colour=colour,
            hollow=not hits[i],
        )
        for i, name, (x, y), size, colour in zip(shown, names, points, radii, colours, strict=True)
    ]
    words = place_labels(names, points, radii, colours, groups, (WIDTH, height))
    title = "Which words the images show: the area of a circle is the share recognised"
    return map_picture(title, circles, words, height, groups)
