"""Every error that synthset raises on purpose.

SynthsetError              anything we can explain; the command line prints it without a traceback
├── RecipeError            the recipe asks for something impossible (exit code 2)
│   └── Unlabelled         a path holds images, and none of them has a label
├── UsageError             the command line or a function was asked wrongly (exit code 2)
├── DatasetError           what lies on disk is not what was expected (exit code 1)
│   ├── DatasetLocked      another process is working on the dataset
│   └── StorageError       a disk or an object store refused: full, read-only, not reached
├── ModelError             a model could not be loaded or does not fit its use (exit code 1)
├── NotAccepted            the set misses what its recipe asks of it, and must not (exit code 3)
└── StageError             a stage failed on a shard; what was finished is kept (exit code 1)
    └── TooManyFailures    record after record failed in the same way, so the stage was stopped
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

LONGEST = 1000  # letters of each half of a problem
MOST_PROBLEMS = 100  # that are spelt out
SHOWN = 8  # names that a sentence lists before it counts the rest

ONWARD = "finished work is kept, and the same command continues from there"
REFUSALS = {
    errno.ENOSPC: f"free some space, or name a folder on another disk; {ONWARD}",
    errno.EDQUOT: f"free some of your quota, or name a folder on another disk; {ONWARD}",
    errno.EROFS: "name a folder on a disk that you can write to",
    errno.EACCES: "get permission for it, or name another folder",
    errno.EPERM: "get permission for it, or name another folder",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.EMFILE: f"allow more open files (ulimit -n 4096) or use fewer workers; {ONWARD}",
    errno.ENFILE: f"close other programs, or use fewer workers; {ONWARD}",
    errno.ENOENT: "put it back, or correct the path",
    errno.ENOTDIR: "a part of that path is a file; correct the path",
    errno.EISDIR: "name a file, not a folder",
}


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
        return "; ".join(
            _cut(part, LONGEST) for part in (f"{self.where}: {self.found}", self.right)
        )


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
        more = len(problems) - MOST_PROBLEMS
        lines = [str(problem) for problem in problems[:MOST_PROBLEMS]]
        error.args = ("\n".join([*lines, *([f"… and {more:,} more"] if more > 0 else [])]),)
        return error


class Unlabelled(RecipeError):
    """A path holds images, and none of them has a label, as the test images of a competition."""


class UsageError(SynthsetError):
    """A command or a function was called with something it cannot use."""

    exit_code = 2


class DatasetError(SynthsetError):
    """What lies on disk is not what was expected."""


class DatasetLocked(DatasetError):
    """Another living process works on this dataset."""


class StorageError(DatasetError):
    """A disk or an object store refused what was asked of it."""


class ModelError(SynthsetError):
    """A model could not be loaded, or does not fit what the recipe does with it."""


class StageError(SynthsetError):
    """A stage failed on a shard; every finished chunk and shard is kept."""


def to_storage_error(fault: OSError) -> StorageError:
    """Say what the system refused, of which file, and what to do.

    >>> print(to_storage_error(OSError(errno.EROFS, "Read-only file system", "pets/.lock")))
    pets/.lock: Read-only file system; name a folder on a disk that you can write to
    """
    path = fault.filename2 or fault.filename
    found = fault.strerror or str(fault) or type(fault).__name__
    where = f"{os.fsdecode(path)}: " if isinstance(path, str | bytes | os.PathLike) else ""
    right = REFUSALS.get(fault.errno or 0, f"fix that and run the command again; {ONWARD}")
    return StorageError(f"{where}{found}; {right}")


@contextmanager
def raise_storage_errors() -> Iterator[None]:
    """Raise what the system refuses as an error of this tree; also a function's decorator.

    Raises:
        StorageError: in place of any OSError.
    """
    try:
        yield
    except OSError as fault:
        raise to_storage_error(fault) from fault


class NotAccepted(SynthsetError):
    """The kept part misses what the recipe asks of the set as a whole, where that is required."""

    exit_code = 3


class TooManyFailures(StageError):
    """Record after record failed in the same way; what was finished is kept."""


def did_you_mean(found: str, known: Iterable[str], limit: int = 12) -> str:
    """Suggest the nearest known name, or list what is known.

    >>> did_you_mean("clp", ["clip", "inception"])
    "did you mean 'clip'?"
    >>> did_you_mean("zebra", ["clip", "inception"])
    'known: clip, inception'
    """
    names, found = sorted(set(known)), found[:LONGEST]
    longer = [name for name in names if found and name.startswith(found)]
    near = longer if len(longer) == 1 else get_close_matches(found, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(names[:limit]) or "none"
    return f"known: {listed}" + (f", … ({len(names)} in all)" if len(names) > limit else "")


def list_names(names: Sequence[str]) -> str:
    """List some names, and count the rest.

    >>> list_names(["cat", "dog"])
    'cat, dog'
    """
    rest = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def shorten(value: object, most: int = 60) -> str:
    """Spell a value as Python does, in at most so many letters, however large it is.

    >>> shorten(["cat", 3])
    "['cat', 3]"
    >>> shorten("x" * 1000, 10)
    "'xxxxxx…"
    """
    return _cut(_spell(value, most, 3), most)


def _spell(value: object, most: int, depth: int) -> str:
    if isinstance(value, str | bytes | bytearray):
        return repr(value[:most])
    if isinstance(value, int) and value.bit_length() > 4 * most:  # Python refuses to spell it
        return f"a number of {value.bit_length():,} bits"
    if isinstance(value, list | tuple | dict) and depth == 0:
        return "…"
    first = most // 3  # of a list: each takes three letters at least
    if isinstance(value, list):
        return f"[{', '.join(_spell(one, most, depth - 1) for one in value[:first])}]"
    if isinstance(value, dict):
        pairs = islice(value.items(), first)
        spelt = [f"{_spell(key, most, 1)}: {_spell(one, most, depth - 1)}" for key, one in pairs]
        return f"{{{', '.join(spelt)}}}"
    return repr(value[:first] if isinstance(value, tuple) else value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "…"
