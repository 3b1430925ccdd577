"""The step `duplicates`: of images that show the same one stays; copies of real ones leave, and
those whose bytes stand under several labels, by the source's rule for them.

Copies are exact (the same bytes), near (perceptual hashes that differ in a few bits, and like
colours) or semantic (alike in an encoder's features).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.images.pairs import Closest, Groups
from synthset.recipe.steps import Duplicates
from synthset.results.reason import Reason
from synthset.selection.candidates import Candidates, Outcome, sort_rows
from synthset.selection.looks import (
    KINDS,
    Looks,
    Rows,
    find_pairs_across,
    find_pairs_within,
    read_looks,
)
from synthset.selection.review import STEP as REVIEW
from synthset.taxonomy.label_conflicts import apply_rule, find_label_conflicts, join_names
from synthset.taxonomy.names import fold_loosely

ROUNDING = 1e-6  # of a cosine in float32
CHAINED = "chained"  # in a group with the one that stays, but no copy of it itself


def apply_duplicates(
    candidates: Candidates, settings: Duplicates, step: str, reader: FeatureReader | None = None
) -> list[Outcome]:
    """Drop labels in conflict, then copies of real images, then all but one of each group; reasons
    name the other label, or the one that stays, also across classes.

    Args:
        candidates: their records hold the perceptual hash, where a radius is given.
        settings: which kinds of copies, and against what.
        step: name of the step.
        reader: gives features and real images; needed where `settings.looks_further`.

    Returns:
        One entry: groups, and images dropped, by kind; how many were dropped for their labels.
    """
    in_conflict = _drop_conflicts(candidates, step)
    looks = _looks(candidates, settings, reader)
    against = {}
    for name in settings.against:
        assert reader is not None
        real = read_looks(reader.of(name, scores=settings.radius is not None), settings)
        in_conflict += _drop_conflicts_across(candidates, looks, real, step, name)
        against[name] = _drop_copies(candidates, looks, real, settings, step, name)
    found = _drop_groups(candidates, looks, settings, step)
    found |= {"against": against, "label_conflicts": in_conflict}
    return [{"step": step, "class_key": None, **found}]


def drop_same_bytes(candidates: Candidates, step: str) -> None:
    """Drop labels in conflict and every later copy of the same bytes, and look no further."""
    apply_duplicates(candidates, Duplicates(kind="duplicates"), step)


def _drop_conflicts(candidates: Candidates, step: str) -> int:
    """Drop images whose bytes stand under another label as well, by the rule for them, in whatever
    step that one left, unless a reviewer dropped it; count them."""
    records = candidates.records
    contents = records.column("sha256").to_pylist()
    rows = [
        row
        for row, content in enumerate(contents)
        if content is not None and _step(candidates, row) != REVIEW
    ]
    labels = candidates.labels.tolist()
    conflicts = find_label_conflicts([contents[row] for row in rows], [labels[row] for row in rows])
    used = apply_rule(
        [contents[row] for row in rows], [labels[row] for row in rows], candidates.conflicts
    )
    torn = [row for row, is_used in zip(rows, used, strict=True) if not is_used]
    named = [row for row in rows if contents[row] in conflicts]
    names = {labels[row]: str(records.column("class_name")[row]) for row in named}
    keys = {labels[row]: str(records.column("class_key")[row]) for row in named}
    reasons = []
    for row in torn:
        others = [label for label in conflicts[contents[row]] if label != labels[row]]
        called = keys if any(names[one] == names[labels[row]] for one in others) else names
        note = join_names(called[one] for one in others)
        reasons.append(Reason(step, "label conflict", note=note))
    return candidates.drop(np.array(torn, np.int64), reasons)


def _step(candidates: Candidates, row: int) -> str | None:
    """Which step a record left in."""
    reason = candidates.reason[row]
    return None if reason is None else reason.step


def _looks(candidates: Candidates, settings: Duplicates, reader: FeatureReader | None) -> Looks:
    records = candidates.records
    hashes = None if settings.radius is None else records.column(settings.score).to_pylist()
    features = None
    if settings.encoder is not None:
        assert reader is not None
        features = reader.features(settings.encoder)
    contents = [content or "" for content in records.column("sha256").to_pylist()]
    names = "class_name" in records.column_names and records.column("class_name").to_pylist()
    return Looks(records.column("id").to_pylist(), contents, hashes, features, names=names or None)


def _drop_conflicts_across(
    candidates: Candidates, looks: Looks, real: Looks, step: str, name: str
) -> int:
    """Drop images whose bytes are a real image's under other labels alone; count them."""
    if looks.names is None or real.names is None:
        return 0
    theirs: dict[str, dict[str, None]] = {}
    for content, label in zip(real.contents, real.names, strict=True):
        theirs.setdefault(content, {})[label] = None
    torn = [
        row
        for row in np.flatnonzero(candidates.keep).tolist()
        if (others := theirs.get(looks.contents[row]))
        and fold_loosely(looks.names[row]) not in map(fold_loosely, others)
    ]
    said = [join_names(theirs[looks.contents[row]]) for row in torn]
    reasons = [Reason(step, "label conflict", reference=name, note=one) for one in said]
    return candidates.drop(np.array(torn, np.int64), reasons)


def _drop_copies(
    candidates: Candidates, looks: Looks, real: Looks, settings: Duplicates, step: str, name: str
) -> dict[str, int]:
    """Drop the copies of real images, each named with the real one; count them by kind."""
    dropped = dict.fromkeys(KINDS, 0)
    for kind in KINDS:
        rows = np.flatnonzero(candidates.keep)
        mine = looks.take(rows)
        closest = Closest(len(rows))
        for pairs in find_pairs_across(mine, real, settings, kind):
            closest.see(pairs)
        copies = np.flatnonzero(closest.others >= 0)
        reasons = []
        for row, other in zip(copies.tolist(), closest.others[copies].tolist(), strict=True):
            found = _reason(step, kind, settings, mine, row, real, other)
            place = real.places[other] if real.places else None
            reasons.append(replace(found, reference=name, note=place))
        candidates.drop(rows[copies], reasons)
        dropped[kind] = int((~candidates.keep[rows[copies]]).sum())
    return dropped


def _drop_groups(
    candidates: Candidates, looks: Looks, settings: Duplicates, step: str
) -> dict[str, object]:
    """Drop all but one of each group."""
    rows = np.flatnonzero(candidates.keep)
    mine = looks.take(rows)
    joined = Groups(len(rows))
    labels = {}
    for kind in KINDS:
        for pairs in find_pairs_within(mine, settings, kind):
            joined.join(pairs)
        labels[kind] = joined.labels
    stays = _stays(candidates, rows, labels[KINDS[-1]], settings.stays)
    _let_conflicts_stay(stays, mine.contents, candidates.labels[rows].tolist())
    copies = np.flatnonzero(stays != np.arange(len(rows)))
    kinds, reasons = [], []
    for row, other in zip(copies.tolist(), stays[copies].tolist(), strict=True):
        kind = _kind(mine, row, other, settings)
        kinds.append(kind)
        reasons.append(_reason(step, kind, settings, mine, row, mine, other))
    candidates.drop(rows[copies], reasons)
    gone = ~candidates.keep[rows[copies]]  # a reviewer keeps what is said to stay
    counted = Counter(kind for kind, out in zip(kinds, gone, strict=True) if out)
    dropped = {kind: counted[kind] for kind in (*KINDS, CHAINED)}
    return {"groups": _count_groups(labels), "dropped": dropped}


def _stays(candidates: Candidates, rows: Rows, labels: Rows, by: str) -> Rows:
    """For each image, place in `rows` of the one that stays of its group."""
    best = sort_rows(candidates, rows, None if by == "first" else by)
    places = np.searchsorted(rows, best)
    _, first, group = np.unique(labels[places], return_index=True, return_inverse=True)
    stays = np.empty_like(labels)
    stays[places] = places[first[group]]
    return stays


def _let_conflicts_stay(stays: Rows, contents: Sequence[str], labels: Sequence[int]) -> None:
    """What has the bytes of the one that stays, and another label, is no copy of it: the first of
    each label stays as well."""
    first: dict[tuple[str, int], int] = {}
    for row, other in enumerate(stays.tolist()):
        if contents[row] == contents[other] and labels[row] != labels[other]:
            stays[row] = first.setdefault((contents[row], labels[row]), row)


def _count_groups(labels: dict[str, Rows]) -> dict[str, int]:
    """Count groups by the loosest kind of copy that it took to join them."""
    counts, final = {}, labels[KINDS[-1]]
    done = np.bincount(final, minlength=len(final)) < 2
    for kind in KINDS:
        parts = np.bincount(final[np.unique(labels[kind])], minlength=len(final))
        whole = (parts == 1) & ~done
        counts[kind] = int(whole.sum())
        done |= whole
    return counts


def _kind(mine: Looks, row: int, other: int, settings: Duplicates) -> str:
    """The strictest way in which one image is a copy of another."""
    if mine.contents[row] == mine.contents[other]:
        return "exact"
    bits, cosine = mine.count_bits_apart(row, mine, other), mine.compute_cosine(row, mine, other)
    within = settings.radius is not None and bits is not None and bits <= settings.radius
    if within and mine.has_colours_of(row, mine, other):
        return "near"
    if (
        settings.similarity is not None
        and cosine is not None
        and cosine > settings.similarity - ROUNDING
    ):
        return "semantic"
    return CHAINED


def _reason(
    step: str, kind: str, settings: Duplicates, mine: Looks, row: int, others: Looks, other: int
) -> Reason:
    """Of what an image is a copy, and how near it is by what makes it one."""
    found = Reason(step, f"{kind} copy", other_id=others.ids[other])
    if kind == "near":
        bits = mine.count_bits_apart(row, others, other)
        return replace(found, column=settings.score, value=bits, bound=settings.radius)
    if kind == "semantic":
        cosine = mine.compute_cosine(row, others, other)
        return replace(found, column=settings.encoder, value=cosine, bound=settings.similarity)
    return found
