"""The judgement in words: which arm is best at what, and no more than the intervals support."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.kit.numbers import interval, p_value, percent, points
from synthset.results.arm_judgement import OF_FOCUS, ArmJudgement
from synthset.results.judgement import Judgement

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
    "matched_f1": "F1 at a matched answer rate",
    "matched_accuracy": "accuracy at a matched answer rate",
    "others_accuracy": "accuracy on classes other than",
}
HEADLINES = ("focus_recall", "balanced_accuracy", "accuracy")


@dataclass(frozen=True)
class MeasureSummary:
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


def write_headlines(judgement: Judgement) -> list[MeasureSummary]:
    """Say who is best at what: recall of the focus first, then balanced accuracy, accuracy."""
    shown = [name for name in HEADLINES if name in judgement.arms[0].whole]
    found = [_headline(judgement, name) for name in shown]
    return [one for one in found if one is not None]


def measure_name(measure: str, judgement: Judgement) -> str:
    """A measure as the page calls it, with the focus classes by name where they are few, and
    over how many classes a mean is, where some have no test image."""
    if measure in OF_FOCUS:
        names = [judgement.classes[i] for i in judgement.focus]
        of = ", ".join(names) if len(names) <= 2 else f"{len(names)} focus classes"
        kind = NAMES[OF_FOCUS[measure]]
        joins = {"matched_accuracy": " for", "others_accuracy": ""}
        name = f"{kind}{joins.get(OF_FOCUS[measure], ' of')} {of}"
    else:
        name = NAMES.get(measure, measure)
    return name + judgement.over(measure)


def _headline(judgement: Judgement, measure: str) -> MeasureSummary | None:
    leader = judgement.leaders.get(measure)
    if leader is None:
        return None
    known = [arm for arm in judgement.arms if arm.whole[measure].value is not None]
    best = next(arm for arm in known if arm.name == leader.best[0])
    found = best.whole[measure]
    ends = interval(found.interval)
    figure = percent(found.value, digits=1) + (f" ({ends})" if ends else "")
    others = [arm for arm in known if arm is not best]
    alike = [arm for arm in others if arm.name not in leader.beaten]
    said = (_describe_rest(alike, others), _against_base(judgement, best, measure))
    rest = " ".join(text for text in said if text)
    return MeasureSummary(measure_name(measure, judgement), best.text, figure, rest)


def _describe_rest(alike: list[ArmJudgement], others: list[ArmJudgement]) -> str:
    if not others:
        return ""
    if not alike:
        return "Every other arm is significantly lower."
    if len(alike) == len(others) > 1:
        return "No other arm differs significantly from it."
    named = ", ".join(arm.text for arm in alike[:4])
    named += f" and {len(alike) - 4} more" if len(alike) > 4 else ""
    return f"Not significantly different: {named}."


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
    own = percent(base.whole[measure].value, digits=1)
    text = f"Against {base.text} ({own}): {points(one.value)} points"
    ends = one.figure.interval
    text += "" if ends is None else f" ({points(ends.low)} to {points(ends.high)})"
    if one.p_holm is not None:
        text += f", {p_value(one.p_holm)} by {one.test}"
        text += ", corrected for the number of arms"
    return text + ("." if one.verdict else "; this may be due to chance.")
