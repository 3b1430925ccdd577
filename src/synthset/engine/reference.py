"""What a set is compared with: stored statistics, or real images encoded as the set's own are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from synthset.encoders.models import weights_sha256
from synthset.errors import DatasetError, Problem, did_you_mean
from synthset.metrics.sets.gaussian import Gaussian, GaussianAccumulator
from synthset.models.miniatures import Split, reference_statistics
from synthset.recipe.encoders import Encoder, InceptionEncoder
from synthset.recipe.recipe import Recipe, comparisons, load_recipe
from synthset.recipe.scores import ReferenceImages, Statistics
from synthset.revisions import revision_of
from synthset.seeds import fingerprint
from synthset.stage import list_column
from synthset.store.dataset import Dataset


@dataclass(frozen=True)
class Measured:
    """A reference set as one encoder sees it.

    Attributes:
        gaussian: mean and covariance of its features.
        what: in words, for the report.
        images: the imported reference set; None where only statistics are known.
        encoder: name of the encoder.
    """

    gaussian: Gaussian
    what: str
    images: Dataset | None = None
    encoder: str = ""

    def features(self) -> tuple[NDArray[np.float32], list[str]]:
        """Read the features, (N, D), and the class name of each; for a reference of images."""
        assert self.images is not None
        view = self.images.view
        rows = list_column(self.images.read(view.features[self.encoder]), "features")
        names = self.images.read(view.plan, ["class_name"]).column("class_name").to_pylist()
        there = ~np.isnan(rows[:, 0])
        return rows[there], [name for name, ok in zip(names, there, strict=True) if ok]


SHIPPED: dict[str, Split] = {"cifar10-train": "train", "cifar10-test": "test"}


def statistics_file(settings: Statistics, encoder: Encoder) -> Path:
    """Find a statistics file: one of ours by its name and the encoder, or a path."""
    if settings.file in SHIPPED and encoder.miniature is not None:
        return reference_statistics(encoder.miniature, SHIPPED[settings.file])
    return Path(settings.file).expanduser()


def check_statistics(where: str, settings: Statistics, encoder: Encoder) -> list[Problem]:
    """Find out before a run whether stored statistics exist and fit the encoder."""
    path = statistics_file(settings, encoder)
    if not path.is_file():
        found = f"no statistics {settings.file!r} for an encoder of kind {encoder.kind}"
        right = (
            "name a .safetensors file, or one that ships with synthset; "
            f"{did_you_mean(settings.file, SHIPPED)}"
        )
        return [Problem(where, found, right)]
    with safe_open(str(path), framework="np") as file:
        facts = file.metadata() or {}
    made_by = facts.get("encoder_sha256")
    if isinstance(encoder, InceptionEncoder) and facts.get("resize") != encoder.resize:
        found = f"{path.name} was made with resize {facts.get('resize')!r}, not {encoder.resize!r}"
        return [Problem(where, found, "set the encoder's resize to the same")]
    mine = weights_sha256(encoder)
    if made_by != mine:
        found = (
            f"{path.name} was made by other weights ({(made_by or 'unnamed')[:12]}) than this "
            f"encoder has ({mine[:12]})"
        )
        return [
            Problem(where, found, "use the encoder that made it, or a reference of kind images")
        ]
    return []


def read_statistics(settings: Statistics, encoder: Encoder) -> Measured:
    """Read stored statistics.

    Raises:
        DatasetError: they don't belong to this encoder.
    """
    problems = check_statistics("reference", settings, encoder)
    if problems:
        raise DatasetError(str(problems[0]))
    path = statistics_file(settings, encoder)
    with safe_open(str(path), framework="np") as file:
        facts = file.metadata()
        found = Gaussian(file.get_tensor("mean"), file.get_tensor("cov"), int(facts["n"]))
    return Measured(found, f"{facts['source']}, {found.n:,} images")


def reference_recipe(recipe: Recipe, name: str) -> Recipe:
    """The recipe that imports and encodes a reference set."""
    settings = recipe.references[name]
    assert isinstance(settings, ReferenceImages)
    used = {encoder for _, reference, encoder in comparisons(recipe) if reference == name}
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


def _classes(recipe: Recipe) -> dict[str, Any]:
    """The classes of a reference: the recipe's own where they have numbers, since names of ImageNet
    and WordNet repeat; else whatever it holds."""
    if recipe.classes.kind in ("imagenet", "wordnet"):
        return recipe.classes.model_dump()
    return {"kind": "source"}


def reference_place(dataset: Dataset, recipe: Recipe, name: str) -> str:
    """Where a reference set of images lies: beside the tables, another set in another folder."""
    identity: Any = recipe.references[name].identity()
    if _classes(recipe) != {"kind": "source"}:
        identity = [identity, _classes(recipe)]
    return f"{dataset.path}/references/{name}-{fingerprint(identity)}"


def reference_mark(
    recipe: Recipe, name: str, encoder: str, imported: Callable[[str], Dataset]
) -> list[object]:
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
        file = statistics_file(settings, recipe.encoders[encoder])
        return [settings.identity(), revision_of(file)]
    real = imported(name)
    view = real.view
    features = view.features[encoder] if encoder else None
    return [settings.identity(), view.plan, real.rows_in(view.plan), view.images, features]


def measured_images(dataset: Dataset, encoder: str, name: str) -> Measured:
    """Mean and covariance of an encoded reference set."""
    accumulator = GaussianAccumulator()
    table = dataset.view.features[encoder]
    for shard in dataset.shards(table):
        features = list_column(dataset.read_cell(table, shard, ["features"]), "features")
        accumulator.add(features[~np.isnan(features[:, 0])])
    found = accumulator.gaussian()
    return Measured(found, f"{name}, {found.n:,} images", dataset, encoder)
