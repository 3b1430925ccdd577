"""Why a selection dropped an image, as data; and in words, for pages, cards and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

REASON = pa.struct(
    [
        *(pa.field(name, pa.string()) for name in ("step", "rule", "column")),
        *(pa.field(name, pa.float64()) for name in ("value", "bound")),
        *(pa.field(name, pa.string()) for name in ("other_id", "reference", "note")),
    ]
)
SIZES_BY_CLASS = ("not nearest", "not most different", "not most representative")
SHARED_NOTES = ("failed", "is")
OTHER = "of another class"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an image left.

    Attributes:
        step: of the selection, such as `1 limits`; `image`, `safety`, `review` or `quota`.
        rule: of the step, such as `below`; `describe_reason` knows ours, a step of your own may
            name another, which is then shown as it is.
        column: score that the rule looks at, or encoder.
        value: of the image in it.
        bound: limit, or number of images that the rule keeps.
        other_id: record that it repeats.
        reference: set that the other record belongs to; None for the dataset's own.
        note: what others say: an error, a reviewer's note, a score's word, where the other lies.
    """

    step: str
    rule: str
    column: str | None = None
    value: float | None = None
    bound: float | None = None
    other_id: str | None = None
    reference: str | None = None
    note: str | None = None

    @property
    def group(self) -> Reason:
        """What images share that left by one rule: nothing of a single image or class."""
        return replace(
            self,
            value=None,
            bound=None if self.rule in SIZES_BY_CLASS else self.bound,
            other_id=None,
            note=self.note if self.rule in SHARED_NOTES else None,
        )


def make_reason_array(reasons: Sequence[Reason | None]) -> pa.Array:
    """Write reasons as a column; null where there is none."""
    return pa.array([None if one is None else asdict(one) for one in reasons], REASON)


def read_reason(cell: dict[str, Any] | None) -> Reason | None:
    """Read a cell of that column."""
    return None if cell is None else Reason(**cell)


def describe_reason(reason: Reason) -> str:
    """Say why an image left, or, of a `group`, several.

    >>> describe_reason(Reason("1 limits", "below", "clip_score", 18.2, 22))
    'clip_score 18.2 < 22'
    >>> describe_reason(Reason("2 duplicates", "near copy", "phash", 2, 6, "0f3a").group)
    'near copy of another image'
    """
    column, count = reason.column, "" if reason.bound is None else f" {reason.bound:g}"
    measured = f"{column}" if reason.value is None else f"{column} {reason.value:.4g}"
    other = reason.other_id or "another image"
    there = f" in {reason.reference}" if reason.reference else ""
    match reason.rule:
        case "failed":
            return reason.note or "no image"
        case "flagged":
            return "flagged by the safety checker"
        case "reviewed":
            return ": ".join(filter(None, ["dropped by the reviewer", reason.note]))
        case "missing":
            return f"{column} missing"
        case "no features":
            return f"no features by {column}"
        case "below" | "above":
            return f"{measured} {'<' if reason.rule == 'below' else '>'}{count}"
        case "is":
            return f"{column} is {reason.note}"
        case "not highest" | "not lowest":
            return f"{measured} is not among the{count} {reason.rule[4:]} of its class"
        case "not most different" | "not most representative":
            return f"not among the{count} {reason.rule[4:]} of its class"
        case "not drawn":
            return f"not drawn among{count}"
        case "over quota":
            return f"its class already has{count}" + (f" with a higher {column}" if column else "")
        case "not nearest":
            return "not in the nearest set" + (f" of{count}" if count else "")
        case "label conflict":
            also = "" if there else "also "
            return f"label conflict: the same bytes are {also}{reason.note or OTHER}{there}"
        case "exact copy" | "near copy" | "semantic copy" | "chained copy":
            return f"{COPIES[reason.rule]} {other}{there}{_how_near(reason)}"
    return reason.rule


COPIES = {
    "exact copy": "same bytes as",
    "near copy": "near copy of",
    "semantic copy": "looks like",
    "chained copy": "in a group of copies with",
}


def _how_near(reason: Reason) -> str:
    """In brackets what was measured, and where the other image lies."""
    said = []
    if reason.value is not None:
        bits = f"{reason.value:.0f} of 64 bits differ"
        said.append(bits if reason.rule == "near copy" else f"cosine {reason.value:.4g}")
    said += [reason.note] if reason.note else []
    return f" ({', '.join(said)})" if said else ""
