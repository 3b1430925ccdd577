"""What the safety checker said, by class."""

from __future__ import annotations

import pyarrow as pa

from synthset.record import BLANKED
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.safety import count_verdicts, find_verdicts

CLASSES = [{"name": name} for name in ("cat", "dog", "frog")]
OTHER = "not finite: the model returned NaN"


def seen(*rows: tuple[int, bool | None, str | None]) -> FinishedRecords:
    labels, nsfw, errors = zip(*rows, strict=True)
    columns = {
        "label": pa.array(labels, pa.int32()),
        "nsfw": pa.array(nsfw, pa.bool_()),
        "error": pa.array(errors, pa.string()),
    }
    return FinishedRecords(pa.table(columns), CLASSES)


def test_blanked_and_flagged_images_are_counted_by_class_the_most_first() -> None:
    found = count_verdicts(
        seen(
            (0, True, BLANKED),
            (0, False, None),
            (1, True, None),
            (1, True, BLANKED),
            (2, False, None),
            (2, None, OTHER),
        )
    )
    assert found is not None
    assert [found[what] for what in ("checked", "blanked", "flagged")] == [5, 2, 1]
    assert found["classes"] == [
        {"name": "dog", "checked": 2, "blanked": 1, "flagged": 1},
        {"name": "cat", "checked": 2, "blanked": 1, "flagged": 0},
    ]


def test_without_a_checker_there_is_nothing_to_say() -> None:
    assert count_verdicts(seen((0, None, None), (1, None, OTHER))) is None


def test_a_checker_that_found_nothing_is_told() -> None:
    found = count_verdicts(seen((0, False, None)))
    assert found == {"checked": 1, "blanked": 0, "flagged": 0, "classes": []}


def test_each_image_has_one_verdict_at_most() -> None:
    said = find_verdicts(seen((0, True, BLANKED), (0, True, None), (0, True, OTHER)).records)
    assert said["blanked"].tolist() == [True, False, False]
    assert said["flagged"].tolist() == [False, True, True]
