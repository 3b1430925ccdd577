"""Set-level results as the page shows them: all, kept and rejected, and class by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from synthset.pages.kit.row_chart import Bar, Spot, Tick, draw_row, make_gain_bar
from synthset.results.metric_result import Floor, MetricResult

PARTS = ("all", "kept", "rejected")
DRAWN = ("all", "kept")
HEADING = ("name", "measured_by", "reference", "better")


def make_table(metrics: Sequence[MetricResult]) -> list[dict[str, Any]]:
    """One row a metric of the whole set.

    Returns:
        `name`, `measured_by`, `reference`, `better`, `parts` (the result of each of all, kept and
        rejected, or None), `change` (kept against all: `better`, `worse` or None, and by how much
        in percent), `warnings`.
    """
    rows = []
    for found in _group(metrics, whole=True):
        parts = {part: next((m for m in found if m.of == part), None) for part in PARTS}
        row = _heading(found[0]) | {"parts": parts, "warnings": _join_warnings(found)}
        rows.append(row | {"change": change(parts["all"], parts["kept"])})
    return rows


def make_class_tables(
    metrics: Sequence[MetricResult], classes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row a class of each metric that was measured by class.

    Returns:
        `name`, `measured_by`, `reference`, `better`, `low` and `high` (the axis, of all and kept),
        `rows` (`class`, the result of all, kept and rejected, and `floor`: what real images score),
        the worst class first, and `warnings`.
    """
    names = {entry["key"]: entry["name"] for entry in classes}
    charts = []
    for found in _group(metrics, whole=False):
        rows: dict[str, dict[str, Any]] = {}
        for metric in found:
            key = metric.class_key
            if key is not None and key in names and metric.of in PARTS:
                row = rows.setdefault(key, {"class": names[key], **dict.fromkeys(PARTS)})
                row[metric.of] = metric
        for row in rows.values():
            row["floor"] = next(filter(None, (_floor(row[part]) for part in ("kept", "all"))), None)
        drawn = [row[part] for row in rows.values() for part in DRAWN if row[part]]
        values = [m.value for m in drawn if m.value is not None]
        values += [row["floor"].value for row in rows.values() if row["floor"]]
        if not values or not rows:
            continue
        chart = _heading(found[0]) | {"low": min(0.0, *values), "high": _top(values)}
        chart["rows"] = _sort_worst_first(list(rows.values()), found[0].better)
        charts.append(chart | {"warnings": _join_alike(chart["rows"])})
    return charts


def draw_class_row(row: Mapping[str, Any], chart: Mapping[str, Any]) -> Markup:
    """Draw all and kept of one class, and what real images score, on the metric's axis."""
    every, kept = (row[part] and row[part].value for part in DRAWN)
    marks: list[Bar | Spot | Tick] = []
    if every is not None and kept is not None:
        marks.append(make_gain_bar(every, kept))
    marks += [Tick(row["floor"].value)] if row["floor"] else []
    marks += [Spot(every, "soft", hollow=True)] if every is not None else []
    marks += [Spot(kept, "kept", 5.6)] if kept is not None else []
    return draw_row(marks, chart["low"], chart["high"])


def _floor(result: MetricResult | None) -> Floor | None:
    return result.floor if result else None


def _join_alike(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say once what is to be minded in several classes, with the figures of the first."""
    said: dict[tuple[str, ...], tuple[str, set[str]]] = {}
    for row in rows:
        for part in ("kept", "all", "rejected"):
            result: MetricResult | None = row[part]
            if result and result.cautions:
                first = f"{row['class']}, {part}: {result.warning}"
                sentences = tuple(one.sentence for one in result.cautions)
                said.setdefault(sentences, (first, set()))[1].add(row["class"])
    return [
        text + (f" (and the like in {len(names) - 1} more)" if len(names) > 1 else "")
        for text, names in said.values()
    ]


def change(before: MetricResult | None, after: MetricResult | None) -> tuple[str, float] | None:
    """Say whether the kept part is better than all, and by how much in percent of all."""
    if not before or not after or before.value is None or after.value is None:
        return None
    old, new = before.value, after.value
    if old == new or old == 0 or before.better is None:
        return None
    rising = before.better == "higher"
    return ("better" if (new > old) == rising else "worse", 100 * abs(new - old) / abs(old))


def _group(metrics: Sequence[MetricResult], whole: bool) -> Iterator[list[MetricResult]]:
    """Results of one name, encoder and reference together: of the whole set, or of its classes."""
    found: dict[tuple[str, str, str | None], list[MetricResult]] = {}
    for metric in metrics:
        if (metric.class_key is None) == whole:
            key = (metric.name, metric.measured_by, metric.reference)
            found.setdefault(key, []).append(metric)
    yield from found.values()


def _heading(metric: MetricResult) -> dict[str, Any]:
    return {name: getattr(metric, name) for name in HEADING}


def _join_warnings(found: Sequence[MetricResult]) -> list[str]:
    """Say a warning once that several parts share."""
    said: dict[str, list[str]] = {}
    for part in PARTS:
        for metric in found:
            if metric.of == part and metric.warning:
                said.setdefault(metric.warning, []).append(part)
    return [f"{', '.join(parts)}: {text}" for text, parts in said.items()]


def _top(values: Sequence[float]) -> float:
    high = max(values)
    return 1.0 if min(values) >= 0 and 0.2 < high <= 1 else high or 1.0


def _sort_worst_first(rows: list[dict[str, Any]], better: str | None) -> list[dict[str, Any]]:
    def place(row: Mapping[str, Any]) -> float:
        metric: MetricResult = row["all"] or row["kept"] or row["rejected"]
        if metric.value is None:
            return float("-inf")
        return metric.value if better == "higher" else -metric.value

    return sorted(rows, key=place)
