"""Limits on the set as a whole: does the kept part reach what the recipe asks of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthset.errors import did_you_mean
from synthset.recipe.selection import Limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one metric of the kept part lies within its limits.

    Attributes:
        name: of the metric.
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


def acceptance(metrics: Sequence[Mapping[str, Any]], limits: Mapping[str, Limit]) -> list[Verdict]:
    """Hold the kept part's metrics against limits.

    Args:
        metrics: set-level results, as `Dataset.metrics` reads them.
        limits: by the name that a metric has in the report, such as `FID` or `CLIP score`.

    Returns:
        A verdict for each limit, in their order.
    """
    kept = {m["name"]: m for m in metrics if m["of"] == "kept" and m["class_key"] is None}
    return [_verdict(name, limit, kept) for name, limit in limits.items()]


def _verdict(name: str, limit: Limit, kept: Mapping[str, Mapping[str, Any]]) -> Verdict:
    asked = _words(limit)
    found = kept.get(name)
    if found is None:
        known = f"; measured are {', '.join(sorted(kept))}" if kept else ""
        return Verdict(name, asked, None, False, None, did_you_mean(name, kept) + known)
    if found["value"] is None:
        return Verdict(name, asked, None, False, None, found["warning"] or "not measured")
    within = _within(found["value"], limit)
    ends = found["interval"]
    sure = None if ends is None else all(_within(end, limit) == within for end in ends)
    return Verdict(name, asked, found["value"], within, sure)


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
