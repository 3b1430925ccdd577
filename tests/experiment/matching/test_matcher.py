"""Images of a set are changed one by one."""

import io

import numpy as np
import pytest
from PIL import Image

from synthset.experiment.matching.learn_matcher import learn_matcher
from synthset.experiment.matching.matcher import open_copy
from synthset.images import decode

CUES = ("jpeg", "kernel", "spectrum", "noise", "margins")


def grain(seed, amount):
    """A slope with noise, as a JPEG without visible loss."""
    noise = np.random.default_rng(seed).normal(0, amount, (32, 32, 1))
    slope = np.linspace(60, 180, 32)[:, None, None] + np.zeros((32, 32, 3))
    buffer = io.BytesIO()
    Image.fromarray(np.clip(slope + noise, 0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=97, subsampling=0
    )
    return buffer.getvalue()


def side(number, amount, count=12):
    return [open_copy(grain([number, i], amount), i % 2, f"{number}-{i}") for i in range(count)]


def test_an_image_becomes_the_same_whatever_is_beside_it():
    real, made = side(0, 8), side(1, 3)
    matcher = learn_matcher(CUES, real, made, seed=0)
    together = [one.data for one in matcher.change(made)]
    assert together == [matcher.change([one])[0].data for one in made]


@pytest.mark.parametrize(("real", "made", "more"), [(8, 3, True), (3, 8, False)])
def test_noise_is_added_where_real_images_have_more_and_never_taken_away(real, made, more):
    images = side(1, made)
    matcher = learn_matcher(("noise",), side(0, real), images, seed=0)
    before, after = (
        np.mean([np.diff(decode(one.data)[..., 1].astype(float), axis=1).std() for one in found])
        for found in (images, matcher.change(images))
    )
    assert after == pytest.approx(real * 2**0.5 if more else before, rel=0.25)
    assert after >= before


def test_an_image_that_is_alike_already_keeps_its_bytes():
    real, made = side(0, 3), side(1, 3)
    matcher = learn_matcher(("jpeg", "kernel", "margins"), real, made, seed=0)
    assert [one.data for one in matcher.change(made)] == [one.data for one in made]


def test_draws_follow_the_seed():
    made = side(1, 3)
    first, second = (learn_matcher(("noise",), side(0, 8), made, seed) for seed in (0, 1))
    assert first.change(made) != second.change(made)
