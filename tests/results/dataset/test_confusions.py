from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synthset.results.dataset.confusions import LARGEST, count_confusions
from synthset.results.dataset.finished_records import FinishedRecords


def test_the_classifiers_own_words_find_their_class_by_what_it_got_right(made: Any) -> None:
    (found,) = count_confusions(FinishedRecords.of(made[0]))
    assert found.score == "recognition"
    assert found.shares is not None
    # number 5 of the first class was seen as "own word 1", which is the second class's word
    np.testing.assert_allclose(found.shares, [[6 / 7, 1 / 7, 0], [0, 1, 0]])
    assert found.counts.tolist() == [7, 7]
    assert found.pairs == [("zebra", "own word 1", 1 / 7, 1)]
    np.testing.assert_allclose(found.recognised, [6 / 7, 1])


def test_a_word_that_means_no_class_is_something_else(tmp_path: Path, make: Any) -> None:
    (found,) = count_confusions(FinishedRecords.of(make(tmp_path / "two", ["a", "b"], each=7)[0]))
    assert found.shares is not None
    assert found.shares.shape == (2, 3)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)


def test_many_classes_have_pairs_only(tmp_path: Path, make: Any) -> None:
    names = [f"c{i}" for i in range(LARGEST + 1)]
    (found,) = count_confusions(
        FinishedRecords.of(make(tmp_path / "many", names, each=6, side=8)[0])
    )
    assert found.shares is None
    assert found.pairs == [("c0", "own word 1", 0.2, 1)]


def test_two_classes_of_one_name_are_told_apart() -> None:
    table = pa.table(
        {
            "label": [0, 0, 1, 1],
            "sha256": list("abcd"),
            "recognition_predicted": ["crane"] * 4,
            "recognition_rank": [1, 1, 1, 2],
        }
    )
    (found,) = count_confusions(FinishedRecords(table, [{"name": "crane"}, {"name": "crane"}]))
    assert found.shares is not None
    np.testing.assert_allclose(found.shares, [[1, 0, 0], [0.5, 0.5, 0]])
