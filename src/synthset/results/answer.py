"""The answer of an experiment in one piece: do generated images help, by how much, how sure?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from synthset.results.arm_judgement import ArmJudgement
from synthset.results.figure import Figure
from synthset.results.judge import Difference

MOST_SEEDS = 50  # beyond which more of them are no advice
MEASURES = ("focus_matched_f1", "balanced_accuracy")  # what is asked first, where it is there

Verdict = Literal["helps", "hurts", "unknown"]


@dataclass(frozen=True)
class Answer:
    """Whether generated images help the classifier.

    Attributes:
        verdict: `helps` or `hurts` where a difference is beyond chance, corrected for the number of
            arms; else `unknown`.
        measure: that was asked.
        arm, control: the pair that says so; of several that gain the arm with the best figure, or,
            where none gains, the pair with the largest loss; else that with the largest
            difference.
        gain: arm less control.
        p_holm: corrected for the number of pairs; None without a test.
        beside: the arm without generated images that is best in the measure.
        beside_figure: its figure.
        seeds: how many would tell a difference of this size, at the spread that was found; None
            where it is told already, or 50 wouldn't do.
        seconds: of all trainings, one after the other.
    """

    verdict: Verdict
    measure: str
    arm: str
    control: str
    gain: Figure
    p_holm: float | None
    beside: str
    beside_figure: Figure
    seeds: int | None
    seconds: float


def find_answer(
    arms: Sequence[ArmJudgement],
    gains: Mapping[str, Sequence[Difference]],
    seeds: int,
    seconds: float,
) -> Answer | None:
    """Find the answer among the arms that have a control without generated images; None where there
    are none.

    Args:
        arms: of an experiment.
        gains: arm less control, by measure.
        seeds: trainings of each arm.
        seconds: of all trainings.
    """
    measure = next((name for name in MEASURES if gains.get(name)), None)
    if measure is None:
        return None
    controls = {arm.name: arm.control or "" for arm in arms}
    real_only = {arm.name: arm for arm in arms if set(_origins(arm)) <= {"real"}}
    known = [arm for arm in real_only.values() if arm.whole[measure].value is not None]
    rows = [row for row in gains[measure] if controls[row.arm] in real_only]
    if not known or not rows:
        return None
    told = _pick(rows, {arm.name: arm.whole[measure].value or 0.0 for arm in arms})
    beside = max(known, key=lambda arm: arm.whole[measure].value or 0.0)
    return Answer(
        verdict=name_verdict(told),
        measure=measure,
        arm=told.arm,
        control=controls[told.arm],
        gain=told.figure,
        p_holm=told.p_holm,
        beside=beside.name,
        beside_figure=beside.whole[measure],
        seeds=None if told.verdict else _count_seeds(told.figure, seeds),
        seconds=seconds,
    )


def name_verdict(found: Difference) -> Verdict:
    """Say what an arm less its control means for the images that it has and the control lacks."""
    verdicts: dict[str | None, Verdict] = {"better": "helps", "worse": "hurts"}
    return verdicts.get(found.verdict, "unknown")


def _pick(rows: Sequence[Difference], figures: Mapping[str, float]) -> Difference:
    better = [row for row in rows if row.verdict == "better"]
    if better:  # a large gain over a weak control is no reason to recommend an arm
        return max(better, key=lambda row: figures[row.arm])
    worse = [row for row in rows if row.verdict == "worse"]
    return max(worse or rows, key=lambda row: abs(row.value))


def _origins(arm: ArmJudgement) -> list[str]:
    counts = [*arm.training.items(), *arm.pretraining.items()]
    return [name for name, one in counts if one.sum()]


def _count_seeds(gain: Figure, seeds: int) -> int | None:
    """Seeds whose interval would be half as wide as the difference is large."""
    if gain.interval is None or not gain.value or seeds < 2:
        return None
    half = (gain.interval.high - gain.interval.low) / 2
    wanted = seeds * (half / abs(gain.value)) ** 2
    return max(seeds + 1, round(wanted)) if wanted <= MOST_SEEDS else None
