"""Which images the page shows: kept ones by class, rejected ones by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.pages.kit.thumbnails import count_most
from synthset.recipe.exports import Report
from synthset.results.dataset.finished_records import FinishedRecords, take_evenly
from synthset.results.reason import Reason, describe_reason, read_reason
from synthset.thumbnail import Thumbnail

MAX_REASONS = 24  # groups of rejected images; the rarest are left to the table of reasons


def choose_kept(seen: FinishedRecords, settings: Report) -> dict[int, list[int]]:
    """Choose rows of kept images by label, evenly over their ranks, best first.

    With more classes than `max_classes`, the classes shown lie evenly over the label order; a page
    holds only so many images, so many classes get fewer each.
    """
    shown = take_evenly(np.arange(len(seen.classes)), settings.max_classes)
    room = (count_most() - settings.rejected) // max(1, len(shown))
    each = min(settings.gallery_per_class, max(1, room))
    order = _sort_by_rank(seen)
    labels, wanted = seen.labels[order], set(shown)
    bounds = np.searchsorted(labels, np.arange(len(seen.classes) + 1))
    groups = {label: order[bounds[label] : bounds[label + 1]] for label in sorted(wanted)}
    return {label: take_evenly(rows, each) for label, rows in groups.items() if len(rows)}


def _sort_by_rank(seen: FinishedRecords) -> NDArray[np.int64]:
    """Rows of the kept images, by class and rank."""
    rows = np.flatnonzero(seen.keep)
    if not seen.selected:
        return rows[np.argsort(seen.labels[rows], kind="stable")]
    rank = np.asarray(seen.records.column("rank").fill_null(0), dtype=np.int64)[rows]
    return rows[np.lexsort((rank, seen.labels[rows]))]


def choose_rejected(
    seen: FinishedRecords, dropped: Sequence[Mapping[str, Any]], limit: int
) -> list[tuple[dict[str, Any], list[int]]]:
    """Choose rows of rejected images with pixels: as many of each reason as there is room for."""
    if not seen.selected or not limit:
        return []
    groups: dict[Reason, list[int]] = {}
    for row, (reason, made) in enumerate(zip(seen.reasons, seen.made.tolist(), strict=True)):
        if reason is not None and made:
            groups.setdefault(reason.group, []).append(row)
    named = [dict(d) for d in dropped if d["group"] in groups]
    named = sorted(sorted(named, key=lambda d: -d["n"])[:MAX_REASONS], key=named.index)
    sizes = share_room([len(groups[d["group"]]) for d in named], limit)
    return [
        (d, take_evenly(np.array(groups[d["group"]]), size))
        for d, size in zip(named, sizes, strict=True)
        if size
    ]


def share_room(sizes: Sequence[int], room: int) -> list[int]:
    """Share room among groups: as equal as they allow, none more than it has.

    >>> share_room([2, 100, 100], 12)
    [2, 5, 5]
    """
    shares = [0] * len(sizes)
    for place, group in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[group] = min(sizes[group], room // (len(sizes) - place))
        room -= shares[group]
    return shares


def make_pictures(
    seen: FinishedRecords, rows: Sequence[int], found: Mapping[str, Thumbnail]
) -> list[dict[str, Any]]:
    """What the page says of each image: the picture, and words for its tooltip."""
    table = seen.records.take(rows) if rows else seen.records.slice(0, 0)
    shown = []
    for record in table.to_pylist():
        thumbnail = found.get(record["id"])
        if thumbnail is not None:
            name = seen.name_class(record["label"])
            reason = read_reason(record.get("reason"))
            measured = None
            if reason is not None and reason.other_id is None and reason.value is not None:
                measured = f"{reason.value:.4g}"
            record["reason"] = None if reason is None else describe_reason(reason)
            facts = _facts(seen, record)
            shown.append(
                {"thumbnail": thumbnail, "class": name, "measured": measured, "facts": facts}
            )
    return shown


def _facts(seen: FinishedRecords, record: Mapping[str, Any]) -> str:
    """One line a fact: class, prompt, seed, scores, reason, id."""
    facts = {"class": record["class_name"]}
    named = (
        "prompt",
        "negative_prompt",
        "origin",
        "strength",
        "seed",
        "round",
        *seen.score_columns,
    )
    facts |= {name: record[name] for name in (*named, "reason", "rank") if name in record}
    facts |= {"size": f"{record['width']} × {record['height']}", "id": record["id"]}
    return "\n".join(
        f"{name}: {format_fact(fact)}" for name, fact in facts.items() if fact is not None
    )


def format_fact(found: Any) -> str:
    """Write a fact on one line: four digits for a number."""
    return f"{found:.4g}" if isinstance(found, float) else " ".join(str(found).split())
