"""When a stage has had enough of failures, and what is said of them."""

import pytest
from shapes import recipe

import synthset
from synthset.engine.failures import Budget, count_errors, find_kind
from synthset.errors import StageError, TooManyFailures


def test_a_run_in_which_every_image_fails_is_a_failure_with_its_reason(tmp_path):
    for _ in range(2):  # a second time as well, though nothing is left to do
        with pytest.raises(StageError, match=r"none of 24 could be made: 24 × made to fail"):
            synthset.run(recipe("source.fail_every=1"), tmp_path / "d")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stage_stops_at_failures_in_a_row_and_the_next_run_goes_on(tmp_path, workers):
    asked = recipe("source.fail_every=1", "engine.max_failures=14")
    with pytest.raises(TooManyFailures, match=r"images: \d+ records in a row failed"):
        synthset.run(asked, tmp_path / "d", workers=workers)
    dataset = synthset.open(tmp_path / "d")
    images = dataset.view.images
    waiting = sum(count for shard in range(3) for _, count in dataset.chunks(images, shard))
    assert waiting + dataset.rows_in(images) >= 14  # what is finished stays
    with pytest.raises(StageError, match=r"none of 24 could be made"):
        synthset.run(recipe("source.fail_every=1"), tmp_path / "d")


def test_neighbours_count_across_shards_in_any_order():
    budget = Budget(4, {0: 3, 1: 3})
    budget.note("images", 1, [(0, "a.png/1: torn")])
    budget.note("images", 0, [(0, "b.png/2: torn"), (2, "c.png/3: torn")])
    budget.note("images", 1, [(2, "torn")])  # two in a row, and two that stand apart
    with pytest.raises(TooManyFailures, match="4 records in a row"):
        budget.note("images", 0, [(1, "torn")])


def test_another_kind_or_stage_or_a_good_record_ends_a_row():
    budget = Budget(2, {0: 9})
    budget.note("images", 0, [(0, "torn"), (1, "black"), (3, "black")])
    budget.note("features/clip", 0, [(2, "black")])


def test_an_error_is_known_by_what_it_says_of_any_record():
    assert find_kind("/a/my cat.png: 3 channels of 'x'") == find_kind(
        "/b/dog.png: 4 channels of 'y'"
    )
    assert find_kind("not finite") != find_kind("blanked")
    assert count_errors(["/a.png: torn", "/b.png: torn", "black"]) == "2 × /a.png: torn; 1 × black"
