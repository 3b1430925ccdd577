"""What a classifier says of every image of a dataset, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.classlist import OutputClasses
from synthset.encoders.models import check
from synthset.engine.catalog import Spec, encoder_spec
from synthset.engine.local import LocalEngine
from synthset.errors import DatasetError, ModelError, RecipeError, StageError, UsageError
from synthset.machine import ProgressBar
from synthset.metrics.features import softmax
from synthset.metrics.sets.recognition import ClassMap, recognise
from synthset.recipe.encoders import ClassifierEncoder
from synthset.recipe.recipe import Recipe, load_stored
from synthset.results.recognition import NOTHING, Answers
from synthset.stage import list_column
from synthset.store.dataset import Dataset
from synthset.store.lock import hold
from synthset.study.join import ClassMatches

NAME = "study"  # of the encoder in a table's name, where the recipe has no such encoder


def read_recipe(dataset: Dataset) -> Recipe:
    """The recipe that made a dataset."""
    return load_stored(dataset.recipe_content())


def choose_classifier(
    recipe: Recipe, model: str | None = None, weights: str | None = None
) -> ClassifierEncoder:
    """Settle which classifier judges.

    Args:
        recipe: of the dataset.
        model: timm name, local folder or `miniature`; none takes the recipe's own: of its first
            recognition score, else its first encoder of kind classifier.
        weights: local safetensors file.

    Raises:
        UsageError: none is named, and the recipe has none.
        RecipeError: there is no such model or file.
    """
    if model is not None:
        settings = ClassifierEncoder(kind="classifier", model=model, weights=weights)
        problems = check("--classifier", settings)
        if problems:
            raise RecipeError.of(problems)
        return settings
    if weights is not None:
        raise UsageError(
            "--weights: the architecture is missing; name it too, as in --classifier resnet50"
        )
    scored = [score.seen_by or "" for score in recipe.scores if score.kind == "recognition"]
    for name in (*scored, *recipe.encoders):
        encoder = recipe.encoders[name]
        if isinstance(encoder, ClassifierEncoder):
            return encoder
    raise UsageError(
        f"{recipe.name}: its recipe has no classifier; name one, as in --classifier "
        "mobilenetv2_100 --weights FILE"
    )


def look(dataset: Dataset, recipe: Recipe, settings: ClassifierEncoder, bar: ProgressBar) -> str:
    """Run the classifier on every image that it has not seen yet.

    Returns:
        The features table; the one of the dataset's own run where that is by the same classifier.

    Raises:
        StageError: a shard failed; the others are kept.
        DatasetError: no image is made yet.
    """
    spec = _spec(dataset, recipe, settings)
    made = dataset.shards(dataset.view.images)
    if not made:
        raise DatasetError(f"{dataset.path}: contains no images yet; run the recipe first")
    seen = set(dataset.shards(spec.table))
    todo = {
        shard: dataset.rows_in(dataset.view.images, [shard]) for shard in made if shard not in seen
    }
    if not todo:
        return spec.table
    asked = recipe.model_copy(update={"encoders": recipe.encoders | {_name_in(spec): settings}})
    with hold(dataset.folder), LocalEngine(dataset, asked, [], [[spec]], 1) as engine:
        bar.start("encoding", sum(todo.values()))
        try:
            outcomes = list(engine.run(0, todo, bar))
        finally:
            bar.stop()
    faults = [outcome for outcome in outcomes if outcome.error]
    if faults:
        raise StageError(f"{spec.table}: shard {faults[0].shard} failed: {faults[0].error}")
    return spec.table


def collect_answers(
    dataset: Dataset, table: str, classes: OutputClasses, joined: ClassMatches
) -> Answers:
    """Compare what a classifier says of each record with its class.

    Args:
        dataset: whose records are asked about.
        table: features with logits, of the same shards as the images.
        classes: the classifier's.
        joined: which of them mean which label.

    Raises:
        ModelError: the model doesn't classify, or has another number of classes than its list.
    """
    exact = {label: found for label, found in enumerate(joined.exact) if found}
    under = {label: found for label, found in enumerate(joined.under) if found}
    shards = []
    for shard in dataset.shards(table):
        labels = np.asarray(
            dataset.read_cell(dataset.view.plan, shard, ["label"]).column("label"), dtype=np.int64
        )
        cell = dataset.read_cell(table, shard)
        if "logits" not in cell.column_names or cell.schema.field("logits").type.list_size != len(
            classes
        ):
            raise ModelError(
                f"{table}: contains no logits for {len(classes)} classes; name a classifier, and "
                "fix its config.json if that lists other classes"
            )
        shards.append(_judge_shard(list_column(cell, "logits"), labels, exact, under))
    return replace(_join(shards), shards=tuple(dataset.shards(table)))


def _spec(dataset: Dataset, recipe: Recipe, settings: ClassifierEncoder) -> Spec:
    """The features table of the classifier: the dataset's own where it has one."""
    images = dataset.view.images
    for name, known in recipe.encoders.items():
        if known.identity() == settings.identity():
            return encoder_spec(recipe, name, images)
    asked = recipe.model_copy(update={"encoders": {NAME: settings}})
    return encoder_spec(asked, NAME, images)


def _name_in(spec: Spec) -> str:
    return spec.role.partition("/")[2]


def _judge_shard(
    logits: NDArray[np.float32], labels: NDArray[np.int64], exact: ClassMap, under: ClassMap
) -> Answers:
    """Judge one shard; (N, K) logits, NaN where there is no image."""
    made = ~np.isnan(logits[:, 0])
    rules: dict[str, Any] = {
        rule: np.zeros(len(labels), dtype=bool)
        for rule in ("top1", "top5", "top1-under", "top5-under")
    }
    probability = np.full(len(labels), np.nan)
    predicted = np.full(len(labels), NOTHING)
    if made.any():
        probabilities = softmax(logits[made])  # (n, K)
        predicted[made] = probabilities.argmax(axis=1)
        for suffix, meant in (("", exact), ("-under", under)):
            found = recognise(probabilities, labels[made], meant)
            rules[f"top1{suffix}"][made] = found.top1
            rules[f"top5{suffix}"][made] = found.top5
            probability[made] = found.probability  # at last those under it
    return Answers(labels, made, rules, probability, predicted)


def _join(shards: Sequence[Answers]) -> Answers:
    return Answers(
        np.concatenate([part.labels for part in shards]),
        np.concatenate([part.made for part in shards]),
        {
            rule: np.concatenate([part.recognised[rule] for part in shards])
            for rule in shards[0].recognised
        },
        np.concatenate([part.probability for part in shards]),
        np.concatenate([part.predicted for part in shards]),
    )
