"""The GAN behind a dataset as the page shows it: its losses, its distance to real images, and what
it drew at each look."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from synthset.pages.dataset.what_if import Panel
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset

SHOWN = 4  # grids, evenly over the training
UNDECIDED = 2.0  # hinge loss of a discriminator that scores everything 0


def gan(dataset: Dataset, recipe: Recipe) -> dict[str, Any] | None:
    """Read what the training has left.

    Returns:
        `classes`, `images` (learned from), `updates`, `best_update`, `best_fd`, `panels`, `grids`
        (`at`, an update, `uri` and whether it is the best), `undecided`; None for other sources.
    """
    if recipe.source.kind != "gan":
        return None
    sources = dataset.read(dataset.view.plan, ["source"]).column("source")
    place = str(sources[0].as_py()).partition("#")[0]
    if not dataset.folder.exists(f"{place}/config.json"):
        return None
    config = dataset.read_json(f"{place}/config.json")
    lines = [json.loads(line) for line in dataset.read_text(f"{place}/losses.jsonl").splitlines()]
    return {
        "classes": len(config["classes"]),
        "images": config["images"],
        "updates": lines[-1]["update"],
        "best_update": config["best_update"],
        "best_fd": config["best_fd"],
        "panels": _panels(lines, config),
        "grids": [_grid(dataset, place, update, config) for update in _shown(lines, config)],
        "undecided": lines[-1]["discriminator"] > 0.98 * UNDECIDED,
    }


def _panels(lines: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> list[Panel]:
    if len(lines) < 2:
        return []
    best = (float(config["best_update"]), float(config["best_fd"]))
    return [
        _panel(lines, "FD to the validation images", "fd", None, best),
        _panel(lines, "loss of the discriminator", "discriminator", None, None),
        _panel(lines, "scores: real, and generated in grey", "real", "generated", None),
    ]


def _panel(
    lines: Sequence[Mapping[str, Any]],
    title: str,
    name: str,
    beside: str | None,
    now: tuple[float, float] | None,
) -> Panel:
    line, other = _curve(lines, name), _curve(lines, beside) if beside else ()
    values = [value for curve in (line, other) for _, value in curve]
    low = math.floor(10 * min(0.0, *values)) / 10  # short numbers, which have room at the axis
    high = max(values)
    ends = (float(lines[0]["update"]), float(lines[-1]["update"]))
    return Panel(title, "lower", line, other, now, low, max(high, low + 1e-9), ends, "update")


def _curve(lines: Sequence[Mapping[str, Any]], name: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(line["update"]), float(line[name])) for line in lines)


def _shown(lines: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> list[int]:
    """Updates whose grids are shown: the first look, some between, the last, and the best."""
    updates = [int(line["update"]) for line in lines]
    count = min(SHOWN, len(updates))
    places = {round(i * (len(updates) - 1) / max(count - 1, 1)) for i in range(count)}
    return sorted({*(updates[place] for place in places), int(config["best_update"])})


def _grid(dataset: Dataset, place: str, update: int, config: Mapping[str, Any]) -> dict[str, Any]:
    data = dataset.folder.read(f"{place}/grids/{update:07d}.png")
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"at": update, "uri": uri, "best": update == config["best_update"]}
