"""A metric in one file: its settings, and what measures."""

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from synthset.recipe.metrics import MetricSettings
from synthset.recipe.settings import Name


class MeanShift(MetricSettings):
    """How far the mean of the images lies from that of real ones. Lower is better."""

    implementation = "example_kinds.mean_shift:measure"
    version = "1"

    kind: Literal["mean_shift"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    power: float = Field(2.0, gt=0)
    """Of the norm."""


def measure(metric, part):
    reference = part.reader.reference(metric.reference, metric.encoder)
    images = part.read_encoded(metric.encoder)
    empty = images.result(f"mean shift ({images.by})", "lower", reference.what)
    if not len(images.features):
        return [empty.warn("no images")]
    shift = images.features.mean(axis=0) - reference.images().features.mean(axis=0)
    return [replace(empty, value=float(np.linalg.norm(shift, metric.power)))]
