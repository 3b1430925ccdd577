"""A choice as other encoders see it: nothing was chosen by them, so they cannot be flattered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthset.encoders.feature_reader import FeatureReader, RealImages
from synthset.metrics.features import Features
from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.recipe.steps import NearestSet
from synthset.selection.target import Rows

ClassName = tuple[str, str]  # key and name


@dataclass(frozen=True, eq=False)
class OtherEncoder:
    """One that saw both the candidates and the real images.

    Attributes:
        name: of the encoder.
        features: (N, D) of the records; NaN where an image has none.
        real: the real images, by this encoder.
        use: part of them that chose.
    """

    name: str
    features: Features
    real: RealImages
    use: float

    def measure_held_out(
        self, classes: Sequence[ClassName], rows: dict[str, Rows]
    ) -> dict[str, float]:
        """Distance of some sets to the real images that did not choose.

        Args:
            classes: whose real images.
            rows: the records of each set.

        Returns:
            Distance of each set that has two images or more; lower is better. Empty without real
            images.
        """
        chooses = self.real.split(self.use)
        real = np.concatenate([self.real.find_rows(key, name) for key, name in classes])
        goal = fit_gaussian(self.real.features[real[~chooses[real]]])
        found = {
            name: measure_distance(goal, _there(self.features[mine])) for name, mine in rows.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def find_other_encoders(settings: NearestSet, reader: FeatureReader) -> list[OtherEncoder]:
    """Get every encoder that may bear witness to a choice."""
    found = []
    for name in reader.other_encoders(settings.reference, settings.encoder):
        real = reader.real(settings.reference, name)
        assert isinstance(real, RealImages)
        found.append(OtherEncoder(name, reader.features(name), real, settings.use))
    return found


def fit_gaussian(real: Features | None) -> Gaussian | None:
    """Mean and covariance, where there are two images or more."""
    return None if real is None or len(real) < 2 else gaussian(real)


def measure_distance(goal: Gaussian | None, features: Features) -> float | None:
    """Fréchet distance of a set to a goal, where there are both; lower is better."""
    if goal is None or len(features) < 2:
        return None
    return frechet_distance(goal, population_gaussian(features))


def population_gaussian(features: Features) -> Gaussian:
    """The Gaussian of a set that is all there is: its covariance divided by n, not n - 1."""
    found = gaussian(features)
    return Gaussian(found.mean, found.cov * ((found.n - 1) / found.n), found.n)


def _there(features: Features) -> Features:
    found: Features = features[~np.isnan(features[:, 0])]
    return found
