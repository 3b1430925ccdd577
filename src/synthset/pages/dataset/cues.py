"""Source cues as the page shows them: how well each tells generated from real, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from synthset.metrics.images.source_cues import TOGETHER
from synthset.pages.kit.row_chart import Bar, draw_row
from synthset.results.metric_result import MetricResult

TELLING = 0.6  # an AUC from which on advice is given, where it is surely over 0.5
ADVICE = {
    "file format": "save both in the same format, without EXIF data and colour profiles",
    "size": "crop both to the same shape and resize them to the same size",
    "borders": "trim constant margins, or add random margins to both",
    "jpeg": "compress both again, with the same quality and chroma subsampling",
    "frequency": (
        "resize both with the same filter and compress them in the same way; what remains is the "
        "texture of the generator or the camera"
    ),
    "brightness and colour": (
        "vary brightness, contrast and colour in training; what remains are the preferences of "
        "the prompts and the generator"
    ),
}


def make_cue_charts(metrics: Sequence[MetricResult]) -> list[dict[str, Any]]:
    """One chart a reference.

    Returns:
        `reference`, `part` and `n` (the images that were compared: the kept, or all where none are
        kept), `how` (the preprocessing), `rows` (`cue`, `stored` and `matched`: results with a
        value, or None), `advice` (sentences) and `warnings`.
    """
    charts = []
    found = [metric for metric in metrics if metric.cue is not None]
    for reference in dict.fromkeys(str(metric.reference) for metric in found):
        mine = [metric for metric in found if metric.reference == reference]
        measured = {metric.of for metric in mine if metric.value is not None}
        part = "kept" if "kept" in measured or not measured else "all"
        shown = [metric for metric in mine if metric.of == part]
        if shown:
            charts.append({"reference": reference, "part": part, **_chart(shown)})
    return charts


def _chart(shown: Sequence[MetricResult]) -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = {}
    how = ""
    for metric in shown:
        assert metric.cue is not None
        cue, preprocessing = metric.cue.name, metric.cue.preprocessing
        row = rows.setdefault(cue, {"cue": cue, "stored": None, "matched": None})
        if metric.value is not None:
            row["matched" if preprocessing else "stored"] = metric
        how = preprocessing or how
    warnings = dict.fromkeys(metric.warning for metric in shown if metric.warning)
    facts = {"n": shown[0].n, "how": how, "warnings": list(warnings)}
    return {**facts, "rows": list(rows.values()), "advice": write_advice(list(rows.values()))}


def write_advice(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say in words which cues tell, the strongest first, and what helps."""
    measured = [row for row in rows if row["stored"] and row["matched"]]
    if not measured:
        return []
    telling = [row for row in measured if row["cue"] != TOGETHER and _is_told_apart(row["stored"])]
    telling.sort(key=lambda row: -row["stored"].value)
    sentences = [
        f"By {row['cue'].replace('jpeg', 'JPEG compression')}, a probe distinguishes a generated "
        f"from a real image in {_pairs(row['stored'])}: {ADVICE[row['cue']]}. After the same "
        f"preprocessing of both, {_left(row['matched'])}."
        for row in telling
    ]
    whole = next((row["matched"] for row in measured if row["cue"] == TOGETHER), None)
    if not telling:
        sentences.append(
            "No single cue distinguishes generated from real images, so there is nothing to do."
        )
    elif whole and _is_told_apart(whole):
        sentences.append(
            f"After preprocessing, all cues together still distinguish them in {_pairs(whole)}: "
            "give all classes the same share of generated images, or a classifier learns the "
            "source instead of the class."
        )
    return sentences


def draw_cue_bar(metric: MetricResult, colour: str) -> Markup:
    """Draw an AUC as a bar from 0.5 to 1, and its interval as a line."""
    value, (low, high) = _area(metric)
    marks = (Bar(0.5, value, colour), Bar(low, max(high, low + 0.001), "ink", thick=0.16))
    label = f"{value:.3f}, 95 % interval {low:.3f} to {high:.3f}"
    return draw_row(marks, 0.5, 1.0, label, height=10, filled=True)


def _area(metric: MetricResult) -> tuple[float, tuple[float, float]]:
    """The AUC of a result that has a value, and its interval."""
    assert metric.value is not None
    assert metric.interval is not None
    return metric.value, (metric.interval.low, metric.interval.high)


def _is_told_apart(metric: MetricResult) -> bool:
    value, (low, _) = _area(metric)
    return value >= TELLING and low > 0.5


def _pairs(metric: MetricResult) -> str:
    return f"{100 * _area(metric)[0]:.0f} of 100 pairs"


def _left(metric: MetricResult) -> str:
    value, (low, high) = _area(metric)
    return "the cue is gone" if low <= 0.5 <= high else f"it does so in {100 * value:.0f} of 100"
