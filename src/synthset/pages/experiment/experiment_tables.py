"""What the page's tables and scripts hold, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthset.metrics.statistics.classification import OF_A_CLASS, Array
from synthset.metrics.statistics.exchange_rate import Bound, Worth
from synthset.pages.experiment.experiment_words import NAMES, measure_name
from synthset.pages.kit.numbers import count, interval, percent, points, probability
from synthset.results.arm_judgement import ArmJudgement
from synthset.results.figure import CHANCE, Figure
from synthset.results.judge import Difference
from synthset.results.judgement import Judgement
from synthset.results.judgement_tables import OWN_JUDGE
from synthset.results.source_leak import SourceLeak
from synthset.results.two_budgets import TwoBudgets

FIRST = (
    "focus_recall", "focus_precision", "focus_f1", "focus_average_precision", "focus_matched_f1",
    "focus_matched_accuracy", "focus_others_accuracy", "balanced_accuracy", "accuracy", "macro_f1",
    "macro_roc_auc", "macro_average_precision", "ece",
)  # fmt: skip
CHOSEN_BY = {
    "recognition": "recognition",
    "hard": "recognition with the smallest margin",
    "nearest": "nearness to real images",
    "diverse": "diversity",
    "influence": "influence on the validation loss",
}
SMALL_TEST = 200  # images below which chance in them is shown beside the interval over seeds


@dataclass(frozen=True)
class Compared:
    """A cell of the differences.

    Attributes:
        value: in points, with sign; None where there is none.
        span: its interval.
        p: corrected.
        style: `better`, `worse`, or nothing where it may be chance.
        title: what interval and test are of.
    """

    value: str | None
    span: str = ""
    p: str = ""
    style: str = ""
    title: str = ""


def list_measures(judgement: Judgement) -> list[tuple[str, str]]:
    """Measures of the table of arms: key and words."""
    there = judgement.arms[0].whole
    return [(name, measure_name(name, judgement)) for name in FIRST if name in there]


def describe_training(arm: ArmJudgement, judgement: Judgement) -> list[str]:
    """Lines such as `cat: 50 real + 4,950 sd`, focus classes first, then all together, and by what
    and by whom images were chosen."""
    lines = []
    for label in judgement.focus[:2]:
        lines.append(f"{judgement.classes[label]}: {_sum(arm.training, label)}")
    lines.append(f"{'all: ' if lines else ''}{_sum(arm.training)}")
    if arm.pretraining:
        lines.append(f"before that: {_sum(arm.pretraining)}")
    texts = {one.name: one.text for one in judgement.arms}
    judge = texts.get(arm.judge, arm.judge) if arm.judge else f"trained on {OWN_JUDGE}"
    chosen = [f"{name} chosen by {CHOSEN_BY[by]}" for name, by in arm.choices.items()]
    return lines + [f"{one}; judge: {judge}" for one in chosen]


def compare_arms(judgement: Judgement) -> list[tuple[str, list[Compared]]]:
    """A row an arm other than the base: words, and a cell for each measure of `differences`."""
    rows = []
    for arm in judgement.arms:
        if arm.name == judgement.base:
            continue
        cells = [_compare_arm(arm.name, found) for found in judgement.differences.values()]
        rows.append((arm.text, cells))
    return rows


def list_tunings(judgement: Judgement) -> list[tuple[str, str, str, list[tuple[str, bool]]]]:
    """A row a candidate of an arm whose draws were chosen: the arm's words, the candidate's, the
    validation images, and of each seed its figure, and whether it was taken."""
    return [
        (
            arm.text,
            one.text,
            count(arm.tunings[0].images),
            [
                (percent(found.candidates[i].figure, digits=1), i == found.chosen)
                for found in arm.tunings
            ],
        )
        for arm in judgement.arms
        if arm.tunings
        for i, one in enumerate(arm.tunings[0].candidates)
    ]


def list_gains(judgement: Judgement) -> list[tuple[str, str, str, SourceLeak, list[Compared]]]:
    """A row an arm that has a control: its words, its control's, in what that has other numbers of
    images where it ought to have as many, what the source of an image tells of its class, and a
    cell for each measure of `gains`."""
    texts = {arm.name: arm.text for arm in judgement.arms}
    return [
        (
            arm.text,
            texts.get(arm.control or "", ""),
            judgement.unequal.get(arm.name, ""),
            arm.leak,
            [_compare_arm(arm.name, found) for found in judgement.gains.values()],
        )
        for arm in judgement.arms
        if arm.control is not None and judgement.gains
    ]


def list_changes(
    judgement: Judgement, budgets: TwoBudgets
) -> list[tuple[str, str, str, list[Compared]]]:
    """A row a comparison that the smaller budget changes, beyond chance at one budget at least: the
    words of the two arms and of the measure, and a cell for each budget and for the change."""
    texts = {arm.name: arm.text for arm in judgement.arms}
    return [
        (
            texts[one.arm],
            texts[one.other],
            measure_name(one.measure, judgement),
            [_write_difference(row) for row in (one.smaller, one.full, one.change)],
        )
        for one in budgets.pairs
        if one.is_named and one.beyond_chance
    ]


def make_class_tables(
    judgement: Judgement,
) -> list[tuple[str, str, list[tuple[int, list[Figure]]]]]:
    """For each measure of a class: key, words, and rows of label and a figure for each arm."""
    return [
        (
            name,
            NAMES[name],
            [(i, [arm.classes[name][i] for arm in judgement.arms]) for i in judgement.shown],
        )
        for name in OF_A_CLASS
    ]


def scale_heat(value: float) -> str:
    """Strength of a cell's colour in percent: steep near 1, where most classes lie.

    >>> scale_heat(1.0), scale_heat(0.9), scale_heat(0.3)
    ('100', '73', '3')
    """
    return f"{100 * value**3:.0f}"


def explain_interval(found: Figure) -> str:
    """What a figure's intervals are of, for who points at it."""
    lines = []
    if found.interval is not None:
        lines.append(f"{interval(found.interval)} % by {found.interval.method}")
    if found.chance is not None and found.n:
        chance = interval(found.chance)
        lines.append(f"{chance} % from chance in the {count(found.n)} images alone (Wilson)")
    known = [value for value in found.each if value is not None]
    if len(known) > 1:
        lines.append("seeds: " + ", ".join(f"{100 * value:.1f}" for value in known))
    return "\n".join(lines)


def format_bound(found: Bound | None, digits: int = 2) -> str:
    """A number of images that may lie beyond the curve."""
    if found is None:
        return "–"
    number = f"{found.value:,.{digits}f}".replace("-", "−")
    return f"{found.beyond} {number}".strip()


def describe_worth(one: Worth) -> str:
    """An arm's exchange rate in a sentence."""
    real, synthetic = f"{count(one.real)} real", f"{count(one.synthetic)} synthetic"
    equal = f"{format_bound(one.equivalent, 0)} real images alone"
    text = f"{real} + {synthetic} images do as well as {equal}"
    text += f": one synthetic image is worth {format_bound(one.worth)} real ones"
    if one.low is not None and one.high is not None:
        text += f" ({format_bound(one.low)} to {format_bound(one.high)} over seeds)"
    return text + "."


def format_chance(found: Figure) -> str:
    """Wilson's interval of a share that stands on few test images, where it is not the figure's own
    already; nothing for other figures."""
    if found.chance is None or not found.n or found.n >= SMALL_TEST:
        return ""
    if found.interval is not None and found.interval.method == CHANCE:
        return ""
    return f"n {count(found.n)}: {interval(found.chance)}"


def make_script_data(judgement: Judgement) -> dict[str, Any]:
    """Confusions of the shown classes, for the page's script."""
    shown = list(judgement.shown)
    return {
        "classes": [judgement.classes[i] for i in shown],
        "rest": len(judgement.classes) - len(shown),
        "base": judgement.base,
        "arms": [
            {"name": arm.name, "text": arm.text, "confusion": _confusion(arm, shown)}
            for arm in judgement.arms
        ],
    }


def _sum(counts: Mapping[str, Array], label: int | None = None) -> str:
    """Images by origin, such as `50 real + 4,950 sd`."""
    totals = {
        origin: float(found.sum() if label is None else found[label])
        for origin, found in counts.items()
    }
    known = [f"{count(total)} {origin}" for origin, total in totals.items() if total]
    return " + ".join(known) or "none"


def _compare_arm(arm: str, rows: Sequence[Difference]) -> Compared:
    one = next((row for row in rows if row.arm == arm), None)
    return Compared(None) if one is None else _write_difference(one)


def _write_difference(one: Difference) -> Compared:
    ends, each = one.figure.interval, [v for v in one.figure.each if v is not None]
    title = "\n".join(
        [
            *([f"interval: {ends.method}"] if ends else []),
            *([f"{one.test}: p {probability(one.p)} before correction"] if one.test else []),
            *(["seeds: " + ", ".join(map(points, each))] if len(each) > 1 else []),
        ]
    )
    return Compared(
        value=points(one.value),
        span="" if ends is None else f"{points(ends.low)} to {points(ends.high)}",
        p="" if one.p_holm is None else f"p {probability(one.p_holm)}",
        style=one.verdict or "",
        title=title,
    )


def _confusion(arm: ArmJudgement, shown: list[int]) -> list[list[float]]:
    """Images of a class by what they were taken for, mean over seeds; the last is any other."""
    rows = arm.confusion[shown] / len(arm.seeds)
    own = rows[:, shown]
    other = rows.sum(axis=1) - own.sum(axis=1)
    found: list[list[float]] = np.round(np.column_stack([own, other]), 2).tolist()
    return found
