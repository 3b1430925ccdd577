"""`synthset run`: make a dataset by a recipe, or bring one up to date with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synthset.cli.options import Changes, Output, RecipeFile, Workers

if TYPE_CHECKING:
    from synthset.store.dataset import Dataset


def run(
    recipe: RecipeFile, output: Output = None, changes: Changes = None, workers: Workers = None
) -> None:
    """Make a dataset by a recipe: do what is missing, and nothing else.

    Example: synthset run demo -o my-demo
    """
    from synthset.cli.progress import RichBar
    from synthset.engine.run import run as run_recipe
    from synthset.recipe.recipe import load_recipe

    begun = time.monotonic()
    loaded = load_recipe(recipe, changes or ())
    dataset = run_recipe(loaded, output or loaded.name, workers=workers, bar=RichBar())
    closing_table(dataset, time.monotonic() - begun)


def closing_table(dataset: Dataset, seconds: float) -> None:
    """Show what came out, and name the report to open."""
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from synthset.metrics.source_cues import STORED, TOGETHER

    records = dataset.records(scores=False)
    keep = records.column("keep").to_pylist()
    labels = records.column("label").to_pylist()
    errors = records.column("error").to_pylist()
    table = Table(title=f"{dataset.name}, {seconds:.0f} s", title_justify="left")
    for heading in ("class", "planned", "made", "kept"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    classes = dataset.classes()
    shown = classes if len(classes) <= 20 else []
    for entry in shown:
        mine = [i for i, label in enumerate(labels) if label == entry["label"]]
        made = sum(errors[i] is None for i in mine)
        table.add_row(
            entry["name"], f"{len(mine):,}", f"{made:,}", f"{sum(keep[i] for i in mine):,}"
        )
    made = sum(error is None for error in errors)
    table.add_section()
    table.add_row(f"all {len(classes):,}", f"{len(keep):,}", f"{made:,}", f"{sum(keep):,}")
    console = Console(highlight=False)
    console.print(table)
    for result in dataset.metrics():
        if (
            result["class_key"] is None
            and result["of"] != "rejected"
            and result["value"] is not None
            and not (result["name"].startswith(STORED) and not result["name"].endswith(TOGETHER))
        ):
            low_high = result["interval"]
            span = f" [{low_high[0]:.4g}, {low_high[1]:.4g}]" if low_high else ""
            console.print(
                f"{result['name']}, {result['of']}: {result['value']:.4g}{span} (n = "
                f"{result['n']:,})"
            )
    for place in dataset.view.exports:
        print(f"export: {place}")
    report = f"{dataset.path}/report/index.html"
    print(f"report: {Path(report).resolve() if '://' not in report else report}")
