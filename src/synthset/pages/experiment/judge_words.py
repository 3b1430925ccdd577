"""What pages say of the judges: who chose images for which arms, and what that took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synthset.pages.kit.numbers import duration
from synthset.results.judge_cost import JudgeCost


def describe_judges(judges: Sequence[JudgeCost], texts: Mapping[str, str]) -> list[str]:
    """A sentence for each judge.

    Args:
        judges: of an experiment.
        texts: arm -> a few words.
    """
    return [_describe(one, texts) for one in judges]


def _describe(judge: JudgeCost, texts: Mapping[str, str]) -> str:
    seeds = f"{len(judge.seeds)} seed" + ("s" if len(judge.seeds) > 1 else "")
    arms = ", ".join(texts.get(name, name) for name in judge.used_by)
    if judge.arm:
        who, training = f"The classifier of {texts.get(judge.arm, judge.arm)}", "counted there"
    else:
        who, training = "A classifier trained for it", _say_time(judge.training_s)
    return (
        f"{who} chose images for {arms} ({seeds}); training: {training}; looking at the images and "
        f"ranking them: {_say_time(judge.ranking_s)}."
    )


def _say_time(seconds: float | None) -> str:
    return "unknown" if seconds is None else duration(seconds)
