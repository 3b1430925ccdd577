"""Exact duplicates: of images with the same bytes the first planned stays."""

from __future__ import annotations

import numpy as np

from synthset.selection.candidates import Candidates


def apply_duplicates(candidates: Candidates, step: str) -> None:
    """Drop every later copy; the reason names the record that stays, also across classes."""
    ids = candidates.records.column("id").to_pylist()
    first: dict[str, int] = {}
    rows, reasons = [], []
    for row, content in enumerate(candidates.records.column("sha256").to_pylist()):
        if not candidates.keep[row]:
            continue
        original = first.setdefault(content, row)
        if original != row:
            rows.append(row)
            reasons.append(f"same bytes as {ids[original]}")
    candidates.drop(np.asarray(rows, dtype=np.int64), reasons, step)
