"""What copies are known by: bytes, perceptual hash, features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Features, normalise_rows
from synthset.metrics.images.colours import Steps, are_alike, colour_steps
from synthset.metrics.images.hamming import Hashes, find_hamming_pairs
from synthset.metrics.images.pairs import Pairs, find_cosine_pairs
from synthset.recipe.steps import Duplicates

Rows = NDArray[np.int64]
BRIGHTNESS = 16  # digits of a perceptual hash, before those of colours
KINDS = ("exact", "near", "semantic")  # from the strictest on


@dataclass(frozen=True, eq=False)
class Hashed:
    """Images with a perceptual hash.

    Attributes:
        rows: (N,) which they are.
        bits: (N,) of brightness.
        colours: (N, C) steps, see `metrics.colours`.
    """

    rows: Rows
    bits: Hashes
    colours: Steps

    def take(self, places: Rows) -> Hashed:
        """Some of them."""
        return Hashed(self.rows[places], self.bits[places], self.colours[places])


@dataclass(frozen=True, eq=False)
class Looks:
    """Images as a search for copies sees them.

    Attributes:
        ids: (N,) of the records.
        contents: (N,) hash of each image's bytes.
        hashes: (N,) perceptual hash or None: 16 hexadecimal digits, and those of the colours where
            they are known; None for all if not asked for.
        features: (N, D) float32, NaN where an image has none; None if not asked for.
        places: (N,) where each image lies, for people; None where that is not known.
        names: (N,) of their classes; None where that is not asked.
    """

    ids: Sequence[str]
    contents: Sequence[str]
    hashes: Sequence[str | None] | None = None
    features: Features | None = None
    places: Sequence[str | None] | None = None
    names: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> Looks:
        """Some of the images."""
        picked = rows.tolist()
        return Looks(
            [self.ids[row] for row in picked],
            [self.contents[row] for row in picked],
            None if self.hashes is None else [self.hashes[row] for row in picked],
            None if self.features is None else self.features[rows],
            None if self.places is None else [self.places[row] for row in picked],
            None if self.names is None else [self.names[row] for row in picked],
        )

    def find_hashed(self) -> Hashed:
        """The perceptual hashes of those that have one."""
        there = [(row, digits) for row, digits in enumerate(self.hashes or []) if digits]
        return Hashed(
            np.array([row for row, _ in there], dtype=np.int64),
            np.array([int(digits[:BRIGHTNESS], 16) for _, digits in there], dtype=np.uint64),
            colour_steps([digits[BRIGHTNESS:] for _, digits in there]),
        )

    def find_directed(self) -> tuple[Rows, Features]:
        """Rows whose features have a direction, and the features; black pixels have none."""
        assert self.features is not None
        rows = np.flatnonzero(np.nan_to_num(np.linalg.norm(self.features, axis=1)) > 0)
        return rows, self.features[rows]

    def count_bits_apart(self, row: int, others: Looks, other: int) -> int | None:
        """How many bits of two perceptual hashes differ; None where one is missing."""
        if self.hashes is None or others.hashes is None:
            return None
        mine, theirs = self.hashes[row], others.hashes[other]
        if not mine or not theirs:
            return None
        return (int(mine[:BRIGHTNESS], 16) ^ int(theirs[:BRIGHTNESS], 16)).bit_count()

    def has_colours_of(self, row: int, others: Looks, other: int) -> bool:
        """Whether the colours of two images are alike; also where those of one aren't known."""
        mine = (self.hashes[row] if self.hashes else None) or ""
        theirs = (others.hashes[other] if others.hashes else None) or ""
        steps = colour_steps([mine[BRIGHTNESS:], theirs[BRIGHTNESS:]])
        return bool(are_alike(steps[:1], steps[1:])[0])

    def compute_cosine(self, row: int, others: Looks, other: int) -> float | None:
        """Cosine of two images' features; None where one has no direction."""
        if self.features is None or others.features is None:
            return None
        both = np.stack([self.features[row], others.features[other]]).astype(np.float64)
        lengths = np.linalg.norm(both, axis=1)
        if not np.nan_to_num(lengths).all():
            return None
        unit = normalise_rows(both, "features")
        return float(unit[0] @ unit[1])


def read_looks(reader: FeatureReader, settings: Duplicates) -> Looks:
    """What a search for copies compares of the images of a reference set; those that couldn't be
    read are left out."""
    there = np.asarray(reader.records["sha256"].is_valid())
    records = reader.records.filter(there)
    return Looks(
        records["id"].to_pylist(),
        records["sha256"].to_pylist(),
        None if settings.radius is None else records[settings.score].to_pylist(),
        None if settings.encoder is None else reader.features(settings.encoder)[there],
        [_place(source) for source in records["source"].to_pylist()],
        records["class_name"].to_pylist(),
    )


def _place(source: str | None) -> str | None:
    """A file and its folder; what lies above them is the machine's own."""
    return source and "/".join(source.split("/")[-2:])


def find_pairs_within(mine: Looks, settings: Duplicates, kind: str) -> Iterator[Pairs]:
    """Find enough pairs of one kind to join all that belongs together: of images that are the same
    by a stricter kind, one stands for all."""
    if kind == "exact":
        _, first, same = np.unique(mine.contents, return_index=True, return_inverse=True)
        yield _link(np.arange(len(mine)), first[same])
    elif kind == "near" and settings.radius is not None:
        hashed = mine.find_hashed()
        both = np.column_stack([hashed.bits.view(np.uint8).reshape(-1, 8), hashed.colours])
        whole = both.view(f"V{both.shape[1]}").ravel()  # a row is one value
        _, stands, same = np.unique(whole, return_index=True, return_inverse=True)
        yield _link(hashed.rows, hashed.rows[stands[same]])
        each = hashed.take(stands)
        yield from _near(find_hamming_pairs(each.bits, radius=settings.radius), each, each)
    elif kind == "semantic" and settings.similarity is not None:
        _, first = np.unique(mine.contents, return_index=True)
        distinct = np.sort(first)
        rows, features = mine.take(distinct).find_directed()
        if len(rows):
            found = find_cosine_pairs(features, similarity=settings.similarity)
            yield from _at(found, distinct[rows], distinct[rows])


def find_pairs_across(mine: Looks, real: Looks, settings: Duplicates, kind: str) -> Iterator[Pairs]:
    """Find the pairs of one kind between two sets."""
    if kind == "exact":
        first = {content: row for row, content in reversed(list(enumerate(real.contents)))}
        there = [row for row, content in enumerate(mine.contents) if content in first]
        yield _link(np.array(there), np.array([first[mine.contents[row]] for row in there]))
    elif kind == "near" and settings.radius is not None:
        ours, theirs = mine.find_hashed(), real.find_hashed()
        yield from _near(find_hamming_pairs(ours.bits, theirs.bits, settings.radius), ours, theirs)
    elif kind == "semantic" and settings.similarity is not None:
        (rows, features), (others, seen) = mine.find_directed(), real.find_directed()
        if len(rows) and len(others):
            yield from _at(find_cosine_pairs(features, seen, settings.similarity), rows, others)


def _near(found: Iterator[Pairs], ours: Hashed, theirs: Hashed) -> Iterator[Pairs]:
    """Of pairs near in brightness those near in colour, as rows of the whole."""
    for pairs in found:
        near = pairs.where(are_alike(ours.colours[pairs.rows], theirs.colours[pairs.others]))
        yield from _at(iter([near]), ours.rows, theirs.rows)


def _link(rows: Rows, others: Rows) -> Pairs:
    rows, others = rows.astype(np.int64), others.astype(np.int64)
    return Pairs(rows, others, np.zeros(len(rows)))


def _at(found: Iterator[Pairs], rows: Rows, others: Rows) -> Iterator[Pairs]:
    """Put pairs of parts back to rows of the whole."""
    for pairs in found:
        yield Pairs(rows[pairs.rows], others[pairs.others], pairs.apart)
