"""The page at the end of a run: one file that needs no other, and shows what came out and why."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from synthset.pages.dataset import charts
from synthset.pages.dataset.against import Against, against_threshold, score_of, words
from synthset.pages.dataset.confusion import confusions
from synthset.pages.dataset.costs import title
from synthset.pages.dataset.cues import cue_bar, cue_charts, without_cues
from synthset.pages.dataset.gallery import kept_rows, pictures, rejected_rows
from synthset.pages.dataset.gan import gan
from synthset.pages.dataset.groups import by_group, interval_picture
from synthset.pages.dataset.histograms import Histogram, Words, histograms
from synthset.pages.dataset.metrics import by_class, table
from synthset.pages.dataset.pairs import closest_pairs
from synthset.pages.dataset.prompts import prompt_words
from synthset.pages.dataset.recognised_map import recognised_map
from synthset.pages.dataset.records import Seen
from synthset.pages.dataset.safety import safety
from synthset.pages.dataset.selection import choices, farthest_first, outcomes
from synthset.pages.dataset.source_manifest import found
from synthset.pages.dataset.summary import summary
from synthset.pages.dataset.what_if import what_if
from synthset.pages.kit.policy import content_policy
from synthset.pages.kit.templates import KIT, environment
from synthset.pages.kit.thumbnails import Thumbnail, thumbnails
from synthset.pages.kit.word_map import NO_GROUP, colour_class
from synthset.recipe.recipe import Recipe
from synthset.results.acceptance import acceptance
from synthset.store.dataset import Dataset

PAGE = "report/index.html"
HERE = Path(__file__).parent
STYLES = (KIT / "page.css", KIT / "word_map.css")


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
    pages = environment(HERE)
    pages.filters.update(
        count=count,
        number=number,
        duration=duration,
        rate=rate,
        title_of=title,
        percent=percent,
        short=short,
    )
    pages.globals.update(
        bar=charts.bar,
        histogram=charts.histogram,
        matrix=charts.matrix,
        strip=charts.strip,
        panel=charts.panel,
        cue_bar=cue_bar,
        interval_picture=interval_picture,
        colour_class=colour_class,
    )
    return pages.get_template("page.html.j2").render(_content(dataset, recipe))


def _content(dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    seen = Seen.of(dataset)
    numbers, metrics = summary(dataset, seen), dataset.metrics()
    results = table(without_cues(metrics))
    drawn = histograms(seen, recipe.selection)
    script = (KIT / "page.js").read_text(encoding="utf-8")
    return {
        "style": Markup("".join(path.read_text(encoding="utf-8") for path in STYLES)),
        "script": Markup(script),
        "policy": content_policy(script),
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
        "words": [c for c in drawn if isinstance(c, Words) and len(c.rows) > 1],
        "constant": [(c.column, c.only) for c in drawn if c.only is not None],
        "confusions": confusions(seen),
        "groups": by_group(dataset, seen, numbers["classes"], metrics),
        "no_group": NO_GROUP,
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
    dataset: Dataset, seen: Seen, recipe: Recipe, numbers: Mapping[str, Any]
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
            {**choice, "against": _shown(seen, one, found), "threshold": words(score_of(recipe))}
            for choice, one in zip(shown, compared, strict=True)
        ],
    }


def _against(
    dataset: Dataset, seen: Seen, recipe: Recipe, steps: Sequence[str]
) -> list[list[Against]]:
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
    seen: Seen, compared: Sequence[Against], found: Mapping[str, Thumbnail]
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


def count(value: int) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def number(value: float | None) -> str:
    """Write a result with four digits, large ones as whole numbers, or a dash."""
    if value is None:
        return "–"
    return count(round(value)) if abs(value) >= 1000 else f"{value:.4g}"


def short(value: float | None) -> str:
    """Write a result with three digits, or two where it is small, or a dash."""
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"


def percent(part: float, whole: float) -> str:
    """Write a share, with one digit after the point where it is small or nearly all."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} %" if 0 < share < 10 or 99 < share < 100 else f"{share:.0f} %"


def duration(seconds: float | None) -> str:
    """Write a time in the units that people use for it.

    >>> duration(0.034), duration(75), duration(8000)
    ('34 ms', '1 min 15 s', '2 h 13 min')
    """
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def rate(per_second: float | None) -> str:
    """Write a speed: images a second, or a minute where they are slow."""
    if per_second is None:
        return "–"
    if per_second >= 1000:
        return f"{count(round(per_second))} / s"
    return f"{per_second:.3g} / s" if per_second >= 1 else f"{60 * per_second:.3g} / min"
