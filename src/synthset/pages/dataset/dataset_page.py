"""The page at the end of a run: one file that needs no other, and shows what came out and why."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from synthset.pages.dataset.confusion_chart import draw_confusion
from synthset.pages.dataset.cues import draw_cue_bar, make_cue_charts
from synthset.pages.dataset.gallery import choose_kept, choose_rejected, make_pictures
from synthset.pages.dataset.gan_charts import read_gan
from synthset.pages.dataset.histogram_chart import draw_histogram
from synthset.pages.dataset.metric_tables import draw_class_row, make_class_tables, make_table
from synthset.pages.dataset.nearest_sets import draw_distance_row, read_choices
from synthset.pages.dataset.pairs import make_closest_pairs
from synthset.pages.dataset.prompt_words import read_prompt_words
from synthset.pages.dataset.rate_row import rate_row
from synthset.pages.dataset.recognised_map import draw_recognised_map
from synthset.pages.dataset.source_manifest import describe_source
from synthset.pages.dataset.what_if_charts import read_what_if
from synthset.pages.kit.render import render_page
from synthset.pages.kit.row_chart import draw_bars
from synthset.pages.kit.thumbnails import make_thumbnails
from synthset.recipe.recipe import Recipe
from synthset.results.acceptance import check_acceptance
from synthset.results.dataset.confusions import count_confusions
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.groups import make_group_table
from synthset.results.dataset.histograms import Histogram, WordCounts, make_histograms
from synthset.results.dataset.safety import count_verdicts
from synthset.results.dataset.set_choices import read_outcomes, sort_farthest_first
from synthset.results.dataset.stage_costs import title_of
from synthset.results.dataset.summary import summarise
from synthset.results.dataset.threshold_comparison import (
    ThresholdComparison,
    choose_score,
    compare_with_threshold,
)
from synthset.store.dataset import REPORT, Dataset
from synthset.thumbnail import Thumbnail


def write_report(dataset: Dataset, recipe: Recipe) -> str:
    """Write the page of a dataset, in place of the one before.

    Args:
        dataset: with at least one finished shard; whatever is missing is left out of the page.
        recipe: says what the page shows, and where the limits lie.

    Returns:
        The page's path or URL.
    """
    dataset.write_text(REPORT, render_dataset_page(dataset, recipe))
    return f"{dataset.path}/{REPORT}"


def render_dataset_page(dataset: Dataset, recipe: Recipe) -> str:
    """Write the HTML of the page."""
    content = _content(dataset, recipe) | {
        "bars": draw_bars,
        "class_row_chart": draw_class_row,
        "confusion_chart": draw_confusion,
        "cue_bar": draw_cue_bar,
        "distance_row": draw_distance_row,
        "histogram_chart": draw_histogram,
        "rate_row": rate_row,
        "title_of": title_of,
    }
    return render_page("dataset/dataset_page.html.j2", content, scripts=["kit/page.js"])


def _content(dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    seen = FinishedRecords.of(dataset)
    numbers, metrics = summarise(dataset, seen), dataset.metrics()
    results = make_table([one for one in metrics if one.cue is None])
    drawn = make_histograms(seen, recipe.selection)
    return {
        "description": recipe.description,
        "numbers": numbers,
        "classes": sorted(numbers["classes"], key=_rank_weakest),
        "empty": [row["name"] for row in numbers["classes"] if not row["kept"]],
        "short": [row["short"] for row in numbers["classes"] if row["short"]],
        "widest": max(
            [1, *(max(row["planned"], numbers["target"] or 0) for row in numbers["classes"])]
        ),
        **_galleries(dataset, seen, recipe, numbers),
        "histograms": [c for c in drawn if isinstance(c, Histogram) and c.only is None],
        "words": [c for c in drawn if isinstance(c, WordCounts) and len(c.rows) > 1],
        "constant": [(c.column, c.only) for c in drawn if c.only is not None],
        "confusions": count_confusions(seen),
        "groups": make_group_table(dataset, seen, numbers["classes"], metrics),
        "word_map": draw_recognised_map(dataset, seen),
        "what_if": read_what_if(dataset),
        "prompt_words": read_prompt_words(dataset),
        "metrics": results,
        "notes": list(dict.fromkeys(note for row in results for note in row["warnings"])),
        "cues": make_cue_charts(metrics),
        "safety": count_verdicts(seen),
        "found": describe_source(dataset),
        "gan": read_gan(dataset, recipe),
        "pairs": make_closest_pairs(dataset, seen),
        "used": [name for name in recipe.selection.columns if name in seen.score_columns],
        "by_class": make_class_tables(metrics, seen.classes),
        "acceptance": check_acceptance(metrics, recipe.accept),
        "recipe": recipe.to_yaml(),
        "source": recipe.to_content()["source"],
        "python": platform.python_version(),
    }


def _rank_weakest(row: Mapping[str, Any]) -> tuple[int, float, int]:
    """Sort classes by what is kept of what was planned, the weakest first."""
    return (-row["short"], row["kept"] / max(1, row["planned"]), row["label"])


def _galleries(
    dataset: Dataset, seen: FinishedRecords, recipe: Recipe, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    kept = choose_kept(seen, recipe.report)
    rejected = choose_rejected(seen, numbers["dropped"], recipe.report.rejected)
    rows = [row for group in kept.values() for row in group]
    rows += [row for _, group in rejected for row in group]
    shown = read_choices(dataset, seen.classes)
    compared = _against(dataset, seen, recipe, [str(choice["step"]) for choice in shown])
    rows += [row for c in compared for one in c for group in one.groups.values() for row in group]
    names = seen.records.column("id").take(rows).to_pylist() if rows else []
    found = make_thumbnails(dataset, names)
    return {
        "few": max(map(len, kept.values()), default=0) <= 2,
        "gallery": [
            {**numbers["classes"][label], "pictures": make_pictures(seen, group, found)}
            for label, group in kept.items()
        ],
        "rejected": [
            {**reason, "pictures": make_pictures(seen, group, found)} for reason, group in rejected
        ],
        "choices": [
            {
                **choice,
                "against": _show_metrics(seen, one, found),
                "threshold": _would_keep(choose_score(recipe)),
            }
            for choice, one in zip(shown, compared, strict=True)
        ],
    }


def _against(
    dataset: Dataset, seen: FinishedRecords, recipe: Recipe, steps: Sequence[str]
) -> list[list[ThresholdComparison]]:
    """Compare each step that chose a set with a threshold, the farthest classes first."""
    labels = {entry["key"]: label for label, entry in enumerate(seen.classes)}
    column, found = choose_score(recipe), sort_farthest_first(read_outcomes(dataset))
    shown = []
    for step in steps:
        keys = [o["class_key"] for o in found if o["step"] == step and o["class_key"] in labels]
        order = [labels[key] for key in keys] or list(range(len(seen.classes)))
        shown.append(compare_with_threshold(seen, step, column, order) if column else [])
    return shown


def _show_metrics(
    seen: FinishedRecords, compared: Sequence[ThresholdComparison], found: Mapping[str, Thumbnail]
) -> list[dict[str, Any]]:
    titles = {
        "only_set": "kept here, dropped by a threshold",
        "only_threshold": "dropped here, kept by a threshold",
        "both": "kept by both",
    }
    return [
        {
            "name": seen.name_class(one.label),
            "kept": one.kept,
            "of": one.of,
            "only_set": one.only_set,
            "groups": [
                (titles[name], make_pictures(seen, rows, found))
                for name, rows in one.groups.items()
            ],
        }
        for one in compared
    ]


def _would_keep(column: str | None) -> str:
    """Say what a threshold on a column would keep."""
    return f"the images with the highest {(column or 'score').replace('_', ' ')}"
