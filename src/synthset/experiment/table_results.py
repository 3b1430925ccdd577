"""Writes the benchmark's statistics: a row a table, as CSV or JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from synthset.errors import UsageError
from synthset.experiment.table_statistics import StatisticsRow
from synthset.results.class_statistics import AGAINST_BASELINE, CORRELATIONS, MEANS
from synthset.results.stored import dump
from synthset.sheets import write_sheet

SUFFIXES = (".csv", ".json")

FOOTNOTES = {
    False: (
        "balanced accuracy is the mean recall; the published one is the mean of "
        "(precision + recall) / 2",
        "skewness is over the five largest confusions, including those of 0; the published one "
        "leaves out 0, so that a class confused with only one other gets 0 (here 1.5)",
        "rows that appear several times because of shared names are merged by index; --compat "
        "counts each",
    ),
    True: (
        "published conventions: balanced accuracy is the mean of (precision + recall) / 2; "
        "skewness leaves out confusions of 0; rows that appear several times because of shared "
        "names each count",
    ),
}


@dataclass(frozen=True)
class StatisticsFile:
    """The statistics as JSON.

    Attributes:
        notes: which conventions were followed.
        tables: rows of `make_result_rows`.
    """

    VERSION: ClassVar = 1

    notes: tuple[str, ...]
    tables: tuple[dict[str, str | int | float | None], ...]


def check_output(output: Path) -> None:
    """Refuse a file that can't be written, before anything is computed.

    Raises:
        UsageError: another suffix than `SUFFIXES`, a file that exists, a folder that doesn't.
    """
    if output.suffix not in SUFFIXES:
        raise UsageError(f"--output {output}: ends in {' or '.join(SUFFIXES)}")
    if output.exists():
        raise UsageError(f"--output {output}: exists already; name a new file")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}; create it first")


def write_results(output: Path, results: Sequence[StatisticsRow], published: bool) -> None:
    """Write a new file.

    Args:
        output: as `check_output` wants it.
        results: rows.
        published: the convention, which stands in every row.

    Raises:
        UsageError: as `check_output`; another may have written the file meanwhile.
    """
    check_output(output)
    rows = make_result_rows(results, published)
    if output.suffix == ".json":
        text = dump(StatisticsFile(FOOTNOTES[published], tuple(rows)))
    else:
        text = write_sheet(list(rows[0]), [list(row.values()) for row in rows])
    try:
        with open(output, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as fault:
        raise UsageError(f"--output {output}: can't be written ({fault})") from None


def make_result_rows(
    results: Sequence[StatisticsRow], published: bool
) -> list[dict[str, str | int | float | None]]:
    """Lay results out: every row has every column; what doesn't exist is None.

    Shares lie in [0, 1] here, LS@5pct too; `_low` and `_high` are the ends of 95 % intervals.
    """
    rows = []
    for result in results:
        found = result.statistics
        row: dict[str, str | int | float | None] = {
            "table": result.name,
            "convention": "published" if published else "corrected",
            "baseline": result.baseline,
            "images": found.images,
            "classes": found.classes,
            "coverage": found.coverage,
            "lt_500": found.lt_500,
            "ls_5pct": None if math.isnan(found.ls_5pct) else found.ls_5pct,
        }
        for name in (*MEANS, *CORRELATIONS, *AGAINST_BASELINE):
            one = found.figures.get(name)
            row[name] = one.value if one else None
            row[f"{name}_low"] = one.interval.low if one and one.interval else None
            row[f"{name}_high"] = one.interval.high if one and one.interval else None
        rows.append(row | {"notes": "; ".join(result.notes)})
    return rows
