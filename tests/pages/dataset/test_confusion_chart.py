from __future__ import annotations

from typing import Any

from synthset.pages.dataset.confusion_chart import confusion_chart
from synthset.results.dataset.confusions import confusions
from synthset.results.dataset.finished_records import FinishedRecords


def test_the_matrix_names_each_cell_and_escapes_names(made: Any) -> None:
    (found,) = confusions(FinishedRecords.of(made[0]))
    drawn = confusion_chart(found).__html__()
    assert "zebra taken for zebra: 85.7 %" in drawn
    assert "zebra taken for another class: 0.0 %" in drawn
    assert "<img" not in drawn
