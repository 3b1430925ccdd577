"""Simple faults beside cleanvision's verdicts on the same pictures."""

import numpy as np
import pytest
from cleanvision.issue_managers.image_property import (
    AspectRatioProperty,
    BrightnessProperty,
    EntropyProperty,
)
from PIL import Image, ImageFilter

from synthset.recipe.scores import Quality
from synthset.scores.quality import find_faults, measure

SETTINGS = Quality(kind="quality")
# cleanvision's own way from a picture to a score, and its default threshold, below which it is bad
JUDGES = {
    "dark": (BrightnessProperty("dark"), 0.32, {}),
    "bright": (BrightnessProperty("light"), 0.05, {}),
    "low_information": (EntropyProperty(), 0.3, {"normalizing_factor": 0.1}),
    "odd_size": (AspectRatioProperty(), 0.35, {}),
}


def picture(seed, height=96, width=128):
    """Smooth blobs in grey and colour, over the whole range."""
    draw = np.random.default_rng(seed)
    rough = Image.fromarray(draw.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    smooth = rough.resize((width, height)).filter(ImageFilter.GaussianBlur(1))
    return np.asarray(smooth).astype(float)


def theirs(fault, pixels):
    import pandas

    judge, threshold, options = JUDGES[fault]
    raw = pandas.DataFrame([judge.calculate(Image.fromarray(pixels))])
    kind = {"bright": "light", "odd_size": "odd_aspect_ratio"}.get(fault, fault)
    scores = judge.get_scores(raw[judge.score_columns], kind, **options)
    return bool(judge.mark_issue(scores, kind, threshold)[f"is_{kind}_issue"].iloc[0])


def graded(fault):
    for seed in range(4):
        for grade in (0.9, 0.6, 0.45, 0.25, 0.15, 0.08, 0.04, 0.015):
            plain = picture(seed)
            if fault == "dark":
                changed = plain * grade
            elif fault == "bright":
                changed = 255 - (255 - plain) * grade
            elif fault == "low_information":
                changed = np.full_like(plain, 200)
                rows = round(grade * len(plain))
                changed[:rows, : len(plain) // 2] = plain[:rows, : len(plain) // 2]
            else:
                changed = plain[: round(grade * 100)]
            yield np.rint(changed).astype(np.uint8)


@pytest.mark.parametrize("fault", JUDGES)
def test_verdicts_agree_on_graded_damage(fault):
    pictures = list(graded(fault))
    ours = [fault in find_faults(measure(one), SETTINGS) for one in pictures]
    others = [theirs(fault, one) for one in pictures]
    assert 0.2 < np.mean(others) < 0.8  # some of both, else agreement says nothing
    assert np.mean(np.equal(ours, others)) >= 0.95


def test_a_blurred_picture_is_told_from_a_dimmed_one():
    sharp = picture(0).astype(np.uint8)
    blurred = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(6)))
    assert find_faults(measure(blurred), SETTINGS) == ["blurry"]
    assert find_faults(measure(sharp // 2), SETTINGS) == []
