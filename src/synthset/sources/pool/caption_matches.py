"""Picks images of a pool by what their captions name.

Papers: Shirali and Hardt 2023, arXiv 2306.15769 (one class alone, near to its definition); Feuer et
al. 2024, SELECT, arXiv 2410.05057 (substring and random as baselines)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthset.encoders import text
from synthset.errors import RecipeError, list_names
from synthset.formats.captioned import read_captioned
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.images import sha256
from synthset.recipe.pools import Pool
from synthset.seeds import digest
from synthset.sources.labelled_images import name_empty_classes
from synthset.sources.picked import Curated, keep_first
from synthset.taxonomy.classlists import ClassEntry, add_definition
from synthset.taxonomy.matching import CaptionMatcher


@dataclass(frozen=True, slots=True)
class _Hit:
    """An image whose caption names a class."""

    image: Listed
    label: int
    similarity: float | None = None


def curate(
    settings: Pool, classes: Sequence[ClassEntry], images_per_class: int | None, seed: int
) -> Curated:
    """Pick images of a pool.

    Args:
        settings: the pool and the strategy.
        classes: in label order.
        images_per_class: at most so many; for `random` so many times the number of classes in all.
            None takes all.
        seed: of what is drawn.

    Raises:
        RecipeError: no caption names a class, or the sentence encoder is not installed.
    """
    compares = settings.strategy == "caption" and settings.min_similarity is not None
    if compares and not text.is_installed():
        right = f"{text.INSTALL}, or set it to null"
        raise RecipeError("source.min_similarity", text.MISSING, right)
    matcher, counts, passed = CaptionMatcher(classes), Counter[str](), Passed()
    every = list(_hits(settings, matcher, seed, counts, passed))
    marks = [(hit.image.content, hit.label) for hit in every]
    hits, torn = keep_first(every, marks, settings.conflicts, classes, counts)
    if compares:
        hits = _keep_near(hits, classes, settings.min_similarity or 0.0, counts)
    if not hits:
        raise RecipeError(
            "source", _describe_empty(counts, len(classes)), "name other classes or a larger pool"
        )
    ranked = _rank(hits, seed)
    chosen = _cap(ranked, settings, images_per_class, len(classes))
    content = digest(sorted((hit.image.content, hit.label) for hit in hits))
    shared = _name_shared(matcher, classes)
    empty = name_empty_classes(chosen, classes)
    notes = (*_describe_counts(counts), *torn, *passed.notes(), *shared, *empty)
    return Curated(chosen, content, notes, counts["images"])


def _hits(
    settings: Pool, matcher: CaptionMatcher, seed: int, counts: Counter[str], passed: Passed
) -> Iterator[_Hit]:
    for image in read_captioned(settings, passed):
        counts["images"] += 1
        counts["silent"] += not image.caption
        (named,) = matcher.match([image.caption])
        counts["naming"] += bool(named)
        counts["several"] += len(named) > 1
        if not named or (settings.strategy == "caption" and len(named) > 1):
            continue
        data = image.read()
        if data is None:
            counts["missing"] += 1
            continue
        content = sha256(data)
        label = next(iter(named))
        if settings.strategy == "random":
            label = min(named, key=lambda one: digest([seed, content, one]))
        facts = {**image.facts, "pool_lemma": named[label], "pool_rule": settings.strategy}
        found = Listed(
            image.source, None, image.caption, None, image.origin, content, len(data), facts
        )
        yield _Hit(found, label)


def _keep_near(
    hits: list[_Hit], classes: Sequence[ClassEntry], least: float, counts: Counter[str]
) -> list[_Hit]:
    """Keep those whose caption means what the class is defined as."""
    labels = sorted({hit.label for hit in hits})
    meant = text.encode_sentences(
        [describe_meaning(classes[label]) for label in labels]
    )  # (K, 384)
    said = text.encode_sentences([hit.image.caption or "" for hit in hits])  # (N, 384)
    places = np.searchsorted(labels, [hit.label for hit in hits])
    cosines = (said * meant[places]).sum(axis=1)  # (N,)
    rated = [
        replace(hit, similarity=round(float(cosine), 4))
        for hit, cosine in zip(hits, cosines, strict=True)
    ]
    kept = [hit for hit in rated if hit.similarity is not None and hit.similarity >= least]
    counts["far"] = len(hits) - len(kept)
    return kept


def describe_meaning(entry: ClassEntry) -> str:
    """Say what a class is, for comparison with captions: its name and its definition, if it has
    one."""
    defined = add_definition(entry)
    return f"{entry.name} which is {defined.gloss}" if defined.gloss else entry.name


def _rank(hits: Sequence[_Hit], seed: int) -> list[tuple[Listed, int]]:
    """Put the most similar first, others in a drawn order, and count within each class."""
    order = sorted(
        hits, key=lambda hit: (-(hit.similarity or 0.0), digest([seed, hit.image.content]))
    )
    rank = Counter[int]()
    ranked = []
    for hit in order:
        rank[hit.label] += 1
        facts = {"pool_similarity": hit.similarity, "pool_rank": rank[hit.label]}
        ranked.append((replace(hit.image, facts={**hit.image.facts, **facts}), hit.label))
    return ranked


def _cap(
    ranked: list[tuple[Listed, int]], settings: Pool, count: int | None, classes: int
) -> tuple[tuple[Listed, int], ...]:
    if count is None:
        return tuple(ranked)
    if settings.strategy == "random":
        return tuple(ranked[: count * classes])
    taken = Counter[int]()
    chosen = []
    for image, label in ranked:
        taken[label] += 1
        if taken[label] <= count:
            chosen.append((image, label))
    return tuple(chosen)


def _describe_empty(counts: Mapping[str, int], classes: int) -> str:
    if counts["naming"]:
        return f"no image is left: {', '.join(_describe_counts(counts))}"
    return (
        f"none of the captions of {counts['images']:,} images names one of the {classes:,} classes"
    )


def _describe_counts(counts: Mapping[str, int]) -> tuple[str, ...]:
    words = {
        "silent": "have no caption",
        "missing": "have no image",
        "copies": "are copies of others",
        "far": "are too far from the definition",
    }
    first = (
        f"of {counts['images']:,} images in the pool, {counts['naming']:,} have a caption that "
        f"names a class, {counts['several']:,} one that names several"
    )
    return (first + "".join(f"; {counts[k]:,} {said}" for k, said in words.items() if counts[k]),)


def _name_shared(matcher: CaptionMatcher, classes: Sequence[ClassEntry]) -> Iterator[str]:
    if matcher.shared:
        named = [
            f"{lemma!r} ({', '.join(classes[label].key for label in labels)})"
            for lemma, labels in matcher.shared.items()
        ]
        yield f"words that name several classes are ignored: {list_names(named)}"
