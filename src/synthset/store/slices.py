"""A slice of a dataset: the shards that one of several processes makes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthset.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """The shards whose number leaves a certain rest.

    Attributes:
        index: of the slice, from 0.
        count: of all slices.
    """

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Read a slice as users write it.

        Raises:
            UsageError: it is no slice, or the index is out of range.

        >>> Slice.parse("1/4")
        Slice(index=1, count=4)
        """
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
        if not match:
            raise UsageError(
                f"shards: {text!r} is no slice; write i/n, as in 0/4 for the first of four"
            )
        index, count = int(match[1]), int(match[2])
        if index >= count:
            right = f"the slices of {count} are 0/{count} to {count - 1}/{count}"
            raise UsageError(
                f"shards: there is no slice {text}; " + (right if count else "0/1 is the whole")
            )
        return cls(index, count)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def name(self) -> str:
        """How its files are named."""
        return f"{self.index}-of-{self.count}"

    @classmethod
    def of_name(cls, name: str) -> Slice | None:
        """Read the name of a slice's files; None for another."""
        match = re.fullmatch(r"(\d+)-of-(\d+)", name)
        return cls(int(match[1]), int(match[2])) if match else None

    def takes(self, shard: int) -> bool:
        """Tell whether a shard belongs to the slice."""
        return shard % self.count == self.index
