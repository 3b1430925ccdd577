"""What each stage cost: seconds, records, and how many a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthset.store.dataset import View


def add_up_stages(
    events: Sequence[Mapping[str, Any]], view: View, rows: int
) -> list[dict[str, Any]]:
    """Add up the attempts at each stage that belongs to the present recipe.

    Args:
        events: `run.jsonl`; what a stage spent on tables of other settings is left out.
        view: the tables of the present recipe.
        rows: records of the dataset. A killed attempt counts its records again, so no stage has
            more.

    Returns:
        `role`, `rows`, `seconds`, `failed` (without those that had no image), `per_second` (None
        where no time was taken, or the work is not by record), in the order of their first attempt.
    """
    current = {view.plan, view.images, *view.features.values(), *view.scores.values()}
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        tables = event.get("tables") or ([event["table"]] if event.get("table") else [])
        if event.get("event") != "stage" or (tables and not current & set(tables)):
            continue
        role = str(event.get("role") or "stage")
        stage = found.setdefault(role, {"role": role, "rows": 0, "seconds": 0.0, "failed": 0})
        stage["rows"] = min(stage["rows"] + int(event.get("rows") or 0), rows)
        stage["seconds"] += float(event.get("seconds") or 0)
        stage["failed"] += int(event.get("failed") or 0)
    imageless = found.get("images", {}).get("failed", 0)
    for role, stage in found.items():
        if role != "images":  # an image that failed fails in every later stage
            stage["failed"] = max(0, stage["failed"] - imageless)
        stage["per_second"] = (
            stage["rows"] / stage["seconds"] if stage["seconds"] and stage["rows"] else None
        )
    return list(found.values())


def title_of(role: str) -> str:
    """Say what a stage did: `features/clip+features/classifier` is `features: clip, classifier`.

    >>> title_of("features/clip+features/classifier"), title_of("images")
    ('features: clip, classifier', 'images')
    """
    parts: dict[str, list[str]] = {}
    for role_of_one in role.split("+"):
        kind, _, name = role_of_one.partition("/")
        parts.setdefault(kind, []).extend([name] if name else [])
    return " · ".join(
        f"{kind}: {', '.join(names)}" if names else kind for kind, names in parts.items()
    )
