"""Failures of single records: when a stage has had enough of them, and when nothing was made."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from math import ceil

from synthset.encoders.faults import NO_IMAGE
from synthset.errors import StageError, TooManyFailures
from synthset.recipe.exports import EngineSettings
from synthset.store.dataset import Dataset

SHARE = 0.05  # of the rows, in a row: with `auto`, where that is more than FEWEST
FEWEST = 32
LISTED = 3  # reasons that a message names

Failed = Sequence[tuple[int, str]]  # row of the shard, and its error


class Budget:
    """Counts how many records in a row have failed in the same way, by stage.

    Neighbours are neighbours in the plan, across shards, whoever computed them and when: so whether
    a stage stops doesn't depend on the number of workers.

    Args:
        most: failures in a row at which a stage stops.
        rows: rows of each shard of the plan, by its number.
    """

    def __init__(self, most: int, rows: Mapping[int, int]) -> None:
        self.most = most
        shards = sorted(rows)
        ends = accumulate(rows[shard] for shard in shards)
        self._first = {shard: end - rows[shard] for shard, end in zip(shards, ends, strict=True)}
        self._runs: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)

    @classmethod
    def of(cls, settings: EngineSettings, rows: Mapping[int, int]) -> Budget:
        """The budget of a run on a plan, whose shards have so many rows."""
        usual = max(FEWEST, ceil(SHARE * sum(rows.values())))
        asked = settings.max_failures
        return cls(usual if asked == "auto" else asked, rows)

    def note(self, role: str, shard: int, failed: Failed) -> None:
        """Count some failures.

        Raises:
            TooManyFailures: as many as the budget allows lie in a row.
        """
        for row, error in failed:
            runs, place = self._runs[role, find_kind(error)], self._first[shard] + row
            left, right = runs.get(place - 1, 0), runs.get(place + 1, 0)
            length = left + 1 + right  # a run is known at both of its ends
            runs[place - left] = runs[place + right] = runs[place] = length
            if length >= self.most:
                raise TooManyFailures(
                    f"{role}: {length:,} records in a row failed in the same way, the last one in "
                    f"shard {shard}: {error}. Finished work is kept. Fix the cause and run the "
                    f"same command again, or set engine.max_failures above {self.most}"
                )


def find_kind(error: str) -> str:
    """Tell the kind of an error from what it says of a single record: files, names, numbers.

    >>> find_kind("/a/cat 1.png: not 3 channels") == find_kind("/b/dog 2.png: not 4 channels")
    True
    """
    head, colon, rest = error.partition(": ")
    told = rest if colon and re.search(r"[/\\#]", head) else error
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*[/\\]\S*|\b[0-9a-f]{8,}\b|\d+(\.\d+)?", "#", told)


def refuse_nothing_made(dataset: Dataset, images: str, shards: Sequence[int]) -> None:
    """See that some shards of a table of images hold one at least.

    Raises:
        StageError: every image has failed; with the most frequent reasons.
    """
    cells = dataset.folder.map(partial(dataset.read_cell, images, columns=["error"]), shards)
    errors = [error for cell in cells for error in cell.column("error").to_pylist()]
    if errors and None not in errors:
        raise StageError(
            f"images: none of {len(errors):,} could be made: {count_errors(errors)}. Fix the "
            "source and run again; with another model, other files or other settings, every image "
            "is tried again"
        )


def collect_failures(dataset: Dataset) -> dict[str, list[str]]:
    """Give the errors of each table of the present recipe, by its role, where there are any; a
    record without an image fails there alone."""
    view = dataset.view
    tables = {"images": view.images}
    tables |= {f"features/{name}": table for name, table in view.features.items()}
    tables |= {f"scores/{name}": table for name, table in view.scores.items()}
    found = {}
    for role, table in tables.items():
        cells = (dataset.read_cell(table, shard, ["error"]) for shard in dataset.shards(table))
        errors = [error for cell in cells for error in cell.column("error").to_pylist()]
        own = [error for error in errors if error is not None and error != NO_IMAGE]
        if own:
            found[role] = own
    return found


def count_errors(errors: Sequence[str]) -> str:
    """Count errors by kind, the most frequent first, each with an example."""
    first: dict[str, str] = {}
    counts = Counter(find_kind(error) for error in errors)
    for error in errors:
        first.setdefault(find_kind(error), error)
    said = [f"{count:,} × {first[kind]}" for kind, count in counts.most_common(LISTED)]
    rest = f" and {len(counts) - LISTED:,} other reasons" if len(counts) > LISTED else ""
    return "; ".join(said) + rest
