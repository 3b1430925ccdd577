"""What to mind about a number: a sentence, and the figures in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence that may be said of several numbers, each with figures of its own.

    >>> print(Caution("only {:,} images", (1200,)))
    only 1,200 images

    Attributes:
        sentence: with a place for each figure, in the format it is written in; as it is where it
            has none.
        figures: in the order of the sentence.
    """

    sentence: str
    figures: tuple[int | float, ...] = ()

    def __str__(self) -> str:
        return self.sentence.format(*self.figures) if self.figures else self.sentence
