"""What a selection may look at besides the records: their features, and the real images'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.recipe.steps import Duplicates
from synthset.seeds import digest
from synthset.selection.looks import Looks

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Real:
    """Real images as one encoder sees them.

    Attributes:
        features: (M, D) float32.
        classes: (M,) key of each image's class.
        names: (M,) name of each image's class.
        contents: (M,) hash of each image's bytes.
    """

    features: Features
    classes: Sequence[str]
    names: Sequence[str]
    contents: Sequence[str]

    def rows_of(self, key: str, name: str) -> Rows:
        """Rows of a class: by its key, else by its name, whatever the case."""
        rows = np.flatnonzero(np.array([found == key for found in self.classes], dtype=bool))
        if len(rows):
            return rows
        same = [found.casefold() == name.casefold() for found in self.names]
        return np.flatnonzero(np.array(same, dtype=bool))

    def split(self, use: float) -> NDArray[np.bool_]:
        """(M,) which images choose; the others only measure. By content: copies stay together."""
        draws = [int(digest(["chooses", content], size=6), 16) for content in self.contents]
        return np.array(draws, dtype=np.float64) < use * 2.0**48


class Sight(Protocol):
    """Gives a selection what it asks for; the engine has one."""

    def features(self, encoder: str) -> Features:
        """(N, D) float32, in the order of the records; NaN where an image has none."""

    def real(self, reference: str, encoder: str) -> Real | Gaussian:
        """A reference set: its images, or a Gaussian where only statistics are stored."""

    def looks(self, reference: str, settings: Duplicates) -> Looks:
        """The images of a reference set, with what a search for copies compares."""

    def others(self, reference: str, encoder: str) -> list[str]:
        """Name the other encoders that have seen the records and the reference's images."""


Outcome = dict[str, Any]


def as_it_is(features: Features) -> Gaussian:
    """The Gaussian of a set that is all there is: its covariance divided by n, not n - 1."""
    found = gaussian(features)
    return Gaussian(found.mean, found.cov * ((found.n - 1) / found.n), found.n)
