from __future__ import annotations

from typing import Any

from synthset.pages.dataset.confusion_chart import draw_confusion
from synthset.results.dataset.confusions import count_confusions
from synthset.results.dataset.finished_records import FinishedRecords


def test_the_matrix_names_each_cell_and_escapes_names(made: Any) -> None:
    (found,) = count_confusions(FinishedRecords.of(made[0]))
    drawn = draw_confusion(found).__html__()
    assert "zebra classified as zebra: 85.7 %" in drawn
    assert "zebra classified as another class: 0.0 %" in drawn
    assert "<img" not in drawn
