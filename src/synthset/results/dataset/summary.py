"""What came out, in numbers: for the page and for the terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.stage_costs import add_up_stages
from synthset.results.reason import describe_reason
from synthset.store.dataset import Dataset

EXAMPLES = 5  # records named for each error


def summarise(dataset: Dataset, seen: FinishedRecords | None = None) -> dict[str, Any]:
    """Count what was planned, made, passed and kept, why the rest was dropped, and what it cost.

    Args:
        dataset: with at least one finished shard.
        seen: its records, if they have been read already.

    Returns:
        `planned`, `made`, `passed`, `kept`, `selected` (whether a selection was made), `target`
        (per class, or None), `classes` (the same counts for each, with `short` of the target),
        `dropped` (`group`, its `step`, `reason` in words, `n`), `errors` (`error`, `n`,
        `examples`), `stages` (`role`, `rows`, `seconds`, `failed`), `seconds`, `seconds_per_kept`
        (None where nothing is kept),
        `run` (the last start's event) and `truncated` (prompts cut by the text encoder, None
        where nobody counted).
    """
    seen = seen or FinishedRecords.of(dataset)
    classes = _classes(dataset, seen, _target(dataset))
    events = dataset.events()
    spent = add_up_stages(events, dataset.view, seen.records.num_rows)
    seconds, kept = sum(stage["seconds"] for stage in spent), int(seen.keep.sum())
    return {
        "name": dataset.name,
        **{
            part: sum(row[part] for row in classes)
            for part in ("planned", "made", "passed", "kept")
        },
        "selected": seen.selected,
        "target": _target(dataset),
        "classes": classes,
        "dropped": _count_dropped(seen),
        "errors": _errors(seen),
        "stages": spent,
        "seconds": seconds,
        "seconds_per_kept": seconds / kept if kept else None,
        "run": next((e for e in reversed(events) if e.get("event") == "run"), {}),
        "truncated": _count_truncated(events),
    }


def _target(dataset: Dataset) -> int | None:
    selection = dataset.recipe_content().get("selection") or {}
    target: int | None = selection.get("target_per_class")
    return target


def _classes(dataset: Dataset, seen: FinishedRecords, target: int | None) -> list[dict[str, Any]]:
    planned = dataset.read(dataset.view.plan, ["label"]).column("label")
    counts = {
        "planned": _count(np.asarray(planned, dtype=np.int64), len(seen.classes)),
        "made": _count(seen.labels[seen.made], len(seen.classes)),
        "passed": _count(seen.labels[seen.passed], len(seen.classes)),
        "kept": _count(seen.labels[seen.keep], len(seen.classes)),
    }
    rows = []
    for label, entry in enumerate(seen.classes):
        row: dict[str, Any] = {"label": label, "key": entry["key"], "name": entry["name"]}
        row |= {part: int(found[label]) for part, found in counts.items()}
        row["short"] = max(0, target - row["kept"]) if target else 0
        rows.append(row)
    return rows


def _count(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    return np.bincount(labels, minlength=classes)


def _count_dropped(seen: FinishedRecords) -> list[dict[str, Any]]:
    """Count reasons, in the order of the steps, the most frequent first within each."""
    if not seen.selected:
        return []
    found = Counter(reason.group for reason in seen.reasons if reason is not None)
    rows = [
        {"group": group, "step": group.step, "reason": describe_reason(group), "n": n}
        for group, n in found.items()
    ]
    return sorted(rows, key=lambda row: (_rank_step(row["step"]), -row["n"]))


def _rank_step(step: str) -> tuple[int, str]:
    """Order of the steps: failed images, the numbered steps, the quota."""
    if step == "image":
        return (-1, step)
    number = step.partition(" ")[0]
    return (int(number) if number.isdigit() else 10**6, step)


def _errors(seen: FinishedRecords) -> list[dict[str, Any]]:
    errors = seen.records.column("error").to_pylist()
    rows = [row for row, text in enumerate(errors) if text is not None]
    ids, found = seen.records.column("id"), Counter(str(errors[row]) for row in rows)
    examples: dict[str, list[tuple[str, str]]] = {text: [] for text in found}
    for row in rows:
        named = examples[str(errors[row])]
        if len(named) < EXAMPLES:
            named.append((ids[row].as_py(), seen.name_class(int(seen.labels[row]))))
    return [{"error": text, "n": n, "examples": examples[text]} for text, n in found.most_common()]


def _count_truncated(events: list[dict[str, Any]]) -> int | None:
    counts = [event["truncated"] for event in events if isinstance(event.get("truncated"), int)]
    return counts[-1] if counts else None
