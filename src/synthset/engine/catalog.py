"""Which code does what a recipe names. The one place that knows stages by name, and imports them
late.

A row's version changes whenever the same settings would give other results; it is part of the names
of ids and tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthset.errors import ModelError
from synthset.kinds import carry_out, imported
from synthset.models.miniatures import model_revision
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Score
from synthset.recipe.sources import FROM_IMAGES, Diffusion
from synthset.revisions import revision_of
from synthset.seeds import fingerprint
from synthset.sources.diffusion.models import told
from synthset.stage import Stage
from synthset.store.folder import Folder
from synthset.taxonomy.classlists import ClassEntry


@dataclass(frozen=True, slots=True)
class Row:
    """Where a source's class lies, and the version of its results."""

    target: str
    version: str


SOURCES = {
    "txt2img": Row("synthset.sources.diffusion.txt2img:Txt2Img", "1"),
    "img2img": Row("synthset.sources.diffusion.img2img:Img2Img", "1"),
    "folder": Row("synthset.sources.folder:Folder", "2"),
    "augment": Row("synthset.sources.augment:Augment", "1"),
    "gan": Row("synthset.sources.gan.stage:Gan", "1"),
    "pool": Row("synthset.sources.pool.stage:Pool", "2"),
    "openimages": Row("synthset.sources.openimages.stage:OpenImages", "2"),
    "shapes": Row("synthset.sources.shapes:Shapes", "1"),
}


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


def source_identity(recipe: Recipe) -> dict[str, Any]:
    """All that decides the pixels for a given class, prompt and seed: settings, code version, model
    revision."""
    source = recipe.source
    identity = source.identity()
    if isinstance(source, Diffusion):
        identity["weights"] = model_revision("txt2img", source.model)
        identity |= _adapters(identity, source)
        if fields := told(source):
            identity["sampler"] = fields
    if source.kind == "img2img":
        del identity["paths"], identity["strength"]  # a record has its own parent and strength
    if source.kind in FROM_IMAGES:
        identity.pop("paths")  # an image is what its bytes are, wherever they lie
        identity.pop("val", None)
    if source.kind == "pool":
        for places in ("index", "queries", "against"):
            del identity[places]  # the plan knows what they led to
    return {**identity, "version": SOURCES[source.kind].version}


def _adapters(identity: dict[str, Any], source: Diffusion) -> dict[str, Any]:
    """What is added to a model, by content; nothing where nothing is."""
    adapters = [*identity.pop("lora"), *identity.pop("textual_inversion")]
    for adapter in adapters:
        place = Path(adapter.pop("path")).expanduser()
        adapter["content"] = revision_of(place) if place.exists() else None
    return {"adapters": adapters} if adapters else {}


def passes(recipe: Recipe, plan: str) -> list[list[Spec]]:
    """Order the tables of a recipe: those of one pass share their input, and one decode of each
    image.

    Args:
        recipe: the recipe.
        plan: name of its plan table.
    """
    batch = getattr(recipe.source, "batch_size", "auto")
    # each strength fills calls of its own
    strengths = len(recipe.source.strengths) if recipe.source.kind == "img2img" else 1
    images = Spec(
        "images",
        f"images-{fingerprint([source_identity(recipe), plan])}",
        (plan,),
        strengths * (batch if isinstance(batch, int) else 16),
    )
    encoded = {name: encoder_spec(recipe, name, images.table) for name in recipe.encoders}
    looking = [score for score in recipe.scores if score.reads == "images"]
    seeing = [*encoded.values(), *(_score_spec(score, (images.table,)) for score in looking)]
    judging = [
        [_score_spec(score, (encoded[score.seen_by or ""].table, plan))]
        for score in recipe.scores
        if score.reads == "features"
    ]
    return [found for found in ([images], seeing, *judging) if found]


def encoder_spec(recipe: Recipe, name: str, images: str) -> Spec:
    encoder = recipe.encoders[name]
    table = f"features-{name}-{fingerprint([encoder.full_identity(), images])}"
    return Spec(f"features/{name}", table, (images,), 2 * encoder.batch_size)


def _score_spec(score: Score, inputs: tuple[str, ...]) -> Spec:
    table = f"scores-{score.prefix}-{fingerprint([score.full_identity(), *inputs])}"
    return Spec(f"scores/{score.prefix}", table, inputs, 64 if score.reads == "images" else 1024)


def build(
    recipe: Recipe, role: str, classes: list[ClassEntry], folder: Folder | None = None
) -> Stage:
    """Make the stage of a role, its model not yet loaded.

    Args:
        recipe: names the stages.
        role: which of them.
        classes: in label order.
        folder: of the dataset, for sources whose models were trained there.

    Raises:
        ModelError: the stage doesn't write what its settings promise.
    """
    part, _, name = role.partition("/")
    if part == "images":
        where = (folder,) if recipe.source.kind == "gan" else ()
        source: Stage = imported(SOURCES[recipe.source.kind].target)(recipe.source, *where)
        return source
    if part == "features":
        encoder: Stage = carry_out(recipe.encoders[name], recipe.encoders[name])
        return encoder
    score = next(score for score in recipe.scores if score.prefix == name)
    stage: Stage = imported(score.implementation).of(score, recipe, classes)
    if tuple(stage.writes.names) != score.columns:
        raise ModelError(f"{role}: writes {stage.writes.names}, promised {list(score.columns)}")
    return stage
