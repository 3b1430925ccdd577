"""Small runs side by side: what guidance and the kind of prompts do to recognition, distance and
diversity."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from synthset.engine.check import forecast_run
from synthset.engine.classes import settle
from synthset.engine.run import run
from synthset.errors import Problem, RecipeError, UsageError, did_you_mean, raise_storage_errors
from synthset.machine import ProgressBar
from synthset.metrics.statistics.classification import describe_classes
from synthset.pages.dataset.sweep_page import FIGURES, CellFigure, SweepCell, write_sweep
from synthset.recipe.classes import ImageNet, Names, WordNet, Words
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder
from synthset.store.remote import require_on_disk
from synthset.taxonomy.classlists import ClassEntry
from synthset.user_code import refuse_code

MARKER = "sweep.json"

#: Kinds of prompts that a sweep can try by name; `recipe` is the recipe's own.
PROMPTS: dict[str, dict[str, Any]] = {
    "plain": {"kind": "template"},
    "gloss": {"kind": "gloss"},
    "class_gloss": {"kind": "class_gloss"},
    "background": {"kind": "background"},
    "clip": {"kind": "clip"},
}
OWN = "recipe"


@dataclass(frozen=True)
class Axes:
    """What a sweep tries.

    Attributes:
        guidance: guidance scales; () takes the recipe's own, or none where the source has none.
        prompts: kinds of prompts, by name.
        classes: names of classes, or how many, drawn evenly from the recipe's list.
        images: images of each class in each cell.
    """

    guidance: tuple[float, ...]
    prompts: tuple[str, ...]
    classes: tuple[str, ...] | int
    images: int


@raise_storage_errors()
def sweep_grid(
    recipe: Recipe,
    output: str | os.PathLike[str],
    axes: Axes,
    workers: int | None = None,
    bar: ProgressBar | None = None,
    allow_code: bool = False,
) -> tuple[list[SweepCell], Path]:
    """Run each cell of the grid as a dataset of its own, and write one page and one picture.

    Image i of a class has the same seed in every cell: what differs is the prompt and the guidance
    alone. A sweep that was stopped goes on where it was.

    Args:
        recipe: with a generator; its encoders, scores and first Fréchet distance measure the cells.
        output: folder of the sweep; new, empty, or an earlier sweep.
        axes: what is tried.
        workers: worker processes of each run.
        bar: told how far each pass is.
        allow_code: run code of the recipe's own; see `run`.

    Returns:
        The cells, row by row, and the page; the picture lies beside it.

    Raises:
        UsageError: the folder holds something else, or an axis makes no sense.
        RecipeError: a cell asks for something impossible; nothing has been made.
    """
    refuse_code(recipe.code, allow_code)
    place = require_on_disk(output, "-o")
    _check(recipe, axes, place)
    classes = pick_labels(settle(recipe).classes, axes.classes)
    settings = _keep_classes(recipe, classes)
    recipes = {
        (prompts, guidance): make_cell_recipe(recipe, settings, prompts, guidance, axes.images)
        for prompts in axes.prompts
        for guidance in axes.guidance or (getattr(recipe.source, "guidance_scale", None),)
    }
    problems = [
        Problem(f"{one.name}: {problem.where}", problem.found, problem.right)
        for one in recipes.values()
        for problem in forecast_run(one, str(place / one.name)).problems
    ]
    if problems:
        raise RecipeError.of(problems)
    marker = json.dumps({"format": 1, "recipe": recipe.name}) + "\n"
    LocalFolder(place).replace(MARKER, marker.encode())
    cells = []
    for (prompts, guidance), one in recipes.items():
        dataset = run(one, place / one.name, workers=workers, bar=bar, allow_code=allow_code)
        cells.append(SweepCell(prompts, guidance, dataset, read_figures(dataset)))
    return cells, write_sweep(place, recipe, cells, axes.images)


def make_cell_recipe(
    recipe: Recipe, classes: dict[str, Any], prompts: str, guidance: float | None, images: int
) -> Recipe:
    """The recipe of one cell: all images are kept and measured, and nothing is exported."""
    content = recipe.to_content()
    own = PROMPTS.get(prompts, content["prompts"])
    if guidance is not None:
        content["source"]["guidance_scale"] = guidance
    scores = [to_content(s) for s in recipe.scores if s.kind in ("clip_score", "recognition")]
    judges = [name for name, one in recipe.encoders.items() if one.kind == "classifier"]
    if judges and not any(score["kind"] == "recognition" for score in scores):
        scores.append({"kind": "recognition", "encoder": judges[0]})
    metrics = _metrics(recipe, scores)
    used = {metric["reference"] for metric in metrics if "reference" in metric}
    step = "" if guidance is None else f"-g{guidance:g}".replace(".", "_")
    return load_recipe(
        {
            **content,
            "name": f"{prompts}{step}",
            "description": f"A cell of a sweep of {recipe.name}.",
            "preset": None,
            "classes": classes,
            "prompts": {**own, "negative": content["prompts"]["negative"]},
            "images_per_class": images,
            "scores": scores,
            "references": {name: content["references"][name] for name in sorted(used)},
            "metrics": metrics,
            "selection": {"steps": []},
            "exports": [],
            "accept": {},
        }
    )


def to_content(settings: Any) -> dict[str, Any]:
    """Write settings as a recipe would hold them."""
    content: dict[str, Any] = settings.model_dump(mode="json")
    return content


def _metrics(recipe: Recipe, scores: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Recognition, the recipe's first Fréchet distance, and diversity by the same encoder."""
    found: list[dict[str, Any]] = []
    judged = [score for score in scores if score["kind"] == "recognition"]
    if judged:
        found.append({"kind": "recognition_rate", "score": judged[0].get("name") or "recognition"})
    distance = next((one for one in recipe.metrics if one.subject == "distance"), None)
    if distance is not None:
        found.append(to_content(distance))
    encoder = distance.seen_by if distance is not None else next(iter(recipe.encoders), None)
    if encoder is not None:
        found.append({"kind": "vendi", "encoder": encoder, "per_class": True})
    return found


def read_figures(dataset: Dataset) -> dict[str, CellFigure]:
    """Take what the grid shows from a cell's metrics of all its images."""
    found: dict[str, CellFigure] = {}
    by_class: list[tuple[float, str]] = []
    for one in dataset.metrics():
        if one.of != "all" or one.value is None or one.subject is None:
            continue
        if one.class_key is None and one.subject != "diversity":
            found.setdefault(one.subject, CellFigure(one.value, one.interval, one.name))
        elif one.class_key is not None and one.subject == "diversity":
            by_class.append((one.value, one.name))
    if by_class:
        mean = fmean(value for value, _ in by_class)
        over = describe_classes(len(by_class), len(dataset.classes()))
        found["diversity"] = CellFigure(mean, None, by_class[0][1], over)
    return {name: found[name] for name in FIGURES if name in found}


def pick_labels(classes: Sequence[ClassEntry], wanted: tuple[str, ...] | int) -> list[int]:
    """Choose labels: those named, or so many at even steps through the list.

    Raises:
        UsageError: a name is none of the recipe's.
    """
    if isinstance(wanted, int):
        count = min(wanted, len(classes))
        return [round(i * (len(classes) - 1) / max(count - 1, 1)) for i in range(count)]
    known = {name: label for label, one in enumerate(classes) for name in (one.name, one.key)}
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"--classes {name}: there is no such class; {did_you_mean(name, known)}"
            )
    return [known[name] for name in wanted]


def _keep_classes(recipe: Recipe, labels: Sequence[int]) -> dict[str, Any]:
    """Settings for some of a recipe's classes, each as it was."""
    wanted, entries = recipe.classes, settle(recipe).classes
    chosen = [entries[label] for label in labels]
    content = to_content(wanted)
    match wanted:
        case Names():
            names = [wanted.names[label] for label in labels]
            senses = wanted.senses
            if isinstance(senses, dict):
                content["senses"] = {n: s for n, s in senses.items() if n in names} or None
            return {**content, "names": names}
        case Words():
            return {**content, "words": [wanted.words[label] for label in labels]}
        case ImageNet():
            return {**content, "select": [entry.key for entry in chosen], "under": None}
        case WordNet():
            return {**content, "synsets": [entry.key for entry in chosen], "closure": False}
        case _:
            names = [entry.name for entry in chosen]
            senses = {entry.name: entry.wnid for entry in chosen if entry.wnid}
            return {"kind": "names", "names": names, "senses": senses or None}


def _check(recipe: Recipe, axes: Axes, place: Path) -> None:
    if not recipe.source.needs_prompts or recipe.source.reads_images:
        raise UsageError(
            "synthset sweep: the recipe starts from images; name a recipe with prompts"
        )
    if axes.guidance and not hasattr(recipe.source, "guidance_scale"):
        raise UsageError(
            f"--guidance: a source of kind {recipe.source.kind} has no guidance; leave it out"
        )
    for name in axes.prompts:
        if name not in (*PROMPTS, OWN):
            known = did_you_mean(name, (*PROMPTS, OWN))
            raise UsageError(f"--prompts {name}: there is no such kind of prompts; {known}")
    used = place.is_file() or LocalFolder(place).names()
    if used and not (place / MARKER).is_file():
        raise UsageError(f"-o {place}: contains other files; name a new or empty folder")
