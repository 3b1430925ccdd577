"""What the safety checker said, in all and by class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthset.record import BLANKED
from synthset.results.dataset.finished_records import FinishedRecords

Mask = NDArray[np.bool_]


def find_verdicts(images: pa.Table) -> dict[str, Mask]:
    """Tell of each image what the safety checker said of it.

    Args:
        images: (N rows) with `nsfw` and `error`.

    Returns:
        `checked`, `blanked` (the model gave a black frame in place of the image) and `flagged`
        (the image is there, and is never kept), (N,) bool each.
    """
    nsfw = images.column("nsfw")
    blanked = _flags(pc.equal(images.column("error"), BLANKED))
    flagged = _flags(nsfw) & ~blanked
    return {"checked": _flags(nsfw.is_valid()) | blanked, "blanked": blanked, "flagged": flagged}


def count_verdicts(seen: FinishedRecords) -> dict[str, Any] | None:
    """Count what the safety checker said.

    Returns:
        `checked`, `blanked`, `flagged`, and `classes` (the same with `name`; those with a blanked
        or flagged image, the most first), or None where no checker looked.
    """
    said = find_verdicts(seen.records)
    if not said["checked"].any():
        return None
    found = {
        what: np.bincount(seen.labels[mask], minlength=len(seen.classes))
        for what, mask in said.items()
    }
    rows: list[dict[str, Any]] = [
        {"name": seen.name_class(label), **{what: int(n[label]) for what, n in found.items()}}
        for label in range(len(seen.classes))
    ]
    unsafe = [row for row in rows if row["blanked"] or row["flagged"]]
    unsafe.sort(key=lambda row: -(row["blanked"] + row["flagged"]))
    return {**{what: int(n.sum()) for what, n in found.items()}, "classes": unsafe}


def _flags(column: pa.ChunkedArray) -> Mask:
    return np.asarray(column.fill_null(False), dtype=bool)
