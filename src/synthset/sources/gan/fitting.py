"""Trains the GAN of a recipe before its first image: the images are read, and the two players set
up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.originals import Originals
from synthset.images import Pixels
from synthset.kinds import carry_out
from synthset.metrics.features import Features
from synthset.recipe.encoders import Encoder
from synthset.recipe.sources import Gan
from synthset.seeds import digest
from synthset.source import Material, Preparation
from synthset.sources.gan.examples import Examples, read_examples
from synthset.sources.gan.sample_quality import Judge
from synthset.sources.gan.source import name_words
from synthset.sources.gan.training import GanTraining, is_trained
from synthset.stage import Rows
from synthset.store.folder import Storage

HELD_BACK = 10  # one in so many training images judges, where no validation images are named
FEWEST_JUDGES = 32  # with fewer, FD compares with the training images themselves


def prepare_training(
    settings: Gan, judge: Encoder, folder: Storage, place: str, found: Material
) -> Preparation | None:
    """Give the training of a model; None where it is finished.

    Args:
        settings: of the GAN.
        judge: encoder that chooses the checkpoint.
        folder: of the dataset.
        place: of the model in there.
        found: images to learn from, and to choose by.
    """
    if is_trained(folder, place):
        return None
    run = partial(_train, settings, judge, folder, place, found)
    return Preparation("training", settings.updates, run)


def _train(
    settings: Gan,
    encoder: Encoder,
    folder: Storage,
    place: str,
    found: Material,
    advance: Callable[[int], None],
    say: Callable[[str], None],
) -> int:
    """Read the images, and train; the number of updates that were left to make.

    Raises:
        RecipeError: none of the images can be read.
        ModelError: the training ran into numbers that are none, or the encoder can't be loaded.
    """
    originals = Originals((*settings.paths, *(settings.val or ())))
    called, passed = name_words(found.learned, found.val), Passed()
    classes = sorted({called[image.name] for image in found.learned})
    mine, judges = _split(found)

    def read(images: Sequence[Listed]) -> Examples:
        labels = [classes.index(called[image.name]) for image in images]
        return read_examples(images, labels, originals, settings.size_px, passed)

    judge = Judge(read(judges), _Sight(encoder), settings.look_images)
    training = GanTraining(settings, classes, read(mine), judge, folder, place)
    for note in passed.notes():
        say(note)
    first = training.course.update
    training.run(advance)
    return settings.updates - first


def _split(material: Material) -> tuple[list[Listed], list[Listed]]:
    """Images to learn from, and those that judge: named ones, else one in ten of each class by
    content, else (where those would be too few) the same ones.

    Both in an order that depends on content alone.
    """
    order = sorted(material.learned, key=_draw_key)
    if material.val:
        return order, sorted(material.val, key=_draw_key)
    called, seen = name_words(order), Counter[str]()
    learned: list[Listed] = []
    held: list[Listed] = []
    for image in order:
        name = called[image.name]
        seen[name] += 1
        (held if seen[name] % HELD_BACK == 0 else learned).append(image)
    return (learned, held) if len(held) >= FEWEST_JUDGES else (order, order)


def _draw_key(image: Listed) -> tuple[str, str]:
    return digest([image.content], size=8), image.name


class _Sight:
    """Turns pictures into the features of an encoder."""

    def __init__(self, settings: Encoder) -> None:
        self._encoder: Any = carry_out(settings, settings)
        self._encoder.open()

    def __call__(self, pictures: Sequence[Pixels]) -> Features:
        """Encode (S, S, 3) uint8 pictures to (N, D) float32."""
        rows = Rows(pa.table({"id": [str(i) for i in range(len(pictures))]}))
        rows.compute_once("pixels", lambda: list(pictures))
        features: Features = np.asarray(
            self._encoder.compute(rows, self._encoder.prepare(rows)).features, dtype=np.float32
        )
        return features
