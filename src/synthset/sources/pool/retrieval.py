"""Picks images of a pool by features: nearest to labelled images, or to what classes are called.

Paper: Feuer et al. 2024, SELECT, arXiv 2410.05057 (LAION images nearest to ImageNet's)
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import RecipeError
from synthset.formats.listed import Listed
from synthset.metrics.sets.retrieval import NOTHING, Floats, Retrieved, retrieve
from synthset.recipe.pools import Pool
from synthset.seeds import digest
from synthset.sources.labelled_images import name_empty_classes
from synthset.sources.picked import Curated
from synthset.store.pool_index import Of, PoolIndex
from synthset.taxonomy.classlists import ClassEntry

#: Why an image is not taken, in the order in which it is asked, and how a note says it.
REASONS = {
    "same": "have the same bytes as a query or an image in `against`",
    "tested": "are near copies of images in `against`",
    "near": "are near copies of queries",
    "between": "are between two classes",
    "far": "are below min_similarity",
    "other": "are closer to another class",
}


@dataclass(frozen=True)
class Queries:
    """What is looked for.

    Attributes:
        features: (Q, D) float32, unit length.
        labels: (Q,) int64, class of each.
        names: what `pool_query` calls each: where an image lies, or a text.
        contents: SHA-256 of each image, its text otherwise; equal ones count once.
        of: what of the pool they are compared with.
        images: whether they are images, whose near-copies are left out.
    """

    features: Floats
    labels: NDArray[np.int64]
    names: Sequence[str]
    contents: Sequence[str]
    of: Of = "images"
    images: bool = True


@dataclass(frozen=True)
class ExcludedImages:
    """Images that nothing may be a copy of: their features (O, D), and SHA-256."""

    features: Floats
    contents: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Hit:
    """An image of the pool as a query found it; `neighbour` counts from 1."""

    query: int
    row: int
    content: str
    similarity: float
    neighbour: int


def pick_retrieved(
    settings: Pool,
    index: PoolIndex,
    queries: Queries,
    against: ExcludedImages | None,
    classes: Sequence[ClassEntry],
    images_per_class: int | None,
) -> Curated:
    """Pick images that are near to queries of one class, and to no other.

    An image belongs to the class of the query that it is most similar to. Queries of a class take
    turns: in each turn each takes one image, the most similar pair first, until the class is full.

    Args:
        settings: limits, and how many neighbours of each query are looked at.
        index: of the pool.
        queries: at least one.
        against: images to keep away from.
        classes: in label order.
        images_per_class: at most so many; None takes all.

    Raises:
        RecipeError: nothing is left.
    """
    found, other = search(settings, index, queries, against)
    rows = np.unique(found.rows[found.rows >= 0])
    items = dict(zip(rows.tolist(), index.rows(rows), strict=True))
    known = list_banned(queries, against)
    refused = {
        row: explain_refusal(settings, found, other, row, item["sha256"] in known, queries.images)
        for row, item in items.items()
    }
    hits, counts = _hits(settings, found, queries, items, refused)
    chosen = _take(hits, queries, items, settings, index)
    first = f"of {len(index):,} images in the pool, {len(items):,} are neighbours of queries"
    said = describe_reasons(first, counts)
    if not chosen:
        raise explain_nothing_left(said)
    content = digest([[image.content, label] for image, label in chosen])
    kept = [one for one in chosen if _within(one, images_per_class)]
    notes = (said, *name_empty_classes(kept, classes))
    return Curated(tuple(kept), content, notes, len(index))


def list_banned(queries: Queries, against: ExcludedImages | None) -> frozenset[str]:
    """SHA-256 of images that are never taken."""
    asked = frozenset(queries.contents) if queries.images else frozenset[str]()
    return asked | (against.contents if against else frozenset())


def search(
    settings: Pool, index: PoolIndex, queries: Queries, against: ExcludedImages | None
) -> tuple[Retrieved, Floats]:
    """Neighbours of the queries; (N,) how near each image comes to one of `against`."""
    k = min(settings.looked_at, len(index))
    others = against.features if against and len(against.features) else None
    same = others if queries.of == "images" else None
    found = retrieve(
        queries.features,
        queries.labels,
        index.blocks(queries.of),
        len(index),
        k,
        lambda rows: index.fetch(queries.of, rows),
        same,
    )
    if others is None or same is not None:
        return found, found.other
    # captions were compared; copies are looked for among images all the same
    labels, one = np.zeros(len(others), np.int64), lambda rows: index.fetch("images", rows)
    looked = retrieve(others, labels, index.blocks("images"), len(index), 1, one)
    return found, looked.best


def explain_refusal(
    settings: Pool, found: Retrieved, other: Floats, row: int, same: bool, images: bool
) -> str | None:
    """Why nobody gets an image; None where somebody may."""
    most = settings.max_similarity
    best, second = found.best[row], found.second[row]
    if same:
        return "same"
    if most is not None and other[row] > most:
        return "tested"
    if images and most is not None and best > most:
        return "near"
    if second > NOTHING and (best == second or best - second < settings.margin):
        return "between"
    return None


def _hits(
    settings: Pool,
    found: Retrieved,
    queries: Queries,
    items: Mapping[int, Mapping[str, object]],
    refused: Mapping[int, str | None],
) -> tuple[list[list[_Hit]], Counter[str]]:
    """What each query may take, most similar first; and how many images nobody may, by reason."""
    hits: list[list[_Hit]] = [[] for _ in queries.names]
    why: dict[int, str] = {row: reason for row, reason in refused.items() if reason}
    least, free = settings.min_similarity, set[int]()
    seen = set[str]()
    for query in sorted(range(len(hits)), key=lambda one: (queries.contents[one], one)):
        key = f"{queries.labels[query]} {queries.contents[query]}"
        if key in seen:
            continue  # the same image, or text, asks once
        seen.add(key)
        pairs = zip(found.rows[query].tolist(), found.similarity[query].tolist(), strict=True)
        for place, (row, similarity) in enumerate(pairs):
            if row < 0 or refused[row]:
                continue
            if least is not None and similarity < least:
                why.setdefault(row, "far")
            elif found.label[row] != queries.labels[query]:
                why.setdefault(row, "other")
            else:
                free.add(row)
                content = str(items[row]["sha256"])
                hits[query].append(_Hit(query, row, content, similarity, place + 1))
        hits[query].sort(key=lambda hit: (-hit.similarity, hit.content))
    return hits, Counter(reason for row, reason in why.items() if row not in free)


def make_listed(
    index: PoolIndex, item: Mapping[str, object], content: str, facts: Mapping[str, object]
) -> Listed:
    """Say what the plan knows of an image of an indexed pool."""
    known = {f"pool_{name}": item[name] for name in ("key", "url", "license")}
    caption = None if item["caption"] is None else str(item["caption"])
    size = int(str(item["num_bytes"]))
    origin = index.facts["origin"]
    return Listed(
        str(item["source"]), None, caption, None, origin, content, size, {**facts, **known}
    )


def _take(
    hits: Sequence[Sequence[_Hit]],
    queries: Queries,
    items: Mapping[int, Mapping[str, object]],
    settings: Pool,
    index: PoolIndex,
) -> list[tuple[Listed, int]]:
    """Let the queries of each class take turns; the first of all classes come first."""
    chosen: list[tuple[int, int, Listed]] = []
    used = set[str]()
    for label in np.unique(queries.labels).tolist():
        mine = [hits[query] for query in np.flatnonzero(queries.labels == label).tolist()]
        for rank, hit in enumerate(take_turns(mine, queries.contents, used), start=1):
            facts = {
                "pool_rule": settings.strategy,
                "pool_similarity": round(hit.similarity, 4),
                "pool_rank": rank,
                "pool_query": queries.names[hit.query],
                "pool_neighbour": hit.neighbour,
            }
            image = make_listed(index, items[hit.row], hit.content, facts)
            chosen.append((rank, label, image))
    chosen.sort(key=lambda one: one[:2])
    return [(image, label) for _, label, image in chosen]


def take_turns(
    lists: Sequence[Sequence[_Hit]], contents: Sequence[str], used: set[str]
) -> Iterator[_Hit]:
    """Take one image for each query in each turn, the most similar pair first; each image once.

    Args:
        lists: what each query may take, most similar first.
        contents: names of all queries, which settle ties whatever their order.
        used: contents that are taken; grows.
    """
    waiting = [list(reversed(hits)) for hits in lists]
    while waiting := [hits for hits in waiting if hits]:
        turn = [(*_key(hits[-1], contents), place) for place, hits in enumerate(waiting)]
        heapq.heapify(turn)
        while turn:
            place = heapq.heappop(turn)[-1]
            hits = waiting[place]
            hit = hits.pop()
            if hit.content not in used:
                used.add(hit.content)
                yield hit
            elif hits:
                heapq.heappush(turn, (*_key(hits[-1], contents), place))


def _key(hit: _Hit, contents: Sequence[str]) -> tuple[float, str, str]:
    return -hit.similarity, hit.content, contents[hit.query]


def _within(one: tuple[Listed, int], count: int | None) -> bool:
    rank = one[0].facts["pool_rank"]
    assert isinstance(rank, int)
    return count is None or rank <= count


def describe_reasons(first: str, counts: Mapping[str, int]) -> str:
    """Say how many images were not taken, and why."""
    return first + "".join(
        f"; {counts[reason]:,} {said}" for reason, said in REASONS.items() if counts[reason]
    )


def explain_nothing_left(said: str) -> RecipeError:
    """The error where no image may be taken."""
    right = "name other queries or a larger pool, or change the limits"
    return RecipeError("source", f"no image is left: {said}", right)
