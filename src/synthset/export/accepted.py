"""Whether the kept part of a dataset reaches what its recipe asks of it, before it goes out."""

from __future__ import annotations

from synthset.errors import NotAccepted, UsageError
from synthset.recipe.steps import Limit
from synthset.results.acceptance import Verdict, check_acceptance
from synthset.store.dataset import Dataset


def judge_limits(dataset: Dataset) -> list[Verdict]:
    """Hold what was measured of the present selection against the recipe's `accept`."""
    asked = dataset.recipe_content().get("accept") or {}
    limits = {name: Limit.model_validate(limit) for name, limit in asked.items()}
    return check_acceptance(dataset.metrics(), limits)


def require_limits(limits: object) -> None:
    """See that a recipe asks for something.

    Raises:
        UsageError: its `accept` is empty.
    """
    if not limits:
        raise UsageError(
            "--require-accepted: the recipe has no requirements for the set; write them under "
            "`accept`, such as `accept: {FID: {max: 30}}`"
        )


def refuse_unaccepted(dataset: Dataset) -> None:
    """See that the kept part was measured, and reaches all that is asked of it.

    Raises:
        NotAccepted: it doesn't, or nobody knows; with each limit, and the value found.
        UsageError: the recipe asks for nothing.
    """
    found = judge_limits(dataset)
    require_limits(found)
    missed = [str(one) for one in found if not one.accepted]
    if missed:
        raise NotAccepted(
            f"{'; '.join(missed)}; nothing is exported. Change the selection or the source, or "
            "leave out --require-accepted"
        )
