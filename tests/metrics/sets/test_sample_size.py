import re

import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.sample_size import METRICS, explain_shortfalls


@pytest.mark.parametrize("metric", METRICS)
def test_fifty_thousand_on_each_side_are_enough_for_all(metric):
    assert explain_shortfalls(metric, 50_000, 50_000, 1000, block=5000) == []


@pytest.mark.parametrize(
    ("metric", "n_real", "n_generated", "width", "words"),
    [
        ("fid", 1300, 2000, 2048, "1,300 real images over 2,048 features .* rank 1,299"),
        ("fid", 9000, 3000, 2048, "noticeably too large .*below 10,240"),
        ("fd_pca", 1300, 50, 64, "FD over principal axes of 50 generated images .* rank 49"),
        ("kid", 5000, 300, 2048, "only 300 generated images; use kid_full, or block=300"),
        ("kid", 2, 300, 2048, "needs 3 images on each side"),
        ("cmmd", 100, 300, 768, "matters with 100 real images; use with_diagonal=False"),
        ("inception_score", 0, 500, 1000, "a split of 1,000 needs more than the 500"),
        (
            "inception_score",
            0,
            50_000,
            1001,
            "of 1,000 images cannot exceed 1,000, although there are 1,001",
        ),
        ("prdc", 900, 900, 64, "with 900 generated images, neighbourhoods are wide"),
        ("prdc", 9000, 2000, 64, "9,000 real and 2,000 generated images, coverage and recall"),
        ("vendi", 0, 500, 768, "500 generated images over 768 features is limited by the count"),
        ("recognition_rate", 0, 10, 1000, "10 images is accurate to \\+-0.26 at best"),
    ],
)
def test_too_few_images_are_said_in_words(metric, n_real, n_generated, width, words):
    found = explain_shortfalls(metric, n_real, n_generated, width)
    assert any(re.search(words, str(one)) for one in found), found


def test_a_class_of_an_imagenet_is_told_how_much_is_bias():
    (found,) = explain_shortfalls("fid", 1300, 1300, 2048, per_class=True)
    assert "70 to 95 % of it is bias" in str(found)
    (found,) = explain_shortfalls("fid", 1300, 1300, 2048)
    assert "most of it may be bias" in str(found)


def test_an_unknown_metric_is_guessed():
    with pytest.raises(UsageError, match="unknown 'fidd'; did you mean 'fid'"):
        explain_shortfalls("fidd", 1, 1, 1)
