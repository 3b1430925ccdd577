"""Reference sets of images: which recipe imports one, where it lies, and what names it as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthset.encoders.statistics_files import find_statistics_file
from synthset.recipe.recipe import Recipe, list_comparisons, load_recipe
from synthset.recipe.references import ReferenceImages, Statistics
from synthset.revisions import compute_revision
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset

Imported = Callable[[str], Dataset]  # gives a reference of images by its name, imported


def make_reference_recipe(recipe: Recipe, name: str) -> Recipe:
    """The recipe that imports and encodes a reference set."""
    settings = recipe.references[name]
    assert isinstance(settings, ReferenceImages)
    used = {encoder for _, reference, encoder in list_comparisons(recipe) if reference == name}
    hashes = {step.hashed_by for step in recipe.selection.steps if name in step.compares}
    content = recipe.to_content()
    pairs = zip(recipe.scores, content["scores"], strict=True)
    return load_recipe(
        {
            "name": name,
            "classes": _classes(recipe),
            "source": {"kind": "folder", "paths": content["references"][name]["paths"]},
            "images_per_class": settings.max_per_class,
            "encoders": {key: content["encoders"][key] for key in sorted(used)},
            "scores": [score for settings, score in pairs if settings.prefix in hashes],
            "engine": content["engine"],
        }
    )


def list_imported(recipe: Recipe) -> list[str]:
    """List the references of images that something in the recipe compares with."""
    used = {name for _, name, _ in list_comparisons(recipe)}
    used |= {name for step in recipe.selection.steps for name in step.compares}
    used |= {metric.compares for metric in recipe.metrics if metric.compares is not None}
    images = ReferenceImages
    return [
        name for name, one in recipe.references.items() if name in used and isinstance(one, images)
    ]


def _classes(recipe: Recipe) -> dict[str, Any]:
    """The classes of a reference: the recipe's own where they have numbers, since names of ImageNet
    and WordNet repeat; else whatever it holds."""
    if recipe.classes.kind in ("imagenet", "wordnet"):
        return recipe.classes.model_dump()
    return {"kind": "source"}


def find_reference(dataset: Dataset, recipe: Recipe, name: str) -> str:
    """Where a reference set of images lies: beside the tables, another set in another folder."""
    identity: Any = recipe.references[name].identity()
    if _classes(recipe) != {"kind": "source"}:
        identity = [identity, _classes(recipe)]
    return f"{dataset.path}/references/{name}-{fingerprint(identity)}"


def mark_reference(recipe: Recipe, name: str, encoder: str, imported: Imported) -> list[object]:
    """Name a reference as it is now, for what is computed from it: another list of images, another
    label, or another file of statistics is another reference.

    Args:
        recipe: names the reference.
        name: of the reference.
        encoder: that has seen its images; empty where no features are read.
        imported: gives a reference of images, imported.
    """
    settings = recipe.references[name]
    if isinstance(settings, Statistics):
        file = find_statistics_file(settings, recipe.encoders[encoder])
        return [settings.identity(), compute_revision(file)]
    real = imported(name)
    view = real.view
    features = view.features[encoder] if encoder else None
    return [settings.identity(), view.plan, real.rows_in(view.plan), view.images, features]


def choose_comparison(recipe: Recipe) -> tuple[str | None, str | None]:
    """Name encoder and reference: those of the recipe's first distance, else of the first
    step that chooses by one, else the first encoder and no reference."""
    for metric in recipe.metrics:
        if metric.subject == "distance":
            return metric.seen_by, metric.compares
    for step in recipe.selection.steps:
        if step.chooses and step.compares:
            return step.seen_by, step.compares[0]
    return next(iter(recipe.encoders), None), None
