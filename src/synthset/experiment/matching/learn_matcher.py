"""Learns from samples of both how the images of a set differ technically from real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthset.experiment.matching.frame import MarginRule
from synthset.experiment.matching.matcher import (
    KERNELS,
    Matcher,
    NoiseRule,
    OpenedCopy,
    Partner,
)
from synthset.images import Pixels, decode
from synthset.metrics.images.spectra import (
    FLOOR,
    Spectrum,
    SpectrumChange,
    group_shapes,
    measure_noise,
    to_planes,
)
from synthset.recipe.labelled_images import Cue

ROUNDS = 4  # in which the gains are corrected by what comes out of the encoder
PART = 0.7  # of what lacks that a round adds: rounding by JPEG answers steeply
QUANTILES = np.linspace(0, 1, 41)

Numbers = NDArray[np.float64]


def learn_matcher(
    cues: tuple[Cue, ...], real: Sequence[OpenedCopy], made: Sequence[OpenedCopy], seed: int
) -> Matcher:
    """Learn how to change a set.

    Each class that both have counts alike, so that a class that one side has more of doesn't lend
    the other its content.

    Args:
        cues: that are to be matched.
        real: real training images, some of each class of the set.
        made: images of the set.
        seed: of all draws.
    """
    partners: dict[int, list[Partner]] = {}
    for image in real:
        partners.setdefault(image.label, []).append(Partner(image.style, image.frame))
    matcher = Matcher(cues, seed, partners)
    theirs, ours = _weigh(real, made), _weigh(made, real)
    if "margins" in cues:
        frames = ([one.frame for one in side] for side in (made, real))
        there, wanted_frames = frames
        rule = MarginRule.between(there, ours, wanted_frames, theirs)
        matcher = replace(matcher, margins=rule)
    if not {"kernel", "spectrum", "noise"} & set(cues):
        return matcher
    wanted = Spectrum.of([one.pixels for one in real], theirs)
    if "kernel" in cues:
        matcher = _choose_kernel(matcher, made, ours, wanted)
    if "spectrum" in cues:
        matcher = _fit_spectrum(matcher, made, ours, wanted)
    if "noise" in cues:
        matcher = _fit_noise(matcher, [one.pixels for one in real], made)
    return matcher


def _weigh(side: Sequence[OpenedCopy], other: Sequence[OpenedCopy]) -> Numbers:
    """(N,) weights by which classes count alike; 0 for a class that the other side lacks."""
    counts, there = Counter(one.label for one in side), {one.label for one in other}
    return np.array([(one.label in there) / counts[one.label] for one in side])


def _choose_kernel(
    matcher: Matcher, made: Sequence[OpenedCopy], weights: Numbers, wanted: Spectrum
) -> Matcher:
    """Take the kernel after which the spectrum is nearest to that of the real images."""
    if all(a is b.pixels for a, b in zip(matcher.lay_out_all(made), made, strict=True)):
        return matcher
    candidates = [replace(matcher, kernel=name) for name in KERNELS]
    return min(
        candidates,
        key=lambda one: _distance(Spectrum.of(one.lay_out_all(made), weights), wanted),
    )


def _distance(found: Spectrum, wanted: Spectrum) -> float:
    """Mean squared difference of the logarithms of power, over rings of luma and colours."""
    return float((np.log((found.power + FLOOR) / (wanted.power + FLOOR)) ** 2).mean())


def _fit_spectrum(
    matcher: Matcher, made: Sequence[OpenedCopy], weights: Numbers, wanted: Spectrum
) -> Matcher:
    """Learn gains after which the encoded images have the wanted spectrum."""
    change = SpectrumChange.between(Spectrum.of(matcher.lay_out_all(made), weights), wanted)
    for _ in range(ROUNDS):
        found = Spectrum.of(_show(replace(matcher, spectrum=change), made), weights)
        change = change.correct(found, wanted, PART)
    return replace(matcher, spectrum=change)


def _fit_noise(matcher: Matcher, real: Sequence[Pixels], made: Sequence[OpenedCopy]) -> Matcher:
    """Learn how much noise lacks at each quantile of the set's own noise; never less than none."""
    theirs, ours = (
        np.quantile(_measure_noises(side), QUANTILES) for side in (real, _show(matcher, made))
    )
    added = np.sqrt(np.maximum(0, theirs**2 - ours**2))
    return replace(matcher, noise=NoiseRule(np.maximum.accumulate(ours), added))


def _show(matcher: Matcher, made: Sequence[OpenedCopy]) -> list[Pixels]:
    """Decode what the images become."""
    return [decode(one.data) for one in matcher.change(made)]


def _measure_noises(images: Sequence[Pixels]) -> Numbers:
    found = np.empty(len(images))
    for rows in group_shapes([one.shape for one in images]):
        found[rows] = measure_noise(to_planes([images[row] for row in rows]))
    return found
