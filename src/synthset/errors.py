"""Every error that synthset raises on purpose.

SynthsetError              anything we can explain; the command line prints it without a traceback
├── RecipeError            the recipe asks for something impossible (exit code 2)
├── UsageError             the command line or a function was asked wrongly (exit code 2)
├── DatasetError           what lies on disk is not what was expected (exit code 1)
│   └── DatasetLocked      another process is working on the dataset
├── ModelError             a model could not be loaded or does not fit its use (exit code 1)
└── StageError             a stage failed on a shard; what was finished is kept (exit code 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class SynthsetError(Exception):
    """Base of all errors with a message meant for the user."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a recipe.

    Attributes:
        where: the place, as in `source.guidance_scale` or `classes[3]`.
        found: what stands there, in words.
        right: what would be right, and what to do next.
    """

    where: str
    found: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; {self.right}"


class RecipeError(SynthsetError):
    """The recipe asks for something that cannot be done: where, what was found, what would be
    right."""

    exit_code = 2

    def __init__(self, where: str, found: str, right: str) -> None:
        self.problems: tuple[Problem, ...] = (Problem(where, found, right),)
        super().__init__(str(self.problems[0]))

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> RecipeError:
        """Gather several problems, so that a user sees them all at once."""
        error = cls(problems[0].where, problems[0].found, problems[0].right)
        error.problems = tuple(problems)
        error.args = ("\n".join(str(problem) for problem in problems),)
        return error


class UsageError(SynthsetError):
    """A command or a function was called with something it cannot use."""

    exit_code = 2


class DatasetError(SynthsetError):
    """What lies on disk is not what was expected."""


class DatasetLocked(DatasetError):
    """Another living process works on this dataset."""


class ModelError(SynthsetError):
    """A model could not be loaded, or does not fit what the recipe does with it."""


class StageError(SynthsetError):
    """A stage failed on a shard; every finished chunk and shard is kept."""


def did_you_mean(found: str, known: Iterable[str], limit: int = 12) -> str:
    """Suggest the nearest known name, or list what is known.

    >>> did_you_mean("clp", ["clip", "inception"])
    "did you mean 'clip'?"
    >>> did_you_mean("zebra", ["clip", "inception"])
    'known: clip, inception'
    """
    names = sorted(set(known))
    longer = [name for name in names if found and name.startswith(found)]
    near = longer if len(longer) == 1 else get_close_matches(found, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(names[:limit]) or "none"
    return f"known: {listed}" + (f", … ({len(names)} in all)" if len(names) > limit else "")
