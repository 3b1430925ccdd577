"""Spectra: how strong an image is at each spatial frequency, and how to make it stronger or weaker.

Planes are YCbCr, (N, H, W, 3) float32, luma in [0, 255], Cb and Cr around 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from synthset.images import Pixels
from synthset.metrics.images.colours import CHROMA
from synthset.metrics.images.source_cues import LUMA

RINGS = 16  # of frequency, from 0 to the finest that pixels hold; the first stays as it is
BOUND = float(np.log(3))  # of a gain: an amplitude changes by a factor of 3 at most
FLOOR = 0.05  # power below that of rounding to whole levels (1/12)
YCBCR = np.vstack([LUMA, CHROMA]).astype(np.float32)
RGB = np.linalg.inv(YCBCR).astype(np.float32)

Planes = NDArray[np.float32]
Numbers = NDArray[np.float64]


def to_planes(pixels: Sequence[Pixels]) -> Planes:
    """Stack images of one shape as YCbCr planes."""
    return np.asarray(np.stack(pixels).astype(np.float32) @ YCBCR.T)


def to_pixels(planes: Planes) -> Pixels:
    """Give the (N, H, W, 3) uint8 RGB of planes."""
    return np.asarray(np.clip(np.rint(planes @ RGB.T), 0, 255), np.uint8)


def measure_power(planes: Planes) -> Numbers:
    """Measure the mean power density in each ring of frequencies, without the image's mean.

    Returns:
        (N, 3, RINGS) float64 in squared levels: white noise has its variance in every ring, at any
        size. NaN in a ring that holds no frequency of so small an image.
    """
    taper, ring, sizes = _prepare(*planes.shape[1:3])
    inside = (planes - planes.mean(axis=(1, 2), keepdims=True)) * taper[None, :, :, None]
    power = np.abs(fft.rfft2(inside, axes=(1, 2))) ** 2 / (taper**2).sum()
    flat = power.transpose(0, 3, 1, 2).reshape(-1, ring.size)  # (3 N, F)
    with np.errstate(invalid="ignore"):
        means = (flat @ np.eye(RINGS, dtype=np.float32)[ring]) / sizes
    return np.asarray(means.reshape(len(planes), 3, RINGS), np.float64)


@lru_cache(maxsize=64)
def _prepare(height: int, width: int) -> tuple[Planes, NDArray[np.int64], Numbers]:
    """For one shape: its taper, the ring of each frequency, and how many a ring has."""
    taper = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1]).astype(np.float32)
    ring = np.minimum(_distances(height, width), RINGS - 1).astype(np.int64).ravel()
    return taper, ring, np.bincount(ring, minlength=RINGS).astype(np.float64)


def _distances(height: int, width: int) -> Numbers:
    """(H, W / 2 + 1) distance of each frequency from 0, in rings."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    return np.asarray(np.hypot(down, across) * 2 * RINGS)


def amplify(planes: Planes, gains: Numbers) -> Planes:
    """Change amplitudes by frequency; phases and means stay.

    Args:
        planes: (N, H, W, 3).
        gains: (3, RINGS) logarithms of the factors in the middle of each ring.
    """
    height, width = planes.shape[1:3]
    place = np.clip(_distances(height, width) - 0.5, 0, RINGS - 1)
    factors = np.stack([np.exp(np.interp(place, np.arange(RINGS), one)) for one in gains], axis=-1)
    factors[0, 0] = 1
    spectrum = fft.rfft2(planes, axes=(1, 2)) * factors.astype(np.float32)
    return np.asarray(fft.irfft2(spectrum, s=(height, width), axes=(1, 2)), np.float32)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The mean spectrum and colour of some images.

    Attributes:
        power: (3, RINGS) mean power density.
        mean: (3,) mean over images of their mean Y, Cb, Cr.
        spread: (3,) its standard deviation over images.
    """

    power: Numbers
    mean: Numbers
    spread: Numbers

    @classmethod
    def of(cls, images: Sequence[Pixels], weights: Numbers) -> Spectrum:
        """Measure images of any shapes; (N,) weights tell how much each counts."""
        power, means = np.empty((len(images), 3, RINGS)), np.empty((len(images), 3))
        for rows in group_shapes([one.shape for one in images]):
            planes = to_planes([images[row] for row in rows])
            power[rows], means[rows] = measure_power(planes), planes.mean(axis=(1, 2))
        share = weights / weights.sum()
        known = ~np.isnan(power)
        total = np.einsum("n,ncr->cr", share, np.where(known, power, 0))
        counted = np.einsum("n,ncr->cr", share, known.astype(np.float64))
        mean = share @ means
        spread = np.sqrt(share @ (means - mean) ** 2)
        return cls(total / np.maximum(counted, 1e-9), mean, spread)


@dataclass(frozen=True, eq=False)
class SpectrumChange:
    """Brings images of one spectrum to another.

    Attributes:
        gains: (3, RINGS) logarithms of amplitude factors, within `BOUND`.
        mean: (3,) mean colour of the images, which goes to `wanted`.
        wanted: (3,) mean colour that they get.
        spread: (3,) factor on each image's distance from the mean colour.
    """

    gains: Numbers
    mean: Numbers
    wanted: Numbers
    spread: Numbers

    @classmethod
    def between(cls, given: Spectrum, wanted: Spectrum) -> SpectrumChange:
        """Learn the change from one mean spectrum to another."""
        nothing = cls(np.zeros((3, RINGS)), given.mean, wanted.mean, np.ones(3))
        varies = (given.spread > 1e-3) & (wanted.spread > 1e-3)
        factor = np.divide(wanted.spread, given.spread, out=np.ones(3), where=varies)
        factor = np.exp(np.clip(np.log(factor), -BOUND, BOUND))
        return cls(nothing.gains, given.mean, wanted.mean, factor).correct(given, wanted)

    def correct(self, found: Spectrum, wanted: Spectrum, part: float = 1.0) -> SpectrumChange:
        """Add to the gains what still lacks in images that were changed by them.

        Args:
            found: spectrum of those.
            wanted: that they should have.
            part: of what lacks, in (0, 1].
        """
        lacks = np.log((wanted.power + FLOOR) / (found.power + FLOOR)) / 2
        gains = np.clip(self.gains + part * lacks, -BOUND, BOUND)
        gains[:, 0] = 0
        return SpectrumChange(gains, self.mean, self.wanted, self.spread)

    def apply(self, planes: Planes) -> Planes:
        """Change (N, H, W, 3) planes."""
        means = planes.mean(axis=(1, 2), dtype=np.float64)  # (N, 3)
        shift = (means - self.mean) * self.spread + self.wanted - means
        return np.asarray(amplify(planes, self.gains) + shift[:, None, None], np.float32)


def measure_noise(planes: Planes) -> Numbers:
    """Measure the noise of luma: (N,) robust standard deviation in levels of what a Laplacian finds
    (Immerkaer 1996, with a median in place of the mean, which edges don't move)."""
    luma = planes[..., 0]
    if min(luma.shape[1:]) < 3:
        return np.zeros(len(luma))
    down = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    both = down[:, :, :-2] - 2 * down[:, :, 1:-1] + down[:, :, 2:]
    return np.asarray(np.median(np.abs(both), axis=(1, 2)) / 0.6745 / 6, np.float64)


def group_shapes(shapes: Sequence[Any], most: int = 1 << 22) -> list[NDArray[np.int64]]:
    """Rows of images that can be stacked: of one shape, at most so many numbers together."""
    rows: dict[Any, list[int]] = {}
    for row, shape in enumerate(shapes):
        rows.setdefault(tuple(shape), []).append(row)
    return [
        np.array(same[start : start + step], np.int64)
        for shape, same in rows.items()
        for step in [max(1, most // int(np.prod(shape)))]
        for start in range(0, len(same), step)
    ]


def change_groups(
    images: Sequence[Pixels], change: Callable[[Planes, NDArray[np.int64]], Planes]
) -> list[Pixels]:
    """Change images as planes, those of one shape together.

    Args:
        images: (H, W, 3) uint8 RGB of any shapes.
        change: given planes and the rows of their images.
    """
    changed = list(images)
    for rows in group_shapes([one.shape for one in images]):
        found = to_pixels(change(to_planes([images[row] for row in rows]), rows))
        for row, pixels in zip(rows.tolist(), found, strict=True):
            changed[row] = pixels
    return changed
