"""Cue matching: what was done to the images of a set, and how well a probe tells them from real
ones by technical cues, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from synthset.metrics.statistics.intervals import Interval


@dataclass(frozen=True)
class CueMatch:
    """A set whose cues were matched to the real training images of a split.

    Attributes:
        set: its name.
        seed: of the split.
        cues: that were matched.
        images: how many there are.
        steps: what was done -> to how many images.
        unreadable: images that were left out since they can't be decoded.
        held: images that were left out since they have the bytes of a validation or test image.
        probed: images of each side that the probe saw, as many of each class.
        before: cue -> AUC of the probe, set against real: 0.5 is not told apart, 1 always.
        after: the same of the changed images; both are empty where there are too few.
    """

    VERSION: ClassVar = 1

    set: str
    seed: int
    cues: tuple[str, ...]
    images: int
    steps: Mapping[str, int]
    unreadable: int
    held: int
    probed: int
    before: Mapping[str, Interval]
    after: Mapping[str, Interval]

    @property
    def words(self) -> str:
        """What was done, in a sentence."""
        counts = {
            **self.steps,
            "left out as unreadable": self.unreadable,
            "left out as copies of validation or test images": self.held,
        }
        said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return (
            f"{self.set}: {', '.join(self.cues)} matched to the real training images of seed "
            f"{self.seed}; {self.images:,} images: {said or 'none changed'}"
        )
