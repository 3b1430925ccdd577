"""What a recipe will make, and everything about it that can be known to fail, before anything is
written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthset.encoders import models as encoder_models
from synthset.encoders.statistics_files import check_statistics
from synthset.engine.catalog import make_source
from synthset.engine.classes import check_groups
from synthset.engine.plan import count_planned, find_storage, settle_material
from synthset.engine.preview import Preview, preview
from synthset.errors import DatasetError, Problem, RecipeError, UsageError
from synthset.export.folder import open_export
from synthset.export.marker import read_marker
from synthset.export.place import place_export, refuse_store
from synthset.formats.scan import refuse_tests, refuse_unusable
from synthset.kinds import import_name
from synthset.models.miniatures import knows
from synthset.recipe.encoders import Encoder
from synthset.recipe.paths import FolderPath
from synthset.recipe.presets import describe_preset
from synthset.recipe.recipe import Recipe, list_comparisons, load_recipe
from synthset.selection.review import read_review
from synthset.source import Material, TokenCounter
from synthset.store.folder import LocalFolder
from synthset.store.remote import Remote, is_url, parse_place
from synthset.taxonomy.classlists import ClassEntry

FEATURE_BYTES = 8_000  # a record's features, logits and scores, roughly


@dataclass
class Forecast:
    """What `synthset plan` shows.

    Attributes:
        images: records of the first round.
        classes: how many classes.
        shards: shards of the plan.
        disk_bytes: size of the dataset, roughly.
        free_bytes: free space on the disk.
        seconds: estimated time on this machine; None if such a model has not been measured.
        basis: what the time is estimated from.
        gpu_seconds: estimated time on one A100; None if no GPU is needed or the time is unknown.
        gpu_basis: what that is estimated from.
        prompts: a few examples.
        tried: the first prompts, in the plan's order.
        cut_prompts: share of prompts that the text encoder would cut; None if unknown.
        longest_prompt: tokens of the longest prompt tried, and the limit.
        notes: what the user should know.
        warnings: what the user should know before it is too late; a run repeats them.
        problems: what has to be corrected first.
    """

    images: int = 0
    classes: int = 0
    shards: int = 0
    disk_bytes: int = 0
    free_bytes: int = 0
    seconds: float | None = None
    basis: str = ""
    gpu_seconds: float | None = None
    gpu_basis: str = ""
    prompts: list[str] = field(default_factory=list)
    tried: tuple[str, ...] = ()
    cut_prompts: float | None = None
    longest_prompt: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    material: Material | None = None


def forecast_run(
    recipe: Recipe | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    overrides: Sequence[str] = (),
) -> Forecast:
    """Show what a recipe will make, and every problem that can be found beforehand; write nothing.

    Args:
        recipe: a recipe, its file, a shipped recipe's name, or its content.
        output: folder or URL of the dataset; none means `./<name of the recipe>`.
        overrides: changes to the recipe, such as `source.guidance_scale=3`.

    Returns:
        Counts, disk, time, prompts and `problems`; a recipe with a problem can't run.

    Raises:
        RecipeError: it isn't a recipe.

    >>> plan = synthset.plan("demo")  # doctest: +SKIP
    >>> plan.images, plan.problems  # doctest: +SKIP
    """
    recipe = load_recipe(recipe, overrides)
    output = os.fspath(output) if output is not None else recipe.name
    found = Forecast()
    _collect(found, lambda: _check_models(recipe))
    _collect(found, lambda: _review(recipe))
    _collect(found, lambda: _check_output(output))
    _collect(found, lambda: _check_exports(recipe, output))
    _collect(found, lambda: check_groups(recipe))
    found.warnings += [f"runs code from outside synthset: {code}" for code in recipe.code]
    for name, encoder in recipe.encoders.items():
        found.warnings += encoder_models.list_warnings(f"encoders.{name}", encoder)
    try:
        found.material = settle_material(recipe) if not make_source(recipe).problems() else None
        if found.material is not None:
            _size_up(found, recipe, found.material, output)
    except RecipeError as error:
        found.problems += error.problems
    if found.material is not None:
        _collect(found, lambda: _try_prompts(found, recipe, output))
        _collect(found, lambda: _check_classes(recipe, found.material))
        _check_miniatures(found, recipe, found.material.classes)
        classes = found.material.classes
        found.problems += make_source(recipe).check_classes(classes, found.tried)
    found.problems = list(dict.fromkeys(found.problems))
    return found


def _collect(found: Forecast, look: Callable[[], Sequence[Problem]]) -> None:
    try:
        found.problems += look()
    except RecipeError as error:
        found.problems += error.problems


def _check_models(recipe: Recipe) -> list[Problem]:
    problems = make_source(recipe).problems()
    for name, encoder in recipe.encoders.items():
        problems += encoder_models.check(f"encoders.{name}", encoder)
    if problems:
        return problems
    for step in recipe.selection.steps:
        for name in step.compares:
            real = recipe.references[name]
            if real.kind == "images":
                problems += _check_paths(f"references.{name}.paths", real.paths)
    choosing = _find_choosing_kinds(recipe)
    for user, name, seen_by in list_comparisons(recipe):
        reference, encoder = recipe.references[name], recipe.encoders[seen_by]
        if reference.kind == "statistics":
            place = f"references.{name}.file (for {user})"
            problems += check_statistics(place, reference, encoder)
        else:
            missing = _check_paths(f"references.{name}.paths", reference.paths)
            problems += missing
            if user in choosing and not missing:
                refuse_tests(reference.paths, f"references.{name}.paths")
    for metric in recipe.metrics:
        if metric.compares is not None and metric.seen_by is None:
            looked_at = recipe.references[metric.compares]
            assert looked_at.kind == "images"
            problems += _check_paths(f"references.{metric.compares}.paths", looked_at.paths)
    return problems


def _find_choosing_kinds(recipe: Recipe) -> set[str]:
    """Name what compares with a reference so as to choose images: those must not choose what is
    like the test images."""
    used = set(recipe.selection.columns)
    steps, scores = enumerate(recipe.selection.steps), enumerate(recipe.scores)
    return {f"selection.steps[{i}]" for i, step in steps if step.chooses} | {
        f"scores[{i}]" for i, score in scores if used.intersection(score.columns)
    }


def _check_paths(where: str, paths: Sequence[FolderPath]) -> list[Problem]:
    """Real images are read when they are needed; that they lie there is known at once."""
    try:
        refuse_unusable(paths, where)
    except RecipeError as error:
        return list(error.problems)
    return []


def _check_classes(recipe: Recipe, found: Material | None) -> list[Problem]:
    """Classifiers know the classes, and what compares with prompts has some."""
    assert found is not None
    problems: list[Problem] = []
    for i, score in enumerate(recipe.scores):
        if score.needs_prompts:
            problems += _check_captions(recipe, f"scores[{i}].text")
        if score.checked_by is not None:
            problems += import_name(score.checked_by)(score, recipe, found.classes)
    return problems


def _check_miniatures(found: Forecast, recipe: Recipe, classes: Sequence[ClassEntry]) -> None:
    """The CLIP that ships with synthset knows ten classes, and has nothing to say of others."""
    strange = [entry.name for entry in classes if not any(map(knows, (entry.name, *entry.lemmas)))]
    if not strange:
        return
    names = ", ".join(map(repr, strange[:8]))
    names += f" and {len(strange) - 8:,} more" if len(strange) > 8 else ""
    for i, score in enumerate(recipe.scores):
        if score.kind == "clip_score" and _is_miniature(recipe.encoders[score.seen_by or ""]):
            found.warnings.append(
                f"scores[{i}]: the CLIP miniature doesn't know {names}, so its scores of them "
                "mean nothing; name another CLIP model"
            )


def _is_miniature(encoder: Encoder) -> bool:
    return getattr(encoder, "model", None) == "miniature"


def _check_captions(recipe: Recipe, where: str) -> list[Problem]:
    """Imported images can only be compared with their prompts where they have some."""
    if recipe.source.has_prompts:
        return []
    found = "it compares with {prompt}, but the images have no prompts"
    return [Problem(where, found, 'write it as "a photo of a {class}", or name a prompt_column')]


def _review(recipe: Recipe) -> list[Problem]:
    """A review file can be read, and its verdicts are meant."""
    if recipe.selection.review is not None:
        read_review(recipe.selection.review)
    return []


def _check_output(output: str) -> list[Problem]:
    if isinstance(parse_place(output), Remote):
        return []
    path = Path(output).expanduser()
    if path.exists() and not path.is_dir():
        return [Problem("output", f"{output} is a file", "name a folder with -o")]
    if LocalFolder(path).names() and not (path / "dataset.json").exists():
        return [
            Problem(
                "output", f"{output} contains other files", "name a new or empty folder with -o"
            )
        ]
    place = find_storage(output)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return [
            Problem(
                "output",
                f"cannot write to {place}",
                "name a folder that you may write to with -o",
            )
        ]
    return []


def _check_exports(recipe: Recipe, output: str) -> list[Problem]:
    problems = []
    for i, export in enumerate(recipe.exports):
        try:
            refuse_store(export, output)
            if export.path is not None:
                read_marker(open_export(place_export(export.path, output)))
        except (DatasetError, UsageError) as error:
            found, _, right = str(error).partition("; ")
            problems.append(Problem(f"exports[{i}].path", found, right))
    return problems


def _size_up(found: Forecast, recipe: Recipe, what: Material, output: str) -> None:
    estimate = make_source(recipe).estimate(what)
    found.classes = len(what.classes)
    found.notes += what.notes
    if recipe.source.lists_images:
        found.images = len(what.found)
        if what.left_out:
            names = ", ".join(
                f"{name} ({count:,})" for name, count in sorted(what.left_out.items())[:5]
            )
            found.notes.append(f"left out because the recipe doesn't list their class: {names}")
    else:
        found.images = sum(count_planned(recipe, what.classes).values())
    found.notes += estimate.notes
    found.shards = -(-found.images // recipe.engine.rows_per_shard)
    found.disk_bytes = found.images * (
        estimate.image_bytes * (1 + len(recipe.exports)) + FEATURE_BYTES
    )
    if not is_url(output):
        found.free_bytes = shutil.disk_usage(find_storage(output)).free
        found.warnings += _check_disk(found)
    found.basis, found.gpu_basis = estimate.basis, estimate.gpu_basis
    if estimate.seconds is not None:
        found.seconds = estimate.preparing_s + estimate.seconds * found.images
    if estimate.gpu_seconds is not None:
        found.gpu_seconds = estimate.gpu_seconds * found.images


def _check_disk(found: Forecast) -> list[str]:
    """Say that the disk may be too small; how large the images come out is an estimate."""
    if found.disk_bytes <= found.free_bytes:
        return []
    need, free = found.disk_bytes / 1e9, found.free_bytes / 1e9
    return [
        f"the disk has {free:,.1f} GB free, but this may take about {need:,.1f} GB; name a folder "
        "on a larger disk with -o, or make fewer images"
    ]


def _try_prompts(found: Forecast, recipe: Recipe, output: str) -> Sequence[Problem]:
    """Try the first prompts: examples, and how many the text encoder would cut."""
    if not recipe.source.needs_prompts or found.material is None:
        return []
    ahead = preview(recipe, found.material, output)
    found.notes += [*describe_preset(recipe.model_dump(mode="json")), *ahead.notes]
    found.tried = ahead.prompts
    found.prompts = list(dict.fromkeys(ahead.prompts))[:3]
    source = make_source(recipe)
    found.notes += source.notes_on(ahead.prompts)
    _count_cut_prompts(found, source.token_counter(), ahead)
    return ahead.problems


def _count_cut_prompts(found: Forecast, counter: TokenCounter | None, ahead: Preview) -> None:
    """Count the prompts that the text encoder would cut."""
    if counter is None or not ahead.prompts:
        return
    limit, lengths = counter.limit, counter.count(list(ahead.prompts))
    found.cut_prompts = sum(length > limit for length in lengths) / len(lengths)
    found.longest_prompt = (max(lengths), limit)
    if found.cut_prompts:
        found.notes.append(
            f"{found.cut_prompts:.0%} of the prompts are longer than the {limit} tokens that the "
            "model reads; it ignores the rest"
        )
