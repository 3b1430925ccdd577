"""Set-level results as the page shows them: all, kept and rejected, and class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from synthset.pages.kit.row_chart import Bar, Spot, Tick, gain, row_chart

PARTS = ("all", "kept", "rejected")
DRAWN = ("all", "kept")
FIGURES = str.maketrans("", "", "0123456789.,")


def table(metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a metric of the whole set.

    Returns:
        `name`, `measured_by`, `reference`, `better`, `parts` (the result of each of all, kept and
        rejected, or None), `change` (kept against all: `better`, `worse` or None, and by how much
        in percent), `warnings`.
    """
    rows = []
    for name, found in _grouped(metrics, whole=True).items():
        parts = {part: next((m for m in found if m.get("of") == part), None) for part in PARTS}
        warnings = [
            f"{part}: {m['warning']}" for part, m in parts.items() if m and m.get("warning")
        ]
        row = _heading(name)
        row |= {"better": found[0].get("better"), "parts": parts, "warnings": _together(warnings)}
        rows.append(row | {"change": change(parts["all"], parts["kept"])})
    return rows


def by_class(
    metrics: Sequence[Mapping[str, Any]], classes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row a class of each metric that was measured by class.

    Returns:
        `name`, `measured_by`, `reference`, `better`, `low` and `high` (the axis, of all and kept),
        `rows` (`class`, the result of all, kept and rejected, and `floor`: what real images score),
        the worst class first, and `warnings`.
    """
    names = {entry["key"]: entry["name"] for entry in classes}
    charts = []
    for name, found in _grouped(metrics, whole=False).items():
        rows: dict[str, dict[str, Any]] = {}
        for metric in found:
            if metric["class_key"] in names and metric.get("of") in PARTS:
                key = metric["class_key"]
                row = rows.setdefault(key, {"class": names[key], **dict.fromkeys(PARTS)})
                row[metric["of"]] = metric
        for row in rows.values():
            row["floor"] = next(filter(None, (_floor(row[part]) for part in ("kept", "all"))), None)
        drawn = [row[part] for row in rows.values() for part in DRAWN if row[part]]
        values = [m["value"] for m in drawn if m.get("value") is not None]
        values += [row["floor"]["value"] for row in rows.values() if row["floor"]]
        if not values or not rows:
            continue
        chart = _heading(name)
        chart |= {"better": found[0].get("better"), "low": min(0.0, *values), "high": _top(values)}
        chart["rows"] = _worst_first(list(rows.values()), found[0].get("better"))
        charts.append(chart | {"warnings": _alike(chart["rows"])})
    return charts


def class_row_chart(row: Mapping[str, Any], chart: Mapping[str, Any]) -> Markup:
    """Draw all and kept of one class, and what real images score, on the metric's axis."""
    every, kept = (row[part] and row[part]["value"] for part in DRAWN)
    marks: list[Bar | Spot | Tick] = []
    if every is not None and kept is not None:
        marks.append(gain(every, kept))
    marks += [Tick(row["floor"]["value"])] if row["floor"] else []
    marks += [Spot(every, "soft", hollow=True)] if every is not None else []
    marks += [Spot(kept, "kept", 5.6)] if kept is not None else []
    return row_chart(marks, chart["low"], chart["high"])


def _floor(result: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return result.get("floor") if result else None


def _alike(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say once what is to be minded in several classes, with the figures of the first."""
    said: dict[str, tuple[str, set[str]]] = {}
    for row in rows:
        for part in ("kept", "all", "rejected"):
            text = (row[part] or {}).get("warning")
            if text:
                first = f"{row['class']}, {part}: {text}"
                said.setdefault(text.translate(FIGURES), (first, set()))[1].add(row["class"])
    return [
        text + (f" (and the like in {len(names) - 1} more)" if len(names) > 1 else "")
        for text, names in said.values()
    ]


def change(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[str, float] | None:
    """Say whether the kept part is better than all, and by how much in percent of all."""
    if not before or not after or before.get("value") is None or after.get("value") is None:
        return None
    old, new = float(before["value"]), float(after["value"])
    if old == new or old == 0:
        return None
    if before.get("better") not in ("higher", "lower"):
        return None
    rising = before.get("better") == "higher"
    return ("better" if (new > old) == rising else "worse", 100 * abs(new - old) / abs(old))


def _grouped(
    metrics: Sequence[Mapping[str, Any]], whole: bool
) -> dict[tuple[str, str, str], list[Mapping[str, Any]]]:
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for metric in metrics:
        if (metric.get("class_key") is None) == whole:
            key = (metric["name"], metric.get("measured_by") or "", metric.get("reference") or "")
            found.setdefault(key, []).append(metric)
    return found


def _heading(name: tuple[str, str, str]) -> dict[str, Any]:
    return dict(zip(("name", "measured_by", "reference"), name, strict=True))


def _together(warnings: Sequence[str]) -> list[str]:
    """Say a warning once that several parts share."""
    said: dict[str, list[str]] = {}
    for warning in warnings:
        part, _, text = warning.partition(": ")
        said.setdefault(text, []).append(part)
    return [f"{', '.join(parts)}: {text}" for text, parts in said.items()]


def _top(values: Sequence[float]) -> float:
    high = max(values)
    return 1.0 if min(values) >= 0 and 0.2 < high <= 1 else high or 1.0


def _worst_first(rows: list[dict[str, Any]], better: str | None) -> list[dict[str, Any]]:
    def place(row: Mapping[str, Any]) -> float:
        metric = row["all"] or row["kept"] or row["rejected"]
        value = metric.get("value")
        if value is None:
            return float("-inf")
        return float(value) if better == "higher" else -float(value)

    return sorted(rows, key=place)
