"""Does the random control of an arm that chooses its images have as many of each class?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synthset.recipe.arms import Arm
from synthset.recipe.experiment import Experiment
from synthset.results.trial import Trial


def find_unequal_controls(
    experiment: Experiment, trials: Sequence[Trial], classes: Sequence[str]
) -> dict[str, str]:
    """Compare each arm that chooses images with its control, seed by seed and class by class.

    A control that several arms share, or that has other settings, isn't cut to the counts of one of
    them; and an arm may get fewer images than it asks for (`short: take`).

    Args:
        experiment: names the arms and their controls.
        trials: of both; a pair without a common seed isn't compared.
        classes: K names in label order.

    Returns:
        Arm -> the first difference and how many more there are; nothing for an arm whose control
        has as many images, or none of the sets that it chooses from.
    """
    known = {(trial.arm, trial.seed): trial for trial in trials}
    found = {}
    for arm in experiment.arms:
        pairs = [
            (known[arm.name, seed], known[str(arm.control), seed])
            for seed in experiment.seeds
            if {(arm.name, seed), (arm.control, seed)} <= known.keys()
        ]
        said = [text for pair in pairs for text in _compare_counts(arm, *pair, classes)]
        if said:
            found[arm.name] = said[0] + (f" (and {len(said) - 1:,} more)" if said[1:] else "")
    return found


def describe_unequal(unequal: Mapping[str, str]) -> list[str]:
    """Say what a difference to such a control shows, and how to get an equal one.

    Args:
        unequal: what `find_unequal_controls` returned.
    """
    return [
        f"{arm}: its control doesn't have as many images ({text}), so the difference between them "
        "isn't due to the choice alone; `control: true` adds a control with as many"
        for arm, text in unequal.items()
    ]


def _compare_counts(arm: Arm, own: Trial, control: Trial, classes: Sequence[str]) -> Iterator[str]:
    """Say for each set and class of which the arm chose another number than its control has."""
    for field, parts in (("counts", arm.parts), ("pretrain_counts", arm.pretrain)):
        mine: Mapping[str, NDArray[np.int64]] = getattr(own, field)
        other: Mapping[str, NDArray[np.int64]] = getattr(control, field)
        for name in dict.fromkeys(part.set for part in parts if part.choose):
            if name not in other:
                continue
            for label in np.flatnonzero(mine[name] != other[name]).tolist():
                yield (
                    f"seed {own.seed}: {mine[name][label]:,} images of {classes[label]!r} from "
                    f"{name}, against {other[name][label]:,}"
                )
