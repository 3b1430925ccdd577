import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.features import check_features, check_labels, check_pair, normalise_rows


def test_stored_float16_is_widened_and_float64_is_kept():
    assert check_features(np.ones((2, 3), np.float16), "real").dtype == np.float32
    assert check_features(np.ones((2, 3), np.float64), "real").dtype == np.float64
    mixed = check_pair(np.ones((2, 3), np.float32), np.ones((4, 3), np.float64))
    assert [rows.dtype for rows in mixed] == [np.float64, np.float64]


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (np.ones((2, 3), int), "found int64 of shape"),
        (np.ones(3, np.float32), r"of shape \(3,\); a metric needs a float matrix"),
        (np.ones((3, 0), np.float32), r"of shape \(3, 0\)"),
        (np.ones((0, 3), np.float32), "found 0 images; this metric needs 1 or more"),
        (np.array([[1.0], [np.nan], [np.inf]]), r"2 of 3 rows .* \(first: row 1\)"),
    ],
)
def test_what_no_metric_can_use_is_refused(features, words):
    with pytest.raises(UsageError, match=words):
        check_features(features, "real")


def test_large_finite_features_are_no_infinity():
    huge = np.full((4, 2), 3e38, np.float32)  # finite, though their sum is not
    np.testing.assert_array_equal(check_features(huge, "real"), huge)


def test_labels_belong_to_rows():
    with pytest.raises(UsageError, match=r"4 images need an integer vector of shape \(4,\)"):
        check_labels(np.zeros(3, int), 4, "labels")
    with pytest.raises(UsageError, match="found float64"):
        check_labels(np.zeros(4), 4, "labels")


def test_unit_rows_have_length_one(cloud):
    np.testing.assert_allclose(
        np.linalg.norm(normalise_rows(cloud(9, 4), "real"), axis=1), 1, rtol=1e-6
    )
