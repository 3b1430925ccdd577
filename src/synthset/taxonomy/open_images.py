"""OpenImages' labels: what each MID is called, and what lies above it.

Paper: Kuznetsova et al. 2020, The Open Images Dataset V4, arXiv 1811.00982
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from synthset.errors import RecipeError
from synthset.sheets import read_cells

HEADS = ("labelname", "mid")  # first cell of a file with a header; the older ones have none


@dataclass(frozen=True, slots=True)
class OpenImagesVocabulary:
    """The labels that OpenImages knows.

    Attributes:
        names: MID -> what it is called, "/m/0bt9lr" -> "Dog".
        parents: MID -> the MIDs that it is a kind of, by the hierarchy; empty without one.
    """

    names: Mapping[str, str]
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def list_above(self, mid: str) -> tuple[str, ...]:
        """List the MIDs above one, nearest first, each once."""
        found: dict[str, None] = {}
        level = self.parents.get(mid, ())
        while level:
            new = [parent for parent in dict.fromkeys(level) if parent not in found]
            found.update(dict.fromkeys(new))
            level = tuple(above for parent in new for above in self.parents.get(parent, ()))
        return tuple(found)

    def find_nearest(self, mid: str) -> str:
        """Say which known MID a mistyped one could be."""
        near = get_close_matches(mid, self.names, n=1, cutoff=0.7)
        known = f"did you mean {near[0]} ({self.names[near[0]]})?" if near else None
        return (
            known
            or f"the class descriptions list {len(self.names):,} labels, such as {self._first()}"
        )

    def _first(self) -> str:
        mid = next(iter(self.names))
        return f"{mid} ({self.names[mid]})"


def read_vocabulary(
    descriptions: str, hierarchy: str | None = None, where: str = "source"
) -> OpenImagesVocabulary:
    """Read OpenImages' own files.

    Args:
        descriptions: `class-descriptions.csv` of any version: MID and name, with or without a
            header.
        hierarchy: `bbox_labels_600_hierarchy.json`; parts ("Part") are not kinds, and are not read.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: a file is missing or holds something else; with its line.
    """
    names: dict[str, str] = {}
    for line, row in read_rows(descriptions, f"{where}.descriptions"):
        if line == 1 and row and row[0].strip().lower() in HEADS:
            continue
        if len(row) < 2 or not row[0].startswith("/") or not row[1].strip():
            found = f"{descriptions}, line {line}: {', '.join(row)!r} is not a MID with a name"
            raise RecipeError(f"{where}.descriptions", found, "write lines such as /m/0bt9lr,Dog")
        names[row[0].strip()] = row[1].strip()
    if not names:
        right = "name OpenImages' class-descriptions.csv"
        raise RecipeError(f"{where}.descriptions", f"{descriptions} is empty", right)
    return OpenImagesVocabulary(
        names, _parents(hierarchy, f"{where}.hierarchy") if hierarchy else {}
    )


def read_rows(path: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a CSV that are not empty, each with its line.

    Raises:
        RecipeError: the file is missing or no text.
    """
    for line, row in read_cells(read_text(path, where), where):
        if any(cell.strip() for cell in row):
            yield line, row


def read_text(path: str, where: str) -> str:
    """Read a text file that a recipe names."""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        found = "does not exist" if isinstance(fault, FileNotFoundError) else f"({fault})"
        raise RecipeError(where, f"{path} {found}", "name a file from OpenImages") from None


def _parents(path: str, where: str) -> dict[str, tuple[str, ...]]:
    right = "name OpenImages' bbox_labels_600_hierarchy.json"
    try:
        top = json.loads(read_text(path, where))
    except (ValueError, RecursionError) as fault:
        raise RecipeError(where, f"{path} is not valid JSON ({fault})", right) from None
    if not isinstance(top, dict) or "LabelName" not in top:
        raise RecipeError(where, f"{path} has no 'LabelName' at the top level", right)
    found: dict[str, dict[str, None]] = {}
    _climb(top, found)
    return {mid: tuple(parents) for mid, parents in found.items()}


def _climb(node: Mapping[str, Any], found: dict[str, dict[str, None]]) -> None:
    for child in node.get("Subcategory", ()):
        found.setdefault(child["LabelName"], {})[node["LabelName"]] = None
        _climb(child, found)
