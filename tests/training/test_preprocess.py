import numpy as np
import pytest

from synthset.recipe.training import Preprocessing
from synthset.training.preprocess import Draw, apply_steps, is_random, preprocess

TEST = Draw.testing("a")


def wide(height=20, width=40):
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (200, 100, 0)
    return image


def settings(**changes):
    return Preprocessing(**{"size_px": 16, **changes})


@pytest.mark.parametrize("fit", ["letterbox", "crop", "squash"])
@pytest.mark.parametrize("shape", [(20, 40), (40, 20), (16, 16), (1, 9), (300, 200)])
def test_every_shape_becomes_the_square_that_the_model_sees(fit, shape):
    made = preprocess(wide(*shape), settings(fit=fit), TEST)
    assert made.shape == (16, 16, 3)
    assert made.dtype == np.uint8


def test_a_letterbox_has_margins_of_the_images_own_mean_above_and_below():
    made = preprocess(wide(), settings(fit="letterbox", kernel="box"), TEST)
    assert made[0].tolist() == [[100, 50, 0]] * 16
    assert made[8, 0].tolist() == [200, 100, 0]
    assert (made[4:12] == made[8]).all()


def test_a_crop_takes_the_centre_and_squash_everything():
    left = wide()
    left[:, :10] = 255  # outside the square in the centre
    assert preprocess(left, settings(fit="crop"), TEST).max() < 255
    assert (preprocess(left, settings(fit="squash"), TEST)[:, 0] == 255).all()


def test_random_margins_are_given_to_square_training_images_alone():
    asked = settings(fit="letterbox", random_margins=0.5, margin_colour="black", size_px=32)
    white = np.full((64, 64, 3), 255, np.uint8)
    assert preprocess(white, asked, TEST).min() == 255
    shares, across = [], set()
    for epoch in range(60):
        dark = preprocess(white, asked, Draw.train("a", 0, epoch)).mean(axis=2) < 128
        shares.append(dark.mean())
        across |= {dark.all(axis=1).any() and "rows", dark.all(axis=0).any() and "columns"}
    assert 0.4 < max(shares) <= 0.5
    assert {"rows", "columns"} <= across


def test_noise_has_the_asked_deviation_and_is_another_for_each_image_but_the_same_each_time():
    grey, asked = np.full((64, 64, 3), 128, np.uint8), settings(noise=8, size_px=64)
    first = preprocess(grey, asked, TEST)
    assert first.std() == pytest.approx(8, rel=0.05)
    assert (first == preprocess(grey, asked, TEST)).all()
    assert (first != preprocess(grey, asked, Draw.testing("b"))).any()
    assert (first != preprocess(grey, asked, Draw.train("a", 0, 1))).any()


def test_steps_are_named_in_their_order():
    asked = settings(fit="letterbox", random_margins=0.5, jpeg_quality=30, grayscale=True, noise=4)
    square = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    taken = apply_steps(square, asked, Draw.train("a", 0, 0))
    names = [name for name, _ in taken]
    assert names == ["square", "random margins", "resize", "JPEG", "grayscale", "noise"]
    grey = taken[-1][1]
    assert (grey[..., 0] == grey[..., 2]).all()
    assert len(apply_steps(square, settings(), TEST)) == 2


def test_only_training_with_noise_or_random_margins_is_random():
    assert is_random(settings(noise=1), training=True)
    assert not is_random(settings(noise=1), training=False)
    assert is_random(settings(fit="letterbox", margin_colour="random"), training=True)
    assert not is_random(settings(random_margins=0.2), training=True)  # crop has no margins


def test_a_downward_resize_averages():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    for kernel in ("lanczos", "bicubic", "bilinear", "box"):
        made = preprocess(stripes, settings(kernel=kernel), TEST)
        assert abs(made[4:-4, 4:-4].astype(float) - 127.5).max() < 12


def test_the_square_around_a_long_image_takes_no_gigabytes(monkeypatch):
    image = wide(40, 400)
    small = preprocess(image, settings(kernel="box"), TEST).astype(int)
    monkeypatch.setattr("synthset.training.preprocess.MARGIN_PIXELS", 64 * 64)
    assert np.abs(preprocess(image, settings(kernel="box"), TEST) - small).max() <= 20
    monkeypatch.undo()
    assert preprocess(wide(1, 20_000), settings(), TEST).shape == (16, 16, 3)
