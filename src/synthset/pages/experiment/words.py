"""The judgement in words: which arm is best at what, and no more than the intervals support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthset.results.arm_judgement import ArmJudgement
from synthset.results.judgement import Judgement
from synthset.results.verdict import Gap, Runs, beaten, beyond_chance

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_f1": "macro F1",
    "macro_roc_auc": "macro ROC-AUC",
    "macro_average_precision": "macro average precision",
    "ece": "calibration error",
    "recall": "recall",
    "precision": "precision",
    "f1": "F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
}
HEADLINES = ("focus_recall", "balanced_accuracy", "accuracy")


@dataclass(frozen=True)
class Headline:
    """What is said of one measure.

    Attributes:
        measure: in words.
        best: words of the arm with the highest mean.
        figure: its mean and interval.
        rest: what else can be said: beside which arms it can't be told from, against the base.
    """

    measure: str
    best: str
    figure: str
    rest: str


def headlines(judgement: Judgement) -> list[Headline]:
    """Say who is best at what: recall of the focus first, then balanced accuracy, accuracy."""
    shown = [name for name in HEADLINES if name in judgement.arms[0].whole]
    found = [_headline(judgement, name) for name in shown]
    return [one for one in found if one is not None]


def measure_name(measure: str, judgement: Judgement) -> str:
    """A measure as the page calls it, with the focus classes by name where they are few, and
    over how many classes a mean is, where some have no test image."""
    if measure.startswith("focus_"):
        names = [judgement.classes[i] for i in judgement.focus]
        of = ", ".join(names) if len(names) <= 2 else f"{len(names)} focus classes"
        name = f"{NAMES[measure.removeprefix('focus_')]} of {of}"
    else:
        name = NAMES.get(measure, measure)
    return name + judgement.over(measure)


def percent(value: float | None, digits: int = 1) -> str:
    """A share as percent; a dash where there is none.

    >>> percent(0.0664), percent(None)
    ('6.6 %', '–')
    """
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def span(low: float | None, high: float | None) -> str:
    """Both ends of an interval of shares, without the sign; nothing where there is none."""
    return "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign.

    >>> points(-0.0123)
    '−1.2'
    """
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def probability(value: float | None) -> str:
    """A p-value, as far as it can be trusted."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _headline(judgement: Judgement, measure: str) -> Headline | None:
    known = [arm for arm in judgement.arms if arm.whole[measure].value is not None]
    if not known:
        return None
    best = max(known, key=lambda arm: arm.whole[measure].value or 0.0)
    found = best.whole[measure]
    figure = percent(found.value)
    if found.low is not None:
        figure += f" ({span(found.low, found.high)})"
    others = [arm for arm in known if arm is not best]
    apart = told_apart(judgement, measure, best.name)
    alike = [arm for arm in others if arm.name not in apart]
    said = (_beside(alike, others), _against_base(judgement, best, measure))
    rest = " ".join(text for text in said if text)
    return Headline(measure_name(measure, judgement), best.text, figure, rest)


def told_apart(judgement: Judgement, measure: str, best: str) -> set[str]:
    """Names of the arms that the best one of a measure is better than, as `verdict.beaten` says."""
    known = {arm.name: arm for arm in judgement.arms if arm.whole[measure].value is not None}
    rows = judgement.differences.get(measure, ())
    gaps = {row.arm: Gap(row.value, row.p_holm) for row in rows}
    runs = {name: _runs(arm, measure) for name, arm in known.items()}
    better: Literal["higher", "lower"] = "lower" if measure == "ece" else "higher"
    return beaten(best, runs, judgement.base, gaps, better)


def _runs(arm: ArmJudgement, measure: str) -> Runs:
    """Of one seed, a share has Wilson's interval, as in a benchmark."""
    found = arm.whole[measure]
    pairs = zip(arm.seeds, found.each, strict=True)
    each = {seed: value for seed, value in pairs if value is not None}
    if len(each) == 1 and found.test_low is not None:
        return Runs(each, found.test_low, found.test_high)
    return Runs(each, found.low, found.high)


def _beside(alike: list[ArmJudgement], others: list[ArmJudgement]) -> str:
    if not others:
        return ""
    if not alike:
        return "Every other arm is lower beyond chance."
    if len(alike) == len(others) > 1:
        return "No other arm is told apart from it."
    named = ", ".join(arm.text for arm in alike[:4])
    named += f" and {len(alike) - 4} more" if len(alike) > 4 else ""
    return f"Not told apart from it: {named}."


def _against_base(judgement: Judgement, best: ArmJudgement, measure: str) -> str:
    base = next((arm for arm in judgement.arms if arm.name == judgement.base), None)
    if base is None:
        return ""
    if best is base:
        return "It is the arm that the others are compared with."
    rows = judgement.differences.get(measure, ())
    one = next((row for row in rows if row.arm == best.name), None)
    if one is None:
        return ""
    text = f"Against {base.text} ({percent(base.whole[measure].value)}): {points(one.value)} points"
    if one.low is not None and one.high is not None:
        text += f" ({points(one.low)} to {points(one.high)})"
    if one.p_holm is not None:
        text += f", p {'' if one.p_holm < 0.001 else '= '}{probability(one.p_holm)} by {one.test}"
        text += ", corrected for the number of arms"
    return text + ("." if beyond_chance(one.p_holm) else "; that may be chance.")
