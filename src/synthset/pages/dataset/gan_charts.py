"""The GAN behind a dataset as the page shows it: its losses, its distance to real images, and what
it drew at each look."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from synthset.pages.kit.axes import make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.picture import Picture
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset

SIZE = (240.0, 112.0)  # of a chart
SHOWN = 4  # grids, evenly over the training
UNDECIDED = 2.0  # hinge loss of a discriminator that scores everything 0


def read_gan(dataset: Dataset, recipe: Recipe) -> dict[str, Any] | None:
    """Read what the training has left.

    Returns:
        `classes`, `images` (learned from), `updates`, `best_update`, `best_fd`, `charts`, `grids`
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
        "charts": _draw_charts(lines, config),
        "grids": [
            _grid(dataset, place, update, config) for update in _choose_updates(lines, config)
        ],
        "undecided": lines[-1]["discriminator"] > 0.98 * UNDECIDED,
    }


def _draw_charts(lines: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> list[Picture]:
    if len(lines) < 2:
        return []
    used = [(float(config["best_update"]), f"{config['best_fd']:.3g}")]
    return [
        _draw(lines, "Distance to the validation images", "FD", {"fd": ("kept", "FD")}, used),
        _draw(lines, "Loss of the discriminator", "hinge loss", {"discriminator": ("c5", "loss")}),
        _draw(
            lines, "How the discriminator rates images", "score",
            {"real": ("kept", "real"), "generated": ("rejected", "generated")},
        ),
    ]  # fmt: skip


def _draw(
    lines: Sequence[Mapping[str, Any]],
    title: str,
    unit: str,
    names: Mapping[str, tuple[str, str]],
    used: Sequence[tuple[float, str]] = (),
) -> Picture:
    """Draw figures by update; `names` gives each its colour and its words."""
    curves = [
        Line(_curve(lines, name), colour, text, dot=2.6) for name, (colour, text) in names.items()
    ]
    x = make_linear_axis("update", [float(line["update"]) for line in lines], zero=True)
    y = make_linear_axis(unit, [value for curve in curves for _, value in curve.points], zero=True)
    key = curves if len(curves) > 1 else ()
    return draw_chart("gan", title, [Panel("", x, y, curves, used)], size=SIZE, key=key)


def _curve(lines: Sequence[Mapping[str, Any]], name: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(line["update"]), float(line[name])) for line in lines)


def _choose_updates(lines: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> list[int]:
    """Updates whose grids are shown: the first look, some between, the last, and the best."""
    updates = [int(line["update"]) for line in lines]
    count = min(SHOWN, len(updates))
    places = {round(i * (len(updates) - 1) / max(count - 1, 1)) for i in range(count)}
    return sorted({*(updates[place] for place in places), int(config["best_update"])})


def _grid(dataset: Dataset, place: str, update: int, config: Mapping[str, Any]) -> dict[str, Any]:
    data = dataset.folder.read(f"{place}/grids/{update:07d}.png")
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"at": update, "uri": uri, "best": update == config["best_update"]}
