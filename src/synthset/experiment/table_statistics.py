"""The data statistics of the benchmark: a row of results for each table or trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synthset.errors import DatasetError
from synthset.experiment.class_tables import ClassTable, align_classes, read_table
from synthset.results.class_statistics import ClassStatistics, class_statistics


@dataclass(frozen=True)
class StatisticsRow:
    """One row.

    Attributes:
        name: of the table or trial.
        statistics: what came out.
        baseline: what it was compared with; nothing without one.
        notes: what a reader must know of it.
    """

    name: str
    statistics: ClassStatistics
    baseline: str = ""
    notes: tuple[str, ...] = ()


def compute_statistics(
    places: Sequence[str], baseline: str | None = None, *, published: bool = False
) -> list[StatisticsRow]:
    """Read tables and experiments, and sum each training set up.

    Args:
        places: CSV tables, and folders of experiments (a row for each trial).
        baseline: a CSV table to compare with by index; its doubled rows are always merged. Without
            one, a trial is compared with the base arm's of its seed.
        published: by the conventions of the published tables.

    Raises:
        DatasetError: a place or the baseline can't be read.
        UsageError: the baseline has no class of a table.
    """
    with_all = None if baseline is None else read_table(baseline)
    found: list[tuple[ClassTable, ClassTable | None]] = []
    for place in places:
        if Path(place).is_dir():
            # Reading trials loads what trains them: only where there are some.
            from synthset.experiment.trained_classes import read_experiment

            found += read_experiment(place, published=published)
        elif Path(place).exists():
            found.append((_name_table(place, places, published), None))
        else:
            raise DatasetError(
                f"{place}: does not exist; name CSV tables, or the folder of an experiment"
            )
    return [_result(table, with_all or own, published) for table, own in found]


def _name_table(place: str, places: Sequence[str], published: bool) -> ClassTable:
    """A table by its file's name, or by its path where two files have one name."""
    table = read_table(place, published=published)
    alike = Counter(Path(one).stem for one in places)[table.name] > 1
    return replace(table, name=place) if alike else table


def _result(table: ClassTable, baseline: ClassTable | None, published: bool) -> StatisticsRow:
    figures, notes = (None, ()) if baseline is None else align_classes(table, baseline)
    statistics = class_statistics(table.figures, figures, published=published)
    if statistics.over:
        notes = (*notes, f"means are{statistics.over}, as the others have no test image")
    name = "" if baseline is None else baseline.name
    return StatisticsRow(table.name, statistics, name, (*table.notes, *notes))
