"""What the page says of source leaks: a mark beside an arm, and what it means."""

from __future__ import annotations

from synthset.pages.kit.numbers import count, figure, points
from synthset.results.figure import Figure
from synthset.results.judgement import Judgement
from synthset.results.source_leak import AREA, BITS, SourceLeak

MARKS = {
    "leak": "source leak",
    "possible": "possible source leak",
    "balanced": "source leak, balanced",
}


def describe_leak(leak: SourceLeak) -> list[str]:
    """Lines such as `0.46 bits`, `AUC 98.2 % [96.0, 99.1]` and `use +12.3 (8.0 to 16.6)`, before
    and after the training."""
    lines = [f"{leak.bits:.2f} bits"]
    if leak.auc is not None and leak.auc.value is not None:
        lines.append(f"AUC {figure(leak.auc)}")
    if leak.use is not None:
        lines.append(f"use {_points(leak.use.excess)}")
        if leak.use.control.value is not None:
            lines.append(f"control {_points(leak.use.control)}")
    return lines


def _points(found: Figure) -> str:
    if found.value is None:
        return "not measured"
    ends = found.interval
    span = "" if ends is None else f" ({points(ends.low)} to {points(ends.high)})"
    return f"{points(found.value)}{span}"


def describe_use(leak: SourceLeak) -> str:
    """Say what the use is of, or why it isn't measured, for who points at it."""
    use = leak.use
    if use is None:
        return ""
    if use.excess.value is None:
        return f"use of {use.source} for {use.class_name}: not measured, since {use.missing}"
    some = f"; some seeds not, since {use.missing}" if use.missing else ""
    return f"use: {use.class_name} answered on images of {use.source} from other classes{some}"


def count_probed(leak: SourceLeak) -> str:
    """Say which classes stand behind the AUC, for who points at it."""
    if leak.auc is None:
        return "not probed: one source, or trained before this was measured"
    skipped = f", {count(leak.skipped)} left out for too few images" if leak.skipped else ""
    return f"mean over {count(leak.probed)} classes with real and generated images{skipped}"


def explain_leaks(judgement: Judgement) -> list[str]:
    """Say what the marks of this page's arms mean, each once."""
    there = {arm.leak.verdict for arm in judgement.arms}
    if not there - {""}:
        return []
    first = (
        f"A source leak: whether a training image is generated reveals something of its class "
        f"({BITS:g} bits or more), and within a class the trained classifier's features tell "
        f"generated from real images (AUC of a cross-validated probe {100 * AREA:.0f} % or more). "
        "It may have learned the source instead of the class. Real test images lack that cue, so "
        "the arm shows the effect of the shortcut more than of the images. Features often tell "
        "sources apart anyway; the bits are the reward for using that."
    )
    others = {
        "balanced": "Balanced: the prior in the loss removes what the source says about a class, "
        "so that the shortcut no longer lowers the loss.",
        "possible": "Possible: the features weren't probed, because the arm was trained before "
        "this was measured, or has too few images of both kinds in each class.",
    }
    return [first, *(text for verdict, text in others.items() if verdict in there)]
