"""Limits on the set as a whole: does the kept part reach what the recipe asks of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synthset.errors import did_you_mean
from synthset.recipe.steps import Limit
from synthset.results.metric_result import MetricResult


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one metric of the kept part lies within its limits.

    Attributes:
        name: of the metric; with its reference, where there are several.
        asked: the limits in words.
        value: of the kept part; None where it was not measured.
        accepted: whether the value lies within; its interval does not count.
        sure: whether the whole 95 % interval lies on the same side; None without an interval.
        note: why there is no value.
    """

    name: str
    asked: str
    value: float | None
    accepted: bool
    sure: bool | None
    note: str = ""

    def __str__(self) -> str:
        said = "accepted" if self.accepted else "not accepted"
        value = "not measured" if self.value is None else f"{self.value:.4g}"
        note = f" ({self.note})" if self.note else " (uncertain)" if self.sure is False else ""
        return f"{said}: {self.name} {value}, required {self.asked}{note}"


def check_acceptance(metrics: Sequence[MetricResult], limits: Mapping[str, Limit]) -> list[Verdict]:
    """Hold the kept part's metrics against limits.

    Args:
        metrics: set-level results, as `Dataset.metrics` reads them.
        limits: by the name that a metric has in the report, such as `FID` or `CLIP score`.

    Returns:
        A verdict for each limit and each metric of its name, in their order: against every
        reference that the set was compared with.
    """
    kept: dict[str, list[MetricResult]] = {}
    for metric in metrics:
        if metric.of == "kept" and metric.class_key is None:
            kept.setdefault(metric.name, []).append(metric)
    verdicts = []
    for name, limit in limits.items():
        if name not in kept:
            known = f"; measured: {', '.join(sorted(kept))}" if kept else ""
            note = did_you_mean(name, kept) + known
            verdicts.append(Verdict(name, _words(limit), None, False, None, note))
        for found in kept.get(name, ()):
            several = len(kept[name]) > 1
            title = f"{name} against {found.reference}" if several else name
            verdicts.append(_verdict(title + found.over, limit, found))
    return verdicts


def _verdict(name: str, limit: Limit, found: MetricResult) -> Verdict:
    asked = _words(limit)
    if found.value is None:
        note = found.failed or found.warning or "no value"
        return Verdict(name, asked, None, False, None, note)
    within, ends = _within(found.value, limit), found.interval
    sure = None
    if ends is not None:
        sure = all(_within(end, limit) == within for end in (ends.low, ends.high))
    return Verdict(name, asked, found.value, within, sure)


def _within(value: float, limit: Limit) -> bool:
    above = limit.min is None or value >= limit.min
    return above and (limit.max is None or value <= limit.max)


def _words(limit: Limit) -> str:
    ends = []
    if limit.min is not None:
        ends.append(f"at least {limit.min:g}")
    if limit.max is not None:
        ends.append(f"at most {limit.max:g}")
    return " and ".join(ends)
