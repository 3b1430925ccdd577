"""Which k images lie, as a set, nearest to a target? Lower Fréchet distance, by swaps.

Below BLOCK candidates all pairs are weighed at once; above, the candidates are dealt at random to
blocks of that size, each block chooses its share with the rest held fixed, and they are dealt
again: time and memory grow with N, not with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian
from synthset.selection.kernel import TargetKernel
from synthset.selection.swaps import choose_subset
from synthset.selection.target import (
    DIRECTIONS,
    Floats,
    ProjectedImages,
    Rows,
    Sums,
    Target,
    distance,
)

BLOCK = 2048
TANGENTS = 4  # times that the form is laid anew, at the set that was found
WORTH = 1e-3  # of the distance: a tangent that gains less was the last


@dataclass(frozen=True, eq=False)
class Term:
    """One distance to bring down: of the chosen among some candidates, and of others beside them.

    Attributes:
        pairs: the target's kernel.
        seen: the candidates, (N,) of them.
        others: images that are in the set already and stay; None for none.
        weight: of this distance in the sum.
    """

    pairs: TargetKernel
    seen: ProjectedImages
    others: Sums | None = None
    weight: float = 1.0

    def sums(self, rows: Rows) -> Sums:
        """Sums over the chosen and the others."""
        chosen = self.seen.sums(rows)
        return chosen if self.others is None else chosen + self.others

    def distance(self, rows: Rows) -> float:
        """Weighted F of the chosen and the others."""
        return self.weight * distance(self.pairs.target, self.sums(rows))


def choose_nearest_set(
    features: Features,
    target: Gaussian,
    count: int,
    *,
    prefer: Floats | None = None,
    directions: int = DIRECTIONS,
    seed: int = 0,
    fixed: Rows | None = None,
) -> Rows:
    """Choose the images whose mean and covariance are nearest to the target's.

    Args:
        features: (N, D) float32 or float64, the candidates of one class.
        target: of the real images.
        count: how many to choose; all, if there are no more.
        prefer: (N,) what each image is worth, in shares of the target's variance: a set whose mean
            worth is w is taken over one that lies w x trace(S) nearer.
        directions: leading axes of the target that are taken singly.
        seed: of the blocks, above 2,048 candidates.
        fixed: rows that stay in.

    Returns:
        (count,) rows, ascending. The same input gives the same answer.

    >>> rng = np.random.default_rng(0)
    >>> good, bad = rng.normal(0, 1, (40, 2)), rng.normal(6, 1, (60, 2))
    >>> real = Gaussian(np.zeros(2), np.eye(2), 1000)
    >>> int((choose_nearest_set(np.concatenate([bad, good]), real, 20) >= 60).sum())
    20
    """
    towards = Target.of(target, directions)
    term = Term(TargetKernel.of(towards), towards.see(features))
    worth = None if prefer is None else prefer * towards.trace
    return choose([term], count, worth, seed=seed, fixed=fixed)


def choose(
    terms: Sequence[Term],
    count: int,
    worth: Floats | None = None,
    *,
    start: Rows | None = None,
    seed: int = 0,
    fixed: Rows | None = None,
    tangents: int = TANGENTS,
) -> Rows:
    """Choose the candidates that bring a sum of distances, less their mean worth, down the most.

    Args:
        terms: the distances, all of the same candidates.
        count: how many to choose.
        worth: (N,) in units of the distances; none for no preference.
        start: rows to begin with; none finds its own.
        seed: of the blocks.
        fixed: rows that stay in.
        tangents: how often the form is laid anew.

    Returns:
        (count,) rows, ascending.
    """
    total = len(terms[0].seen)
    if count >= total:
        return np.arange(total)
    worth = np.zeros(total) if worth is None else worth
    stay = np.zeros(total, dtype=bool)
    stay[fixed if fixed is not None else []] = True
    price: Callable[[Rows], float] = lambda rows: (  # noqa: E731
        sum(term.distance(rows) for term in terms) - float(worth[rows].mean())
    )
    rng = np.random.default_rng(seed)
    search = _Search(terms, count, worth, stay, rng)
    rows = search.begin() if start is None else start
    if start is None and total > BLOCK:
        rows = search.sweep(rows, [term.pairs.linear(term.seen) for term in terms])
    best = price(rows)
    for _ in range(tangents):
        found = search.sweep(rows, [t.pairs.tangent(t.seen, t.sums(rows)) for t in terms])
        cost = price(found)
        if cost >= best:
            break
        rows, gained, best = found, best - cost, cost
        if gained < WORTH * sum(term.distance(rows) for term in terms):
            break
    return rows


@dataclass(frozen=True, eq=False)
class _Search:
    terms: Sequence[Term]
    count: int
    worth: Floats
    stay: NDArray[np.bool_]
    rng: np.random.Generator

    def begin(self) -> Rows:
        """A first set, each block on its own and as near to the target as it can be."""
        linear = [term.pairs.linear(term.seen) for term in self.terms]
        parts = deal(len(self.worth), self.count, self.stay, self.rng)
        chosen = [self._solve(block, linear, share, None, None) for block, share in parts]
        return np.sort(np.concatenate(chosen))

    def sweep(self, rows: Rows, linear: Sequence[Floats]) -> Rows:
        """Every block once more, with the rest of the set as it then is."""
        inside = np.zeros(len(self.worth), dtype=bool)
        inside[rows] = True
        whole = [term.sums(rows) for term in self.terms]
        for block in _blocks(len(self.worth), self.rng):
            before = block[inside[block]]
            if not len(before) or len(before) == len(block):
                continue
            rest = [
                sums - term.seen.sums(before) for sums, term in zip(whole, self.terms, strict=True)
            ]
            after = self._solve(block, linear, len(before), rest, before)
            inside[before], inside[after] = False, True
            whole = [
                sums + term.seen.sums(after) for sums, term in zip(rest, self.terms, strict=True)
            ]
        return np.flatnonzero(inside)

    def _solve(
        self,
        block: Rows,
        linear: Sequence[Floats],
        count: int,
        rest: Sequence[Sums] | None,
        before: Rows | None,
    ) -> Rows:
        """Choose `count` of a block's rows; `rest` is what is in the set besides."""
        kernel = np.zeros((len(block), len(block)), dtype=np.float32)
        prices = -self.worth[block] / (count if rest is None else self.count)
        for i, term in enumerate(self.terms):
            seen = term.seen.take(block)
            beside = term.others if rest is None else rest[i]
            size = count + (beside.n if beside else 0)
            kernel += term.pairs.between(seen) * np.float32(term.weight / size**2)
            prices += term.weight / size * linear[i][block]
            if beside:
                prices += 2 * term.weight / size**2 * term.pairs.pull(seen, beside)
        places = np.flatnonzero(np.isin(block, before)) if before is not None else None
        fixed = np.flatnonzero(self.stay[block])
        return block[choose_subset(kernel, prices, count, places, fixed)]


def deal(
    total: int, count: int, stay: NDArray[np.bool_], rng: np.random.Generator
) -> list[tuple[Rows, int]]:
    """Deal candidates to blocks, and to each block its share of the count.

    Args:
        total: candidates.
        count: how many of them are to be chosen.
        stay: (total,) those that stay in; a block's share is no smaller than its own.
        rng: deals.

    Returns:
        (rows, share) of each block; the shares sum to `count`.
    """
    blocks = _blocks(total, rng)
    held = np.array([int(stay[block].sum()) for block in blocks])
    free = np.array([len(block) for block in blocks]) - held
    ends = np.cumsum(free) * (count - held.sum()) // max(int(free.sum()), 1)
    shares = held + np.diff(np.concatenate([[0], ends]))
    return [(block, int(share)) for block, share in zip(blocks, shares, strict=True)]


def _blocks(total: int, rng: np.random.Generator) -> list[Rows]:
    """Blocks of nearly equal size, each in plan order."""
    parts = -(-total // BLOCK)
    if parts == 1:
        return [np.arange(total)]
    return [np.sort(part) for part in np.array_split(rng.permutation(total), parts)]
