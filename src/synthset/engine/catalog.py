"""The tables that a recipe asks for, and the code that its settings name, imported when it is
needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synthset.errors import ModelError
from synthset.kinds import carry_out, import_name
from synthset.prompts.prompt_source import PromptSource
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Score
from synthset.seeds import fingerprint
from synthset.source import Source
from synthset.stage import Stage
from synthset.store.folder import Storage
from synthset.taxonomy.classlists import ClassEntry


@dataclass(frozen=True, slots=True)
class Spec:
    """A table that a recipe asks for.

    Attributes:
        role: what it is in the recipe: `images`, `features/clip`, `scores/quality`.
        table: its name, with the fingerprint of all that decides it.
        inputs: tables that it is computed from, `id` from the first.
        chunk: rows computed and committed at a time.
    """

    role: str
    table: str
    inputs: tuple[str, ...]
    chunk: int


def make_source(recipe: Recipe) -> Source[Any]:
    """Make the source of a recipe."""
    source: Source[Any] = carry_out(recipe.source, recipe.source, recipe)
    return source


def make_prompts(recipe: Recipe) -> PromptSource[Any]:
    """Make the prompts of a recipe."""
    prompts: PromptSource[Any] = carry_out(recipe.prompts, recipe.prompts, recipe)
    return prompts


def plan_passes(recipe: Recipe, plan: str) -> list[list[Spec]]:
    """Order the tables of a recipe: those of one pass share their input, and one decode of each
    image.

    Args:
        recipe: the recipe.
        plan: name of its plan table.
    """
    images = Spec(
        "images",
        f"images-{fingerprint([make_source(recipe).identity(), plan])}",
        (plan,),
        recipe.source.chunk,
    )
    encoded = {name: encoder_spec(recipe, name, images.table) for name in recipe.encoders}
    by_pixels = [score for score in recipe.scores if score.reads == "images"]
    encoding = [*encoded.values(), *(_score_spec(score, (images.table,)) for score in by_pixels)]
    judging = [
        [_score_spec(score, (encoded[score.seen_by or ""].table, plan))]
        for score in recipe.scores
        if score.reads == "features"
    ]
    return [found for found in ([images], encoding, *judging) if found]


def encoder_spec(recipe: Recipe, name: str, images: str) -> Spec:
    encoder = recipe.encoders[name]
    table = f"features-{name}-{fingerprint([encoder.full_identity(), images])}"
    return Spec(f"features/{name}", table, (images,), 2 * encoder.batch_size)


def _score_spec(score: Score, inputs: tuple[str, ...]) -> Spec:
    table = f"scores-{score.prefix}-{fingerprint([score.full_identity(), *inputs])}"
    return Spec(f"scores/{score.prefix}", table, inputs, 64 if score.reads == "images" else 1024)


def build(
    recipe: Recipe, role: str, classes: list[ClassEntry], folder: Storage | None = None
) -> Stage:
    """Make the stage of a role, its model not yet loaded.

    Args:
        recipe: names the stages.
        role: which of them.
        classes: in label order.
        folder: of the dataset, for sources with a model that was trained there.

    Raises:
        ModelError: the stage doesn't write what its settings promise.
    """
    part, _, name = role.partition("/")
    if part == "images":
        assert folder is not None
        return make_source(recipe).stage(folder)
    if part == "features":
        encoder: Stage = carry_out(recipe.encoders[name], recipe.encoders[name])
        return encoder
    score = next(score for score in recipe.scores if score.prefix == name)
    stage: Stage = import_name(score.implementation).of(score, recipe, classes)
    if tuple(stage.writes.names) != score.columns:
        raise ModelError(
            f"{role}: it writes the columns {stage.writes.names}, but its settings declare "
            f"{list(score.columns)}"
        )
    return stage
