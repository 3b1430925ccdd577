"""Which code does what a recipe names. The one place that knows stages by name, and imports them
late.

A row's version changes whenever the same settings would give other results; it is part of the names
of ids and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from synthset.encoders.classlist import ClassList, class_names, match
from synthset.errors import ModelError, RecipeError
from synthset.generators.models import told
from synthset.miniatures import Miniature, locate
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import ClassifierEncoder, ClipScore, Encoder, Recognition, Score
from synthset.recipe.sources import FROM_IMAGES, Diffusion
from synthset.revisions import revision_of
from synthset.seeds import fingerprint
from synthset.stage import Stage
from synthset.store.folder import Folder
from synthset.taxonomy.classlists import ClassEntry


@dataclass(frozen=True, slots=True)
class Row:
    """Where a stage's class lies, and the version of its results."""

    target: str
    version: str


SOURCES = {
    "txt2img": Row("synthset.generators.txt2img:Txt2Img", "1"),
    "img2img": Row("synthset.generators.img2img:Img2Img", "1"),
    "folder": Row("synthset.generators.folder:Folder", "2"),
    "augment": Row("synthset.generators.augment:Augment", "1"),
    "gan": Row("synthset.generators.gan.stage:Gan", "1"),
    "pool": Row("synthset.generators.pool:Pool", "2"),
    "openimages": Row("synthset.generators.openimages:OpenImages", "2"),
    "shapes": Row("synthset.generators.shapes:Shapes", "1"),
}
ENCODERS = {
    "inception": Row("synthset.encoders.inception:Inception", "1"),
    "clip": Row("synthset.encoders.clip:Clip", "1"),
    "classifier": Row("synthset.encoders.classifier:Classifier", "1"),
    "pixels": Row("synthset.encoders.pixels:Pixels", "1"),
}
SCORES = {
    "clip_score": Row("synthset.scores.clip_score:ClipScore", "2"),
    "recognition": Row("synthset.scores.recognition:Recognition", "1"),
    "quality": Row("synthset.scores.quality:Quality", "2"),
    "perceptual_hash": Row("synthset.scores.perceptual_hash:PerceptualHash", "2"),
}
PIXEL_SCORES = {"quality", "perceptual_hash"}  # scores that look at images, not at features


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
        identity["weights"] = _revision("txt2img", source.model)
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


def _revision(kind: Miniature, model: str) -> str | None:
    """Content of a local model; None for one that a hub names."""
    if model == "miniature":
        return revision_of(locate(kind))
    path = Path(model).expanduser()
    return revision_of(path) if path.exists() else None


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
    looking = [score for score in recipe.scores if score.kind in PIXEL_SCORES]
    seeing = [*encoded.values(), *(_score_spec(score, (images.table,)) for score in looking)]
    judging = [
        [_score_spec(score, (encoded[score.encoder].table, plan))]
        for score in recipe.scores
        if isinstance(score, ClipScore | Recognition)
    ]
    return [found for found in ([images], seeing, *judging) if found]


def encoder_spec(recipe: Recipe, name: str, images: str) -> Spec:
    encoder = recipe.encoders[name]
    table = f"features-{name}-{fingerprint([encoder_identity(encoder), images])}"
    return Spec(f"features/{name}", table, (images,), 2 * encoder.batch_size)


def encoder_identity(encoder: Encoder) -> dict[str, Any]:
    """All that decides the features of an image: settings, code version, weights."""
    identity = {**encoder.identity(), "version": ENCODERS[encoder.kind].version}
    if encoder.kind in ("clip", "classifier"):
        identity["weights"] = _revision(encoder.kind, encoder.model)
    weights = getattr(encoder, "weights", None) or getattr(encoder, "pretrained", None)
    if weights and Path(weights).expanduser().is_file():
        identity["weights_file"] = revision_of(Path(weights).expanduser())
    return identity


def _score_spec(score: Score, inputs: tuple[str, ...]) -> Spec:
    identity = {**score.identity(), "version": SCORES[score.kind].version}
    table = f"scores-{score.prefix}-{fingerprint([identity, *inputs])}"
    return Spec(f"scores/{score.prefix}", table, inputs, 64 if score.kind in PIXEL_SCORES else 1024)


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
        return make(SOURCES[recipe.source.kind], recipe.source, *where)
    if part == "features":
        encoder = recipe.encoders[name]
        return make(ENCODERS[encoder.kind], encoder)
    score = next(score for score in recipe.scores if score.prefix == name)
    stage = make(SCORES[score.kind], score, *_score_arguments(recipe, score, classes))
    if tuple(stage.writes.names) != score.columns:
        raise ModelError(f"{role}: writes {stage.writes.names}, promised {list(score.columns)}")
    return stage


def _score_arguments(recipe: Recipe, score: Score, classes: list[ClassEntry]) -> tuple[Any, ...]:
    if score.kind == "clip_score":
        return (recipe.encoders[score.encoder],)
    if score.kind == "recognition":
        known, indices = classifier_indices(recipe, score, classes)
        return known, indices
    return ()


def classifier_indices(
    recipe: Recipe, score: Recognition, classes: Sequence[ClassEntry]
) -> tuple[ClassList, tuple[int, ...]]:
    """Find the recipe's classes among the classifier's.

    Raises:
        RecipeError: a class that it doesn't know, with the nearest names.
        ModelError: the classifier's description could not be read.
    """
    place = [s.prefix for s in recipe.scores].index(score.prefix)
    encoder = recipe.encoders[score.encoder]
    assert isinstance(encoder, ClassifierEncoder)
    known = class_names(encoder)
    found = match(f"scores[{place}].names", classes, known, score.names)
    if isinstance(found, list):
        raise RecipeError.of(found)
    return known, found


def make(row: Row, *arguments: Any) -> Stage:
    """Import a stage, and make it."""
    module, _, name = row.target.partition(":")
    stage: Stage = getattr(import_module(module), name)(*arguments)
    return stage
