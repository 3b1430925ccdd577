"""The judgement in words: which arm is best at what, and no more than the intervals support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synthset.pages.kit.numbers import (
    count,
    duration,
    figure,
    interval,
    percent,
    points,
    probability,
)
from synthset.results.answer import Answer
from synthset.results.arm_judgement import OF_FOCUS, ArmJudgement
from synthset.results.judgement import Judgement
from synthset.results.next_round import NextRound

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
NAMED = 5  # classes that a sentence names
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


def write_answer(judgement: Judgement) -> tuple[str, str] | None:
    """Answer whether generated images help: a short sentence, and how much, how sure, at what cost,
    and what to do next. None where no arm has a control."""
    found = judgement.answer
    if found is None:
        return None
    texts = {arm.name: arm.text for arm in judgement.arms}
    ends = found.gain.interval
    span = "" if ends is None else f" ({points(ends.low)} to {points(ends.high)})"
    pair = f"{texts[found.arm]}, compared with {texts[found.control]}"
    measure = measure_name(found.measure, judgement)
    gain = f"{points(found.gain.value or 0.0)} points{span} of {measure}"
    sure = "" if found.p_holm is None else f", p {_equals(found.p_holm)}, corrected for all pairs"
    said = {
        "helps": "Generated images help.",
        "hurts": "Generated images hurt here.",
        "unknown": "It isn't clear yet whether generated images help.",
    }[found.verdict]
    rest = [
        f"{pair}: {gain}{sure}.",
        f"The best arm without generated images is {texts[found.beside]}, at "
        f"{figure(found.beside_figure)}.",
        f"The trainings took {duration(found.seconds)} in all.",
        _advise(found, texts),
        _divide_next(judgement.next_round),
    ]
    return said, " ".join(text for text in rest if text)


def _equals(p: float) -> str:
    return f"{'' if p < 0.001 else '= '}{probability(p)}"


def _advise(found: Answer, texts: Mapping[str, str]) -> str:
    if found.verdict == "helps":
        return f"Next: train with the images, draws and loss of {texts[found.arm]}."
    if found.verdict == "hurts":
        return "Next: look at the classes that lose, and generate or choose other images for them."
    if found.seeds is not None:
        return f"Next: {found.seeds} seeds would distinguish such a difference from chance."
    return "Next: more test images or other generated images; more seeds alone won't help."


def _divide_next(found: NextRound | None) -> str:
    """For which classes to generate next; nothing where there is no choice of classes."""
    if found is None or len(found.classes) < 2:
        return ""
    planned = sorted((one for one in found.classes if one.planned), key=lambda one: -one.planned)
    if not planned:
        return "No class gained, so there is none to generate more of these images for."
    named = ", ".join(f"{one.name} ({count(one.planned)})" for one in planned[:NAMED])
    named += f" and {len(planned) - NAMED} more" if len(planned) > NAMED else ""
    return (
        f"The next {count(sum(one.planned for one in planned))} images help most in the classes "
        f"that gained, each weighed by its gain in F1 and how sure that is: {named}; "
        "next_round.yaml beside this page has them for a recipe."
    )


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
        text += f", p {_equals(one.p_holm)} by {one.test}"
        text += ", corrected for the number of arms"
    return text + ("." if one.verdict else "; this may be due to chance.")
