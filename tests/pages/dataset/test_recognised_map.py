"""The map of the report: classes with a synset, as large as what is recognised of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.recognised_map import draw_recognised_map
from synthset.pages.kit.picture import Word
from synthset.pages.kit.word_map import colour_classes
from synthset.results.dataset.finished_records import FinishedRecords

WNIDS = {"dog": "n02084071", "cat": "n02121620", "truck": "n04490091"}
GROUPS = {
    "synsets": {"animal": ["animal.n.01"], "vehicle": ["vehicle.n.01"]},
    "members": {"animal": [0, 1], "vehicle": []},
    "several": [],
    "outside": [2],
    "unknown": [],
}


@pytest.fixture
def placed(tmp_path: Path, make: Any) -> Any:
    dataset, recipe = make(tmp_path / "toy", [*WNIDS, "blorple"])
    entries = [{**one, "wnid": WNIDS.get(one["name"])} for one in dataset.classes()]
    dataset.write_json("classes.json", entries)
    dataset.write_json("groups.json", GROUPS)
    return dataset, recipe


def circles(svg: str) -> dict[str, tuple[float, float, float]]:
    found = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"[^>]*data-class="(\w+)"', svg)
    return {name: (float(x), float(y), float(r)) for x, y, r, name in found}


def test_kin_stand_together_and_what_is_missed_is_smaller(placed: Any) -> None:
    found = draw_recognised_map(placed[0], FinishedRecords.of(placed[0]))
    assert found is not None
    at = circles(found.picture.__html__())
    assert abs(at["dog"][0] - at["cat"][0]) < abs(at["dog"][0] - at["truck"][0])
    assert at["dog"][2] < at["cat"][2] == at["truck"][2]  # one image more is missed
    assert ("dog", "animal", "6 of 8") in found.picture.table.rows


def test_a_class_without_synset_has_no_place_and_is_counted(placed: Any) -> None:
    found = draw_recognised_map(placed[0], FinishedRecords.of(placed[0]))
    assert found is not None
    assert (found.drawn, found.of, found.absent) == (3, 3, 1)
    words = [mark.text for mark in found.picture.marks if isinstance(mark, Word)]
    assert words[1:3] == ["animal", "in no group"]
    assert "1 class has no synset" in render_dataset_page(*placed)


def test_two_classes_make_no_map(placed: Any) -> None:
    dataset, recipe = placed
    entries = [{**one, "wnid": None if one["label"] == 2 else one["wnid"], "name": f"blorple {i}"}
               for i, one in enumerate(dataset.classes())]  # fmt: skip
    dataset.write_json("classes.json", entries)
    assert draw_recognised_map(dataset, FinishedRecords.of(dataset)) is None
    assert 'id="map"' not in render_dataset_page(dataset, recipe)


def test_a_class_of_two_groups_has_the_colour_of_the_first() -> None:
    members = {"empty": [], "animal": [0, 2], "food": [2, 1]}
    assert colour_classes([0, 1, 2, 3], members) == (["animal", "food"], [0, 1, 0, -1])
