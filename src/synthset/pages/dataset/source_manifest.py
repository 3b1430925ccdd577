"""What the source held: its images, and what was passed over, by reason."""

from __future__ import annotations

from typing import Any

from synthset.formats.manifest import read_imported
from synthset.store.dataset import Dataset

EXAMPLES = 5  # paths of each reason


def describe_source(dataset: Dataset) -> dict[str, Any] | None:
    """Add up what the source held.

    Returns:
        `totals` in words, `reasons` (`reason`, `n`, and `examples`, each with `path` and `detail`;
        the most frequent first), `change` since the run before, in words, and `manifest`, the path
        of the whole list; None where nothing was imported.
    """
    runs = [event for event in dataset.events() if event.get("event") == "run"]
    found = read_imported(dataset)
    if found is None:
        return None
    totals, passed = found
    return {
        "totals": str(totals),
        "reasons": [
            {
                "reason": reason,
                "n": n,
                "examples": [row for row in passed.rows if row.reason == reason][:EXAMPLES],
            }
            for reason, n in passed.counts().most_common()
        ],
        "change": runs[-1].get("change", ""),
        "manifest": dataset.view.manifest,
    }
