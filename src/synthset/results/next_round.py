"""Where the next generated images help: classes by the gain that the last ones brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import yaml

from synthset.metrics.statistics.classification import Array
from synthset.results.arm_judgement import ArmJudgement, ArmTrials
from synthset.results.judge import compare

MEASURE = "f1"  # counts what a class gains, and what it takes from others
HEAD = """\
# The next round of generation: as many images as {arm} was trained on, for the classes that they
# help. Weight of a class: its F1 less that of {control}, times 1 - p; nothing where it loses.
"""


@dataclass(frozen=True)
class ClassGain:
    """What generated images did for a class.

    Attributes:
        name: of the class.
        images: generated ones that the arm was trained on, mean over seeds.
        gain: F1 of the arm less that of its control; None without test images.
        p: of the gain, not corrected for the number of classes; None without a test.
        planned: images for the next round.
    """

    name: str
    images: float
    gain: float | None
    p: float | None
    planned: int

    @property
    def weight(self) -> float:
        """Its gain, as far as that is sure; 0 where it loses."""
        return max(0.0, self.gain or 0.0) * (1 - (self.p or 0.0))


@dataclass(frozen=True)
class NextRound:
    """How the next images are to be divided.

    Attributes:
        arm, control: the pair whose gains decide.
        classes: those of which the arm has generated images, in label order.
    """

    arm: str
    control: str
    classes: tuple[ClassGain, ...]

    def to_yaml(self) -> str:
        """Write `images_per_class` of a recipe, for the classes that get any."""
        planned = {one.name: one.planned for one in self.classes if one.planned}
        words = HEAD.format(arm=self.arm, control=self.control)
        return words + yaml.safe_dump(
            {"images_per_class": planned}, sort_keys=False, allow_unicode=True
        )


def divide_next_round(
    arm: ArmJudgement, own: ArmTrials, control: ArmTrials, classes: Sequence[str]
) -> NextRound:
    """Divide as many images as an arm has generated ones among the classes that they help.

    A class that may have gained by chance gets less, by the p-value of its own comparison.

    Args:
        arm: with generated images.
        own: its trials.
        control: those of its control.
        classes: K names.
    """
    generated = [images for name, images in arm.training.items() if name != "real"]
    generated += [images for name, images in arm.pretraining.items() if name != "real"]
    images = np.sum(generated, axis=0) if generated else np.zeros(len(classes))
    gains = [
        _measure(own, control, label, classes[label], float(images[label]))
        for label in np.flatnonzero(images).tolist()
    ]
    counts = _divide(round(float(images.sum())), np.array([one.weight for one in gains]))
    planned = (
        ClassGain(one.name, one.images, one.gain, one.p, count)
        for one, count in zip(gains, counts, strict=True)
    )
    return NextRound(arm.name, arm.control or "", tuple(planned))


def _measure(own: ArmTrials, control: ArmTrials, label: int, name: str, images: float) -> ClassGain:
    rows = compare(control.runs(MEASURE, label), {name: own.runs(MEASURE, label)})
    gain, p = (rows[0].value, rows[0].p) if rows else (None, None)
    return ClassGain(name, images, gain, p, 0)


def _divide(total: int, weights: Array) -> list[int]:
    """Whole numbers in the proportion of weights, by largest remainders; none without weight."""
    if not weights.sum():
        return [0] * len(weights)
    exact = total * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    found: list[int] = counts.tolist()
    return found
