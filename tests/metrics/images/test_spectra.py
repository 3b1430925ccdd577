"""Spectra of images, and JPEGs that are changed and rounded again."""

import io

import numpy as np
import pytest
from PIL import Image

from synthset.images import decode
from synthset.metrics.images.jpeg_style import encode_in_style, read_style, unround
from synthset.metrics.images.spectra import (
    BOUND,
    RINGS,
    Spectrum,
    SpectrumChange,
    amplify,
    measure_noise,
    measure_power,
    to_pixels,
    to_planes,
)


def noise(sigma, size=32, count=20):
    return np.random.default_rng(0).normal(128, sigma, (count, size, size, 3)).astype(np.float32)


@pytest.mark.parametrize("size", [32, 64])
def test_white_noise_has_its_variance_in_every_ring_at_any_size(size):
    power = measure_power(noise(5, size)).mean(axis=(0, 1))
    assert power[2:] == pytest.approx(25, rel=0.2)
    assert measure_noise(noise(5, size)).mean() == pytest.approx(5, rel=0.1)


def test_gains_change_amplitudes_and_leave_the_mean():
    planes = noise(5)
    louder = amplify(planes, np.full((3, RINGS), np.log(2)))
    assert louder.mean() == pytest.approx(planes.mean(), abs=1e-3)
    assert louder.std() == pytest.approx(2 * planes.std(), rel=0.01)


def test_a_gain_is_at_most_three_and_the_mean_colour_is_met():
    pale, strong = (
        [*to_pixels(noise(sigma) * np.float32([1, 0, 0]) + np.float32([shift, 0, 0]))]
        for sigma, shift in ((2, -40), (40, 20))
    )
    wanted = Spectrum.of(strong, np.ones(20))
    change = SpectrumChange.between(Spectrum.of(pale, np.ones(20)), wanted)
    assert np.abs(change.gains).max() == pytest.approx(BOUND)
    assert change.apply(to_planes(pale)).mean(axis=(0, 1, 2)) == pytest.approx(wanted.mean, abs=0.1)


def test_a_decoded_jpeg_made_weaker_stays_as_it_was_unless_it_is_spread_between_its_steps():
    buffer = io.BytesIO()
    grey = to_pixels(noise(10, count=1) * np.float32([1, 0, 0]))[0]
    Image.fromarray(grey).save(buffer, "JPEG", quality=50)
    style = read_style(Image.open(buffer))
    planes = to_planes([decode(buffer.getvalue())])
    table = np.array(style.tables[:1], np.float32)
    spread = unround(planes, table, np.random.default_rng(0).random((1, 32, 32), np.float32))

    def kept(given):
        weaker = amplify(given, np.full((3, RINGS), np.log(0.6)))
        after = to_planes([decode(encode_in_style(to_pixels(weaker)[0], style))])
        return after[..., 0].std() / planes[..., 0].std()

    assert kept(planes) > 0.9
    assert kept(spread) < 0.8
