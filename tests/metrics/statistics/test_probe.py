"""The probe that tells two sets apart, in worlds where the answer is known."""

import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.statistics.probe import probe

POSITIVE = np.arange(400) < 200


def numbers(width=4, seed=0):
    return np.random.default_rng(seed).normal(size=(400, width))


def test_two_halves_of_one_distribution_are_not_told_apart():
    found = probe(numbers(), POSITIVE)
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.15


def test_a_number_that_names_the_side_tells_always():
    rows = numbers()
    rows[:, 2] = POSITIVE
    found = probe(rows, POSITIVE)
    assert found.value == 1
    assert 0.95 < found.low < 1


def test_a_trait_in_the_middle_of_a_scale_is_seen():
    rows = numbers()
    rows[:, 0] *= np.where(POSITIVE, 0.1, 3.0)
    assert probe(rows, POSITIVE).value > 0.9  # in a straight line, 0.5


def test_that_a_number_is_missing_on_one_side_is_a_trait():
    rows = numbers()
    rows[POSITIVE, 1] = np.nan
    assert probe(rows, POSITIVE).value == 1


def test_constant_and_missing_numbers_say_nothing():
    rows = np.full((400, 3), 7.0)
    rows[:, 1] = np.nan
    assert probe(rows, POSITIVE).value == 0.5


def test_scale_and_order_of_the_images_do_not_matter_much():
    rows = numbers()
    rows[POSITIVE, 0] += 1
    order = np.random.default_rng(3).permutation(400)
    one, other = probe(rows, POSITIVE), probe(1e6 * rows[order], POSITIVE[order])
    assert other.value == pytest.approx(one.value, abs=0.02)
    assert probe(1e6 * rows, POSITIVE).value == pytest.approx(one.value, abs=1e-6)


def test_too_few_images_are_refused():
    with pytest.raises(UsageError, match="found 2 of 400"):
        probe(numbers(), np.arange(400) < 2)
