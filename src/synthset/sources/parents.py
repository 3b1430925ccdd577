"""Whose turn it is: which real image a record starts from, and at which strength."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.formats.listed import Listed
from synthset.seeds import digest


class Parents:
    """The images of each class, which take turns.

    In each turn every image of a class is taken once, in a seeded order of that turn. Strengths go
    round from record to record; over as many turns as there are strengths, each image gets each of
    them once.
    """

    def __init__(
        self,
        seed: int,
        found: Sequence[tuple[Listed, int]],
        strengths: Sequence[float] = (1.0,),
    ) -> None:
        """Sort the images by class; equal ones count once.

        Args:
            seed: of the recipe.
            found: images with their labels.
            strengths: what goes round.
        """
        self._seed, self._strengths = seed, tuple(strengths)
        self._images: dict[int, dict[str, Listed]] = {}
        for image, label in found:
            self._images.setdefault(label, {}).setdefault(image.content, image)
        self._groups: dict[int, tuple[int, list[list[str]]]] = {}

    def at(self, label: int, index: int) -> tuple[Listed, float]:
        """Give the image and the strength of the record at one place of a class.

        Args:
            label: of the class.
            index: number of the record within its class, from 0.
        """
        images, count = self._images[label], len(self._strengths)
        turn, place = divmod(index, len(images))
        group, within = place % count, place // count
        content = self._order(label, turn)[group][within]
        # the label shifts the round, so that few images of many classes have all strengths
        return images[content], self._strengths[(place + turn + label) % count]

    def _order(self, label: int, turn: int) -> list[list[str]]:
        """The images of a class in the order of a turn, by their strength in it."""
        if self._groups.get(label, (-1,))[0] != turn:
            first, count = self._sorted(self._images[label], 0), len(self._strengths)
            groups = [self._sorted(first[start::count], turn) for start in range(count)]
            self._groups[label] = turn, groups
        return self._groups[label][1]

    def _sorted(self, contents: Sequence[str] | dict[str, Listed], turn: int) -> list[str]:
        return sorted(contents, key=lambda content: digest([self._seed, turn, content]))
