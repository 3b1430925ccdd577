"""What tells a generated image from a real one, whatever it shows: measured on a sample of both."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.images import UnreadableImage, decode
from synthset.measures.part import Part, find_parts
from synthset.metrics.images.matched_preprocessing import match_preprocessing
from synthset.metrics.images.source_cues import CUES, TOGETHER, read_cues
from synthset.metrics.statistics.probe import probe
from synthset.recipe.metrics import SourceCues
from synthset.results.metric_result import MetricResult, SourceCue

FEWEST = 20  # images a side: with fewer, an interval reaches from no cue to a strong one
LARGEST_PX = 256  # that images are laid out at, where the recipe names no size
LOOKED_AT = 200  # images whose size is asked for that
THREADS = 4
PROBED = "Hanley and McNeil, with shared images"
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Side:
    """The sampled images of one source.

    Attributes:
        hashes: (N,) of their bytes, in ascending order.
        stored: the cues as they lie.
        matched: the cues after preprocessing that is the same for both sources.
    """

    hashes: list[str]
    stored: Mapping[str, Numbers]
    matched: Mapping[str, Numbers]

    def of(self, hashes: set[str]) -> Side:
        """Those of some images."""
        rows = [i for i, name in enumerate(self.hashes) if name in hashes]
        taken = [
            {cue: table[rows] for cue, table in t.items()} for t in (self.stored, self.matched)
        ]
        return Side([self.hashes[row] for row in rows], *taken)


def measure(metric: SourceCues, part: Part) -> list[MetricResult]:
    """Measure by each cue how well a probe tells all and the kept images from real ones.

    Returns:
        For each part and cue an AUC as stored, and one after matched preprocessing.
    """
    reader, real = part.reader, part.reader.of(metric.reference)
    hashes = _contents(reader)
    parts = [one for one in find_parts(reader).values() if one.name != "rejected"]
    drawn = {one.name: draw(hashes[one.rows], metric.per_side) for one in parts}
    generated = _images(reader, set().union(*drawn.values()))
    photos = _images(real, set(draw(_contents(real), metric.per_side)))
    side_px = metric.size_px or min(_side(images) for images in (generated, photos))
    made, shot = (_read(images, side_px, metric) for images in (generated, photos))
    how = f"all at {side_px} px, JPEG quality {metric.jpeg_quality}"
    what = f"{metric.reference}, {len(photos):,} images"
    results: list[MetricResult] = []
    for name, names in drawn.items():
        mine = made.of(set(names))
        results += _areas(name, mine.stored, shot.stored, None, what)
        results += _areas(name, mine.matched, shot.matched, how, what)
    return results


def _contents(reader: FeatureReader) -> NDArray[np.object_]:
    return np.array(reader.records["sha256"].to_pylist(), dtype=object)


def draw(hashes: NDArray[np.object_], count: int) -> list[str]:
    """Draw images by content: the same ones whatever their order, each content once."""
    return sorted({str(name) for name in hashes if name is not None})[:count]


def _images(reader: FeatureReader, hashes: set[str]) -> dict[str, bytes]:
    """Read images by the hash of their bytes."""
    ids: dict[str, str] = {}
    columns = (reader.records[name].to_pylist() for name in ("sha256", "id"))
    for name, record in zip(*columns, strict=True):
        if name in hashes:
            ids.setdefault(name, record)
    found = reader.dataset.read_images(list(ids.values()))
    return {
        name: image
        for name, image in sorted(zip(ids, found, strict=True), key=lambda pair: pair[0])
        if image is not None
    }


def _side(images: Mapping[str, bytes]) -> int:
    """The median long side in pixels, at most 256: enlarging images would leave a trace."""
    some = list(images.values())[:LOOKED_AT]
    sides = [max(decode(data).shape[:2]) for data in some]
    return int(min(np.median(sides), LARGEST_PX)) if sides else LARGEST_PX


def _read(images: Mapping[str, bytes], side_px: int, metric: SourceCues) -> Side:
    def both(
        item: tuple[str, bytes],
    ) -> tuple[dict[str, list[float]], dict[str, list[float]]] | None:
        name, data = item
        random = np.random.default_rng(int(name[:16], 16))
        try:
            laid_out = match_preprocessing(decode(data), side_px, metric.jpeg_quality, random)
            return read_cues(data), read_cues(laid_out)
        except UnreadableImage:
            return None

    with ThreadPoolExecutor(THREADS) as threads:
        rows = list(threads.map(both, images.items()))
    there = [(name, row) for name, row in zip(images, rows, strict=True) if row is not None]
    tables = [
        {cue: np.array([row[which][cue] for _, row in there], dtype=np.float64) for cue in CUES}
        for which in (0, 1)
    ]
    return Side([name for name, _ in there], *tables)


def _areas(
    part: str,
    made: Mapping[str, Numbers],
    shot: Mapping[str, Numbers],
    preprocessing: str | None,
    what: str,
) -> list[MetricResult]:
    """One AUC by cue."""
    called = "source cue, matched" if preprocessing else "source cue"
    tables = {cue: (made[cue], shot[cue]) for cue in CUES}
    tables[TOGETHER] = (
        np.concatenate(list(made.values()), axis=1),
        np.concatenate(list(shot.values()), axis=1),
    )
    results = []
    for cue, (ours, theirs) in tables.items():
        empty = MetricResult(
            name=f"{called}: {cue}",
            of=part,
            n=len(ours),
            measured_by=", ".join(filter(None, ["probe", preprocessing])),
            better="lower",
            reference=what,
            cue=SourceCue(cue, preprocessing),
        )
        if min(len(ours), len(theirs)) < FEWEST:
            results.append(empty.warn(f"fewer than {FEWEST} images on a side"))
            continue
        source = np.arange(len(ours) + len(theirs)) < len(ours)
        results.append(empty.fill(probe(np.concatenate([ours, theirs]), source), PROBED))
    return results
