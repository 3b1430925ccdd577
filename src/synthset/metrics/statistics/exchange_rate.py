"""Exchange rate: how many synthetic images are worth one real image?

The error of arms with real images alone falls with their number n as a + b n^-c (Hestness et al.
2017, arXiv 1712.00409). An arm with synthetic images is as good as n' real ones on that curve; its
synthetic images are worth (n' - its own real ones) together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import least_squares

from synthset.errors import UsageError
from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.significance import t_interval

DRAWS = 200
STEEPEST = 3.0  # exponents of learning curves lie below 1 (Hestness et al.); 3 leaves room
SCALE = 0.02  # residuals well above it pull less: a training that failed bends the curve little
NOTHING = 0.005  # half a point beside the curve is no news, however alike the seeds are
Beyond = Literal["", "more than", "less than"]


@dataclass(frozen=True)
class LearningCurve:
    """Error = a + b (n / largest)^-c, known between `smallest` and `largest`.

    Attributes:
        a: error that no number of images takes away, >= 0.
        b: >= 0.
        c: > 0.
        smallest: fewest images that it was fitted to.
        largest: most.
    """

    a: float
    b: float
    c: float
    smallest: float
    largest: float

    def error(self, count: float) -> float:
        """Error at a number of real images."""
        return float(self.a + self.b * (count / self.largest) ** -self.c)

    def count(self, error: float) -> tuple[float, Beyond]:
        """Real images that have this error; at an end of the range, which side it lies beyond."""
        if error < self.error(self.largest):
            return self.largest, "more than"
        if error > self.error(self.smallest):
            return self.smallest, "less than"
        if self.b <= 0:  # a flat curve: any number will do, so the fewest
            return self.smallest, ""
        return float(self.largest * ((error - self.a) / self.b) ** (-1 / self.c)), ""


@dataclass(frozen=True)
class Bound:
    """A number of real images, or that it lies beyond the curve's range."""

    value: float
    beyond: Beyond = ""


@dataclass(frozen=True)
class Worth:
    """What an arm's synthetic images are worth.

    Attributes:
        arm: its name.
        real: real images that it was trained on.
        synthetic: synthetic ones, those of pre-training included.
        error: mean over seeds.
        equivalent: real images alone that would be as good.
        worth: (equivalent - real) / synthetic, in real images for one synthetic; below 0 they harm.
        low: its lower end at 95 %, from drawing seeds with replacement; None with one seed.
        high: its upper end.
    """

    arm: str
    real: float
    synthetic: float
    error: float
    equivalent: Bound
    worth: Bound
    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True)
class ExchangeRate:
    """The curve and what is read off it.

    Attributes:
        measure: `accuracy` or `balanced_accuracy`; error is 1 minus it.
        curve: fitted to all seeds.
        points: arm -> real images, error of each seed; of the arms that the curve is fitted to.
        worths: of each arm with synthetic images.
        misses: arm -> how far its mean error lies above the curve, where that is more than its
            seeds explain at 95 %: such arms don't fall by the law, and worths read off nearby are
            as far off.
    """

    measure: str
    curve: LearningCurve
    points: Mapping[str, tuple[float, tuple[float, ...]]]
    worths: Sequence[Worth]
    misses: Mapping[str, float]


@dataclass(frozen=True)
class ArmErrors:
    """Images and errors of one arm, in the order of the seeds that all arms share."""

    arm: str
    real: float
    synthetic: float
    errors: tuple[float, ...]


def fit_curve(counts: Sequence[float], errors: Sequence[float]) -> LearningCurve:
    """Fit the learning curve, least squares with a soft L1 loss.

    Args:
        counts: real images of each training, three different numbers or more.
        errors: of each, in [0, 1].

    Raises:
        UsageError: fewer than three different numbers of images.
    """
    if len(set(counts)) < 3:
        raise UsageError(
            f"exchange.real: found {len(set(counts))} different numbers of real images; a curve "
            "needs 3 or more"
        )
    largest = max(counts)
    sizes, found = np.asarray(counts, dtype=np.float64) / largest, np.asarray(errors)

    def residuals(x: Array) -> Array:
        left: Array = x[0] + x[1] * sizes ** -x[2] - found
        return left

    lowest = float(found.min())
    fits = [
        least_squares(
            residuals, (lowest * share, max(lowest * (1 - share), 1e-3), c),
            bounds=([0, 0, 1e-3], [1, 1, STEEPEST]), loss="soft_l1", f_scale=SCALE,
        )
        for share, c in ((0.1, 0.3), (0.7, 1.0))
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.cost))
    a, b, c = (float(value) for value in best.x)
    return LearningCurve(a, b, c, min(counts), largest)


def exchange_rate(
    measure: str, real: Sequence[ArmErrors], mixed: Sequence[ArmErrors], draws: int = DRAWS
) -> ExchangeRate:
    """Fit the curve and read the mixed arms off it.

    Args:
        measure: what error is one minus of.
        real: arms with real images alone.
        mixed: arms with synthetic images; the seeds are those of `real`, in the same order.
        draws: of the bootstrap over seeds, the same seeds for every arm.

    Raises:
        UsageError: an arm with synthetic images in the curve, one without among the mixed, or too
            few sizes.
    """
    for one in real:
        if one.synthetic:
            raise UsageError(f"exchange.real: arm {one.arm} has {one.synthetic:g} synthetic images")
    for one in mixed:
        if not one.synthetic:
            raise UsageError(f"exchange.with_synthetic: arm {one.arm} has no synthetic images")
    seeds = len(real[0].errors)
    curve = _curve(real, range(seeds))
    found = [_read(one, curve, range(seeds)) for one in mixed]
    spread = _bootstrap(real, mixed, seeds, draws) if seeds > 1 else [[] for _ in mixed]
    worths = [
        Worth(one.arm, one.real, one.synthetic, float(np.mean(one.errors)), *read, *_ends(values))
        for one, read, values in zip(mixed, found, spread, strict=True)
    ]
    points = {one.arm: (one.real, one.errors) for one in real}
    return ExchangeRate(measure, curve, points, worths, _misses(real, curve))


def _misses(real: Sequence[ArmErrors], curve: LearningCurve) -> dict[str, float]:
    misses = {}
    for one in real:
        if len(one.errors) > 1:
            at = curve.error(one.real)
            found = t_interval(one.errors)
            if not found.low <= at <= found.high and abs(found.value - at) > NOTHING:
                misses[one.arm] = found.value - at
    return misses


def _curve(real: Sequence[ArmErrors], seeds: Sequence[int]) -> LearningCurve:
    counts = [one.real for one in real for _ in seeds]
    return fit_curve(counts, [one.errors[seed] for one in real for seed in seeds])


def _read(one: ArmErrors, curve: LearningCurve, seeds: Sequence[int]) -> tuple[Bound, Bound]:
    """Equivalent number of real images, and the worth of one synthetic."""
    count, beyond = curve.count(float(np.mean([one.errors[seed] for seed in seeds])))
    return Bound(count, beyond), Bound((count - one.real) / one.synthetic, beyond)


def _bootstrap(
    real: Sequence[ArmErrors], mixed: Sequence[ArmErrors], seeds: int, draws: int
) -> list[list[Bound]]:
    """Worth of each mixed arm in each draw of seeds."""
    rng = np.random.default_rng(0)
    drawn = [tuple(sorted(rng.integers(0, seeds, seeds).tolist())) for _ in range(draws)]
    fitted = {one: _curve(real, one) for one in set(drawn)}  # few seeds have few different draws
    return [[_read(one, fitted[chosen], chosen)[1] for chosen in drawn] for one in mixed]


def _ends(values: Sequence[Bound]) -> tuple[Bound, Bound] | tuple[None, None]:
    """The 2.5th and the 97.5th of the draws, those beyond the range outermost."""
    if not values:
        return None, None
    side = {"less than": -1, "": 0, "more than": 1}
    ordered = sorted(values, key=lambda one: (side[one.beyond], one.value))
    cut = int(0.025 * len(ordered))
    return ordered[cut], ordered[-1 - cut]
