"""A recipe's first prompts, before anything is written or asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthset.engine.catalog import make_prompts, make_source
from synthset.engine.plan import count_planned, name_plan
from synthset.engine.prompts import find_known_texts, make_writer
from synthset.errors import DatasetError, Problem
from synthset.prompts.writer import PromptWriter
from synthset.recipe.recipe import Recipe
from synthset.seeds import derive_record_seed
from synthset.source import Material
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

TRIED = 2_000  # prompts that are written for a look


@dataclass(frozen=True)
class Preview:
    """What can be known of the prompts.

    Attributes:
        prompts: the first ones, in the plan's order; empty where a language model is still to be
            asked, or where there are problems.
        problems: what has to be corrected first.
        notes: what the user should know.
    """

    prompts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def preview(recipe: Recipe, found: Material, output: str) -> Preview:
    """Write the first prompts of a recipe with a generator.

    Args:
        recipe: the recipe.
        found: its classes, and the images that it starts from.
        output: where its dataset lies, or would lie: what it has recorded is not asked again.

    Raises:
        RecipeError: a file or a reference cannot be read.
    """
    prompts = make_prompts(recipe)
    dataset = _dataset(output) if prompts.has_texts() else None
    classes = found.classes
    texts = find_known_texts(recipe, classes, dataset, name_plan(recipe, found))
    there: Sequence[ClassEntry] = classes
    notes: list[str] = []
    if prompts.asks and texts is not None:
        there = [entry for entry in classes if entry.key in texts]
        if len(there) < len(classes):
            notes.append(prompts.question(len(classes) - len(there), len(classes)))
    writer = make_writer(recipe, there, texts)
    problems = writer.problems(there)
    first = () if problems else _write_first(recipe, writer, there, found)
    return Preview(first, tuple(problems), tuple(notes))


def _write_first(
    recipe: Recipe, writer: PromptWriter, classes: Sequence[ClassEntry], material: Material
) -> tuple[str, ...]:
    if not classes:
        return ()
    start_of = make_source(recipe).starts(material)
    labels = {entry.key: label for label, entry in enumerate(material.classes)}
    found: list[str] = []
    planned = count_planned(recipe, material.classes)
    for index in range(min(max(planned.values()), -(-TRIED // len(classes)))):
        there = [entry for entry in classes if index < planned[labels[entry.key]]]
        for entry in there[: TRIED - len(found)]:
            seed = derive_record_seed(recipe.seed, entry.key, index)
            caption = start_of(labels[entry.key], index).columns.get("prompt")
            found.append(caption or writer.prompt(entry, index, seed))
    return tuple(found)


def _dataset(output: str) -> Dataset | None:
    try:
        return Dataset.open(output)
    except DatasetError:  # none yet, or a problem that has its own message
        return None
