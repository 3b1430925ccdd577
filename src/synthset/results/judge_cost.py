"""What the classifiers took by which arms choose images."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JudgeCost:
    """A judge over the seeds that it is trained with; each is counted once, whoever uses it.

    Attributes:
        arm: whose training it is, and in whose costs that training is counted; None for a
            classifier that is trained to judge alone.
        used_by: arms whose images it chose.
        seeds: with a classifier.
        training_s: wall time of the trainings, added up; None where one is no longer there.
        ranking_s: wall time of looking at the images and ranking them, added up; None where that
            was done before it was measured.
    """

    arm: str | None
    used_by: tuple[str, ...]
    seeds: tuple[int, ...]
    training_s: float | None
    ranking_s: float | None

    @property
    def extra_s(self) -> float:
        """Wall time, as far as it is known, beside that of the arms' own trainings."""
        return (self.ranking_s or 0.0) + (0.0 if self.arm else self.training_s or 0.0)
