"""How long does exact retrieval from a million features take, compared with FAISS?

    OMP_NUM_THREADS=1 python benchmarks/retrieval.py [--images 1000000] [--queries 1000]

It takes two minutes on one core and 5 GB, prints a table, and writes it into benchmarks/RESULTS.md.
The features are random unit vectors of 512 float32 numbers; the queries belong to a hundred
classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import faiss
import numpy as np
from numpy.typing import NDArray

from synthset.metrics.sets.retrieval import BLOCK, retrieve
from turns import conditions, in_turns, table, write_section

WIDTH, NEIGHBOURS, CLASSES, TURNS = 512, 100, 100, 2

Floats = NDArray[np.float32]


def unit_vectors(rows: int, seed: int) -> Floats:
    """(rows, 512) float32 of unit length, made in blocks."""
    draw = np.random.default_rng(seed)
    found = np.empty((rows, WIDTH), np.float32)
    for start in range(0, rows, BLOCK):
        block = draw.standard_normal((len(found[start : start + BLOCK]), WIDTH), dtype=np.float32)
        found[start : start + BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    asked = parser.parse_args()
    pool, queries = unit_vectors(asked.images, 0), unit_vectors(asked.queries, 1)
    labels = np.arange(asked.queries, dtype=np.int64) % CLASSES
    flat = faiss.IndexFlatIP(WIDTH)
    flat.add(pool)
    rows: dict[str, NDArray[np.int64]] = {}

    def blocks() -> Iterator[tuple[NDArray[np.int64], Floats]]:
        for start in range(0, len(pool), BLOCK):
            some = pool[start : start + BLOCK]
            yield np.arange(start, start + len(some)), some

    def ours() -> float:
        fetch = pool.__getitem__
        found = retrieve(queries, labels, blocks(), len(pool), NEIGHBOURS, fetch)
        rows["synthset"] = found.rows
        return float(found.similarity.sum())

    def theirs() -> float:
        cosines, rows["faiss"] = flat.search(queries, NEIGHBOURS)
        return float(cosines.sum(dtype=np.float64))

    timings = in_turns({"synthset": ours, "FAISS IndexFlatIP": theirs}, TURNS)
    same = float((rows["synthset"] == rows["faiss"]).mean())
    sets = np.mean([len(np.intersect1d(a, b)) for a, b in zip(*rows.values(), strict=True)])
    body = (
        f"The {NEIGHBOURS} nearest of {asked.images:,} images to each of {asked.queries:,} "
        f"queries, {WIDTH} float32 numbers each, in one pass. synthset also finds the nearest "
        f"and second nearest of {CLASSES} classes for each image. The value is the sum of all "
        "cosines.\n\n"
        + table(timings, "synthset", "FAISS IndexFlatIP", {})
        + f"\n\n{sets / NEIGHBOURS:.4%} of the neighbours are the same, {same:.4%} at the same "
        "rank; the cosines of the others differ by less than the 6 decimals to which synthset "
        "rounds.\n\n"
        f"`python benchmarks/retrieval.py`. {conditions(['numpy', 'faiss-cpu'])} cpu-s is CPU "
        f"time of the process, fastest of {TURNS} turns; the machine had other jobs."
    )
    print(body)
    write_section("Exact retrieval", body)


if __name__ == "__main__":
    main()
