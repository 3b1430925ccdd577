"""Writes the images of a set whose cues are matched to the real training images of a split, once,
and measures what that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synthset.errors import StageError
from synthset.experiment.images import Collection, FromFiles, SetImages
from synthset.experiment.matching.learn_matcher import learn_matcher
from synthset.experiment.matching.matcher import Changed, Matcher, OpenedCopy, open_copy
from synthset.experiment.matching.probe_cues import PER_SIDE, choose_alike, probe_cues
from synthset.experiment.splits import RealSplit, Split
from synthset.formats.features import describe_columns
from synthset.formats.parquet import ParquetWriter
from synthset.images import sha256
from synthset.machine import ProgressBar, count_cores
from synthset.recipe.labelled_images import Cue
from synthset.recipe.paths import FolderPath
from synthset.recipe.sources import Folder
from synthset.results.cue_match import CueMatch
from synthset.results.stored import dump, load
from synthset.seeds import fingerprint
from synthset.store.files import create_file, write_aside

VERSION = "1"  # changes whenever the same images would become others
IMAGES, MEASURED = "images.parquet", "cues.json"
SAMPLE = 2000  # images of a side that are learned from
SAMPLE_PIXELS = 1 << 26  # of a side, which take 200 MB
BATCH, BATCH_PIXELS = 256, 1 << 23  # changed together
COLUMNS = ("label", "place", "original", "sha256", "steps")

Rows = NDArray[np.int64]


class MatchedSet:
    """A set and the real training images that it is matched to.

    Args:
        name: of the set.
        cues: that are matched.
        given: its images as they are.
        real: the real images.
        split: of them; only its training images are read.
        bar: told how far it is.
    """

    def __init__(
        self,
        name: str,
        cues: tuple[Cue, ...],
        given: SetImages,
        real: RealSplit,
        split: Split,
        bar: ProgressBar,
    ) -> None:
        self.name, self.cues, self.given, self.real = name, cues, given, real
        self.split, self.bar = split, bar
        held = real.hash_test_images(split) | {real.images.contents[row] for row in split.val}
        known = np.flatnonzero(given.labels >= 0)
        free = [given.images.contents[row] not in held for row in known.tolist()]
        self.rows: Rows = known[np.array(free, bool)]
        self.held = len(known) - len(self.rows)

    @property
    def fingerprint(self) -> str:
        """Names all that decides the images."""
        mine = [self.given.images.contents[row] for row in self.rows.tolist()]
        theirs = [self.real.images.contents[row] for row in self.split.train.tolist()]
        sides = [
            [mine, self.given.labels[self.rows].tolist()],
            [theirs, self.real.labels[self.split.train].tolist()],
        ]
        return fingerprint([VERSION, self.cues, self.split.seed, *sides])

    def make(self, sets: Path) -> tuple[SetImages, CueMatch]:
        """Write and measure what isn't there yet.

        Args:
            sets: folder of the experiment's sets.

        Raises:
            StageError: no image of the set can be read.
        """
        folder = sets / f"{self.name}-matched-{self.fingerprint}"
        file, measured = folder / IMAGES, folder / MEASURED
        if not file.exists():
            self._write(file)
        table = pq.read_table(file, columns=list(COLUMNS))
        changed = self._list_images(file, table)
        if not measured.exists():
            found = self._measure(table, changed)
            create_file(measured, dump(found).encode())
            self.bar.say(found.words)
        return changed, load(CueMatch, measured.read_text(), str(measured))

    def _list_images(self, file: Path, table: pa.Table) -> SetImages:
        contents = table.column("sha256").to_pylist()
        sources = [f"{file.as_posix()}#{row}" for row in range(table.num_rows)]
        read = FromFiles(
            sources, Folder(kind="folder", paths=(FolderPath(path=str(file)),)), contents
        )
        labels = np.asarray(table.column("label"), dtype=np.int64)
        images = Collection(self.real.classes, labels, tuple(contents), read)
        return SetImages(images, labels, tuple(table.column("original").to_pylist()))

    def _write(self, file: Path) -> None:
        matcher, batch = self._learn()
        names = [
            {"name": names[0], "key": names.key or str(k)}
            for k, names in enumerate(self.real.classes)
        ]
        columns = pa.schema(
            [(name, pa.int64() if name in ("label", "place") else pa.string()) for name in COLUMNS]
        )
        self.bar.start("matching", len(self.rows))
        count, written = count_cores(), 0
        with write_aside(file) as aside, ThreadPoolExecutor(count) as threads:
            writer = ParquetWriter(aside, describe_columns(columns.empty_table(), names).schema)
            for start in range(0, len(self.rows), batch):
                rows = self.rows[start : start + batch].tolist()
                opened = list(threads.map(self._open, rows))
                there = [(row, one) for row, one in zip(rows, opened, strict=True) if one]
                changed = matcher.change([one for _, one in there], threads.map)
                for (row, one), new in zip(there, changed, strict=True):
                    writer.add(_make_row(row, one, new), new.data)
                written += len(there)
                self.bar.advance(len(rows))
            writer.close()
            if not written:
                raise StageError(f"sets.{self.name}: none of its images can be read; repair them")
        self.bar.stop()

    def _learn(self) -> tuple[Matcher, int]:
        """Learn from samples of both sides; and how many images are changed together."""
        real, made = self._order()
        opened = (self._open(row) for rows in made.values() for row in rows)
        first = next((one for one in opened if one is not None), None)
        if first is None:
            raise StageError(f"sets.{self.name}: none of its images can be read; repair them")
        size = first.pixels.size // 3
        sample = min(SAMPLE, max(1, SAMPLE_PIXELS // size))
        sides = [_take(real, sample), _take(made, sample)]
        with ThreadPoolExecutor(count_cores()) as threads:
            theirs, ours = (
                [one for one in threads.map(read, rows) if one is not None]
                for read, rows in zip((self._open_real, self._open), sides, strict=True)
            )
        matcher = learn_matcher(self.cues, theirs, ours, self.split.seed)
        return matcher, min(BATCH, max(1, BATCH_PIXELS // size))

    def _measure(self, table: pa.Table, changed: SetImages) -> CueMatch:
        """Probe images that were learned from last."""
        real, made = self._order()
        places = {place: row for row, place in enumerate(table.column("place").to_pylist())}
        ends = [
            {label: [row for row in rows[::-1]] for label, rows in real.items()},
            {label: [row for row in rows[::-1] if row in places] for label, rows in made.items()},
        ]
        theirs, ours = choose_alike([{k: r for k, r in end.items() if r} for end in ends], PER_SIDE)
        before, after = probe_cues(
            [self.real.images.read(row) for row in theirs],
            [
                [self.given.images.read(row) for row in ours],
                [changed.images.read(places[row]) for row in ours],
            ],
            self.bar,
        )
        steps = Counter(
            step for one in table.column("steps").to_pylist() for step in one.split(", ") if step
        )
        return CueMatch(
            self.name,
            self.split.seed,
            self.cues,
            table.num_rows,
            dict(sorted(steps.items())),
            len(self.rows) - table.num_rows,
            self.held,
            len(ours),
            before,
            after,
        )

    def _order(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Rows of each class on both sides, in a random order that bytes and seed decide."""
        real = _by_class(self.split.train.tolist(), self.real.labels)
        contents, seed = self.given.images.contents, self.split.seed
        order = sorted(
            self.rows.tolist(), key=lambda row: (fingerprint([seed, contents[row]]), row)
        )
        return real, _by_class(order, self.given.labels)

    def _open(self, row: int) -> OpenedCopy | None:
        images = self.given.images
        return open_copy(images.read(row), int(self.given.labels[row]), images.contents[row])

    def _open_real(self, row: int) -> OpenedCopy | None:
        images = self.real.images
        return open_copy(images.read(row), int(self.real.labels[row]), images.contents[row])


def _by_class(rows: Sequence[int], labels: Rows) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(int(labels[row]), []).append(row)
    return found


def _take(by_class: Mapping[int, Sequence[int]], most: int) -> list[int]:
    """The first rows of each class: as many as fit, one at least."""
    each = max(1, most // len(by_class))
    return [row for rows in by_class.values() for row in rows[:each]]


def _make_row(place: int, image: OpenedCopy, changed: Changed) -> dict[str, Any]:
    content = sha256(changed.data)
    return {
        "label": image.label,
        "place": place,
        "original": image.key,
        "sha256": content,
        "steps": ", ".join(changed.steps),
        "file_name": content,
    }
