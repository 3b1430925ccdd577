"""What is said when a model cannot be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from synthset.errors import ModelError, SynthsetError

REASON = 300  # letters of a library's own message; state dicts that do not fit list every key


@contextmanager
def explain_errors(what: str, advice: str) -> Iterator[None]:
    """Turn whatever a model library raises while loading into a ModelError.

    Args:
        what: the model, and where it was looked for.
        advice: what would be right.
    """
    try:
        yield
    except SynthsetError:
        raise
    except Exception as fault:  # model libraries raise anything: KeyError, OSError, RuntimeError, …
        reason = " ".join(str(fault).split())[:REASON]
        found = f"{what} could not be loaded ({type(fault).__name__}: {reason})"
        raise ModelError(f"{found}; {advice}") from fault
