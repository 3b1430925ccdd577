"""Draws images of an indexed pool, whatever their captions: the baseline of retrieval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from synthset.formats.listed import Listed
from synthset.recipe.pools import Pool
from synthset.seeds import digest
from synthset.sources.labelled_images import name_empty_classes
from synthset.sources.picked import Curated
from synthset.sources.pool.retrieval import (
    ExcludedImages,
    Queries,
    describe_reasons,
    explain_nothing_left,
    explain_refusal,
    list_banned,
    make_listed,
    search,
)
from synthset.store.pool_index import PoolIndex
from synthset.taxonomy.classlists import ClassEntry


def draw_indexed(
    settings: Pool,
    index: PoolIndex,
    queries: Queries,
    against: ExcludedImages | None,
    classes: Sequence[ClassEntry],
    images_per_class: int | None,
    seed: int,
) -> Curated:
    """Draw from the whole pool; an image has the class of the query that it is most similar to,
    however far that is.

    Args:
        settings: which near-copies are left out.
        index: of the pool.
        queries: labelled images, at least one.
        against: images to keep away from.
        classes: in label order.
        images_per_class: so many times the number of classes in all; None takes all.
        seed: of the draw.

    Raises:
        RecipeError: nothing is left.
    """
    found, other = search(settings, index, queries, against)
    contents, known, counts = index.contents(), list_banned(queries, against), Counter[str]()
    free: dict[str, int] = {}
    for row in np.flatnonzero(found.label >= 0).tolist():
        reason = explain_refusal(settings, found, other, row, contents[row] in known, images=True)
        if reason:
            counts[reason] += 1
        else:
            free.setdefault(contents[row], row)
    said = describe_reasons(
        f"of {len(index):,} images in the pool, {len(free):,} may be drawn", counts
    )
    if not free:
        raise explain_nothing_left(said)
    order = sorted(free, key=lambda content: digest([seed, content]))
    drawn = order if images_per_class is None else order[: images_per_class * len(classes)]
    rows = np.sort([free[content] for content in drawn])
    items = dict(zip(rows.tolist(), index.rows(rows), strict=True))
    rank = Counter[int]()
    chosen: list[tuple[Listed, int]] = []
    for content in drawn:
        row = free[content]
        label = int(found.label[row])
        rank[label] += 1
        facts = {
            "pool_rule": settings.strategy,
            "pool_similarity": round(float(found.best[row]), 4),
            "pool_rank": rank[label],
        }
        chosen.append((make_listed(index, items[row], content, facts), label))
    whole = digest(sorted([content, int(found.label[row])] for content, row in free.items()))
    notes = (said, *name_empty_classes(chosen, classes))
    return Curated(tuple(chosen), whole, notes, len(index))
