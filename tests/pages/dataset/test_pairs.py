"""The closest pairs on the page: side by side, and without pictures where the reference is gone."""

from __future__ import annotations

from typing import Any

from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.pairs import make_closest_pairs
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.store.dataset import Dataset


def written(dataset: Dataset, place: str, classes: list[str]) -> list[dict[str, Any]]:
    """One image above the threshold, one below; the real ones are from another dataset."""
    ids = dataset.records()["id"].to_pylist()[4:6]
    part = {"of": "all", "count": 1, "n": 2, "share": 0.5, "interval": [0.1, 0.9]}
    nothing = {"of": "all", "count": None, "n": 0, "share": None, "interval": None}
    pair = {"class_name": classes[0], "real_class_name": classes[1], "same_bytes": False}
    pairs = [
        {**pair, "id": name, "real_id": name, "similarity": similarity}
        for name, similarity in zip(ids, (0.99, 0.5), strict=True)
    ]
    found = {"name": "copies", "measured_by": "an eye", "reference": "test", "place": place}
    found |= {"threshold": 0.9, "calibrated": 0.01, "parts": [part], "real": nothing}
    dataset.write_json("metrics/1-pairs.json", [{**found, "pairs": pairs}])
    return make_closest_pairs(dataset, FinishedRecords.of(dataset))


def test_each_generated_image_stands_beside_the_real_one(made: Any, make: Any, tmp_path: Any):
    dataset, _ = made
    make(tmp_path / "toy" / "references" / "real", ["wolf", "owl"])
    (found,) = written(dataset, "references/real", ["zebra", "owl"])
    assert [part["of"] for part in found["parts"]] == ["all", "real"]
    assert [pair["above"] for pair in found["pairs"]] == [True, False]
    assert all(pair["generated"] and pair["real"] for pair in found["pairs"])
    assert "reference: test" in found["pairs"][0]["real"]["facts"]


def test_numbers_stand_without_a_reference_that_is_gone(made: Any, classes: list[str]):
    dataset, recipe = made
    (found,) = written(dataset, "references/gone", classes)
    assert [pair["real"] for pair in found["pairs"]] == [None, None]
    html = render_dataset_page(dataset, recipe)
    assert "Closest pairs with test" in html
    assert classes[1] not in html  # a class name is text, never markup


def test_a_set_without_the_metric_has_no_pairs(made: Any):
    dataset, recipe = made
    assert make_closest_pairs(dataset, FinishedRecords.of(dataset)) == []
    assert 'id="pairs"' not in render_dataset_page(dataset, recipe)
