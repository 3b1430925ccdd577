import math

import numpy as np
import pytest
from vendi_score import vendi

from synthset.errors import UsageError
from synthset.metrics.sets.vendi import vendi_score


@pytest.mark.parametrize(("count", "width"), [(500, 40), (40, 500)])
@pytest.mark.parametrize("order", [1, 2])
def test_vendi_equals_the_authors_package(cloud, count, width, order):
    features = cloud(count, width).astype(np.float64)
    theirs = vendi.score_dual(features, q=order)
    assert vendi_score(features, order) == pytest.approx(theirs, rel=1e-10)
    assert vendi_score(features.astype(np.float32), order) == pytest.approx(theirs, rel=1e-6)


def test_equal_images_count_as_one_and_orthogonal_ones_each():
    assert vendi_score(np.ones((30, 8), np.float32)) == pytest.approx(1, rel=1e-6)
    assert vendi_score(np.eye(8, dtype=np.float32)) == pytest.approx(8)
    copies = np.repeat(np.eye(8, dtype=np.float32), 50, axis=0)
    assert vendi_score(copies) == pytest.approx(8)


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, math.inf])
def test_even_groups_score_their_number_at_every_order(order):
    assert vendi_score(np.repeat(np.eye(4, 6), 5, axis=0), order) == pytest.approx(4)


def test_only_the_largest_group_counts_at_infinity():
    uneven = np.repeat(np.eye(3), [6, 3, 1], axis=0)
    assert vendi_score(uneven, math.inf) == pytest.approx(10 / 6)
    assert vendi_score(uneven, 0) == pytest.approx(3)


def test_an_order_below_zero_is_refused(cloud):
    with pytest.raises(UsageError, match="order: found -1"):
        vendi_score(cloud(5, 4), -1)
