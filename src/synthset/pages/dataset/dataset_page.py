"""The page at the end of a run: one file that needs no other, and shows what came out and why."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from synthset.pages.dataset.confusion_chart import confusion_chart
from synthset.pages.dataset.cues import cue_bar, cue_charts
from synthset.pages.dataset.gallery import kept_rows, pictures, rejected_rows
from synthset.pages.dataset.gan_charts import gan
from synthset.pages.dataset.histogram_chart import histogram_chart
from synthset.pages.dataset.metric_tables import by_class, class_row_chart, table
from synthset.pages.dataset.nearest_sets import choices, distance_row, farthest_first, outcomes
from synthset.pages.dataset.pairs import closest_pairs
from synthset.pages.dataset.prompt_words import prompt_words
from synthset.pages.dataset.rate_row import rate_row
from synthset.pages.dataset.recognised_map import recognised_map
from synthset.pages.dataset.source_manifest import found
from synthset.pages.dataset.what_if_charts import what_if
from synthset.pages.kit.render import render_page
from synthset.pages.kit.row_chart import bars
from synthset.pages.kit.thumbnails import thumbnails
from synthset.recipe.recipe import Recipe
from synthset.results.acceptance import acceptance
from synthset.results.dataset.confusions import confusions
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.groups import by_group
from synthset.results.dataset.histograms import Histogram, WordCounts, histograms
from synthset.results.dataset.safety import safety
from synthset.results.dataset.stage_costs import title_of
from synthset.results.dataset.summary import summary
from synthset.results.dataset.threshold_comparison import (
    ThresholdComparison,
    against_threshold,
    score_of,
)
from synthset.store.dataset import Dataset
from synthset.thumbnail import Thumbnail

PAGE = "report/index.html"


def write_report(dataset: Dataset, recipe: Recipe) -> str:
    """Write the page of a dataset, in place of the one before.

    Args:
        dataset: with at least one finished shard; whatever is missing is left out of the page.
        recipe: says what the page shows, and where the limits lie.

    Returns:
        The page's path or URL.
    """
    dataset.write_text(PAGE, page(dataset, recipe))
    return f"{dataset.path}/{PAGE}"


def page(dataset: Dataset, recipe: Recipe) -> str:
    """Write the HTML of the page."""
    content = _content(dataset, recipe) | {
        "bars": bars,
        "class_row_chart": class_row_chart,
        "confusion_chart": confusion_chart,
        "cue_bar": cue_bar,
        "distance_row": distance_row,
        "histogram_chart": histogram_chart,
        "rate_row": rate_row,
        "title_of": title_of,
    }
    return render_page("dataset/dataset_page.html.j2", content, scripts=["kit/page.js"])


def _content(dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    seen = FinishedRecords.of(dataset)
    numbers, metrics = summary(dataset, seen), dataset.metrics()
    results = table([one for one in metrics if one.cue is None])
    drawn = histograms(seen, recipe.selection)
    return {
        "description": recipe.description,
        "numbers": numbers,
        "classes": sorted(numbers["classes"], key=_weakest),
        "empty": [row["name"] for row in numbers["classes"] if not row["kept"]],
        "short": [row["short"] for row in numbers["classes"] if row["short"]],
        "widest": max(
            [1, *(max(row["planned"], numbers["target"] or 0) for row in numbers["classes"])]
        ),
        **_galleries(dataset, seen, recipe, numbers),
        "histograms": [c for c in drawn if isinstance(c, Histogram) and c.only is None],
        "words": [c for c in drawn if isinstance(c, WordCounts) and len(c.rows) > 1],
        "constant": [(c.column, c.only) for c in drawn if c.only is not None],
        "confusions": confusions(seen),
        "groups": by_group(dataset, seen, numbers["classes"], metrics),
        "word_map": recognised_map(dataset, seen),
        "what_if": what_if(dataset),
        "prompt_words": prompt_words(dataset),
        "metrics": results,
        "notes": list(dict.fromkeys(note for row in results for note in row["warnings"])),
        "cues": cue_charts(metrics),
        "safety": safety(seen),
        "found": found(dataset),
        "gan": gan(dataset, recipe),
        "pairs": closest_pairs(dataset, seen),
        "used": [name for name in recipe.selection.columns if name in seen.score_columns],
        "by_class": by_class(metrics, seen.classes),
        "acceptance": acceptance(metrics, recipe.accept),
        "recipe": recipe.to_yaml(),
        "source": recipe.to_content()["source"],
        "python": platform.python_version(),
    }


def _weakest(row: Mapping[str, Any]) -> tuple[int, float, int]:
    """Sort classes by what is kept of what was planned, the weakest first."""
    return (-row["short"], row["kept"] / max(1, row["planned"]), row["label"])


def _galleries(
    dataset: Dataset, seen: FinishedRecords, recipe: Recipe, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    kept = kept_rows(seen, recipe.report)
    rejected = rejected_rows(seen, numbers["dropped"], recipe.report.rejected)
    rows = [row for group in kept.values() for row in group]
    rows += [row for _, group in rejected for row in group]
    shown = choices(dataset, seen.classes)
    compared = _against(dataset, seen, recipe, [str(choice["step"]) for choice in shown])
    rows += [row for c in compared for one in c for group in one.groups.values() for row in group]
    names = seen.records.column("id").take(rows).to_pylist() if rows else []
    found = thumbnails(dataset, names)
    return {
        "few": max(map(len, kept.values()), default=0) <= 2,
        "gallery": [
            {**numbers["classes"][label], "pictures": pictures(seen, group, found)}
            for label, group in kept.items()
        ],
        "rejected": [
            {**reason, "pictures": pictures(seen, group, found)} for reason, group in rejected
        ],
        "choices": [
            {
                **choice,
                "against": _shown(seen, one, found),
                "threshold": _would_keep(score_of(recipe)),
            }
            for choice, one in zip(shown, compared, strict=True)
        ],
    }


def _against(
    dataset: Dataset, seen: FinishedRecords, recipe: Recipe, steps: Sequence[str]
) -> list[list[ThresholdComparison]]:
    """Compare each step that chose a set with a threshold, the farthest classes first."""
    labels = {entry["key"]: label for label, entry in enumerate(seen.classes)}
    column, found = score_of(recipe), farthest_first(outcomes(dataset))
    shown = []
    for step in steps:
        keys = [o["class_key"] for o in found if o["step"] == step and o["class_key"] in labels]
        order = [labels[key] for key in keys] or list(range(len(seen.classes)))
        shown.append(against_threshold(seen, step, column, order) if column else [])
    return shown


def _shown(
    seen: FinishedRecords, compared: Sequence[ThresholdComparison], found: Mapping[str, Thumbnail]
) -> list[dict[str, Any]]:
    titles = {
        "only_set": "kept here, a threshold drops",
        "only_threshold": "dropped here, a threshold keeps",
        "both": "both keep",
    }
    return [
        {
            "name": seen.name(one.label),
            "kept": one.kept,
            "of": one.of,
            "only_set": one.only_set,
            "groups": [
                (titles[name], pictures(seen, rows, found)) for name, rows in one.groups.items()
            ],
        }
        for one in compared
    ]


def _would_keep(column: str | None) -> str:
    """Say what a threshold on a column would keep."""
    return f"the images of highest {(column or 'score').replace('_', ' ')}"
