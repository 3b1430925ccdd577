"""What a reviewer said of single images: dropped ones leave first, kept ones stay in any case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthset.errors import Problem, RecipeError, did_you_mean, shorten
from synthset.results.reason import Reason
from synthset.selection.candidates import Candidates
from synthset.sheets import read_sheet

STEP = "review"
VERDICTS = ("keep", "drop")


@dataclass(frozen=True, slots=True)
class ReviewVerdict:
    """What is to be done with an image, and why."""

    keep: bool
    note: str


def read_review(path: str) -> dict[str, ReviewVerdict]:
    """Read a review file: CSV with the columns `id`, `verdict` (keep, drop or empty) and `note`.

    Returns:
        Verdicts by record; records without one are left out.

    Raises:
        RecipeError: the file is missing, or a line of it cannot be meant.
    """
    place = Path(path).expanduser()
    where = f"selection.review ({path})"
    try:
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        right = "name a CSV file, such as the one written by `synthset review DIR`"
        raise RecipeError(where, f"cannot be read ({fault})", right) from None
    sheet = read_sheet(text, where)
    if not {"id", "verdict"} <= set(sheet.columns):
        found = (
            f"found the columns {shorten(list(sheet.columns), 200)}"
            if sheet.columns
            else "it has no columns"
        )
        raise RecipeError(where, found, "the first line must be id,verdict,note")
    verdicts, problems = {}, []
    for line, row in sheet.rows:
        said = row["verdict"].strip().lower()
        if said and said not in VERDICTS:
            found = f"line {line}: verdict {shorten(said)}"
            right = f"{did_you_mean(said, VERDICTS)}; or leave it empty"
            problems.append(Problem(where, found, right))
        elif said:
            verdicts[row["id"].strip()] = ReviewVerdict(said == "keep", row.get("note", ""))
    if problems:
        raise RecipeError.of(problems[:10])
    return verdicts


def apply_review(candidates: Candidates, verdicts: dict[str, ReviewVerdict]) -> None:
    """Drop what a reviewer dropped, and fix what a reviewer keeps.

    An image without pixels, or one that the safety checker flagged, cannot be kept.
    """
    dropped, reasons = [], []
    for row, name in enumerate(candidates.records.column("id").to_pylist()):
        verdict = verdicts.get(name)
        if verdict is None or not candidates.keep[row]:
            continue
        if verdict.keep:
            candidates.fixed[row] = True
        else:
            dropped.append(row)
            reasons.append(Reason(STEP, "reviewed", note=verdict.note or None))
    candidates.drop(np.array(dropped, dtype=np.int64), reasons)
