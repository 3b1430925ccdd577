"""How often each class is drawn from each source, and the prior that the loss takes from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import RecipeError, did_you_mean
from synthset.recipe.training import SourceDraws
from synthset.training.labelled import LabelledImages
from synthset.training.loss import BETA

TURN = 10_000  # draws after which the table is met exactly: shares are true to 0.005 %
FLOOR = 0.5 / TURN  # of a share whose logarithm is taken: a class that is never drawn

Table = NDArray[np.int64]


@dataclass(frozen=True)
class DrawPhase:
    """A part of a stage with draws of its own.

    Attributes:
        share: of the stage's updates, in (0, 1].
        table: (S, K) int64, how often each source and class is drawn in a turn.
    """

    share: float
    table: Table


def count_draws(images: LabelledImages, classes: int, sampling: str) -> Table:
    """Count how often each source and class is drawn where no table says so.

    Args:
        images: of a stage.
        classes: K.
        sampling: `natural` or `balanced`.

    Returns:
        (S, K) int64, by origin and label: draws in an epoch, or in a turn.
    """
    counts = _counts(images, classes)
    if sampling == "natural":
        return counts
    return whole_numbers(_divide(_there(counts.sum(axis=0)), 0) * _divide(counts, axis=0))


def make_table(
    images: LabelledImages, classes: Sequence[str], draws: Mapping[str, SourceDraws]
) -> Table:
    """Make the table of a stage's draws.

    Args:
        images: of the stage.
        classes: K names.
        draws: source -> its share, and its classes' shares; what isn't named isn't drawn.

    Returns:
        (S, K) int64 draws in a turn, by origin and label; 0 where no image is.

    Raises:
        RecipeError: an unknown source, shares that don't add up to 1, a class that has no image
            there.
    """
    counts = _counts(images, len(classes))
    wrong = sorted(set(draws) - set(images.names))
    if wrong:
        right = did_you_mean(wrong[0], list(images.names))
        raise RecipeError(f"draws.{wrong[0]}", "there is no such source among the images", right)
    there = [i for i, name in enumerate(images.names) if name in draws]
    names = [images.names[i] for i in there]
    shares = np.zeros(counts.shape)
    of_sources = _shares_of_sources(names, draws, counts[there].sum(axis=1))
    for i, name, share in zip(there, names, of_sources, strict=True):
        shares[i] = share * _shares_of_classes(name, draws[name], counts[i], classes)
    return whole_numbers(shares)


def log_prior(table: Table, kind: str) -> NDArray[np.float64]:
    """Take the logarithm of each class's share of the draws.

    Args:
        table: (S, K) of `count_draws`.
        kind: `class` for the share in all draws, `source` for that within the source.

    Returns:
        (S, K) float64, at most 0: what is added to the logits of an image of each source.
    """
    counts = table if kind == "source" else np.broadcast_to(table.sum(axis=0), table.shape)
    return np.log(np.maximum(_divide(counts, axis=1), FLOOR))


def average_tables(phases: Sequence[DrawPhase]) -> Table:
    """Average the tables of phases by their shares of the updates."""
    if len(phases) == 1:
        return phases[0].table
    return whole_numbers(sum(one.share * one.table / one.table.sum() for one in phases))


def whole_numbers(shares: NDArray[np.float64]) -> Table:
    """Round shares to draws in a turn by largest remainders; whatever has a share is drawn once at
    least."""
    exact = shares / shares.sum() * TURN
    table: Table = np.floor(exact).astype(np.int64)
    lacking = TURN - int(table.sum())
    order = np.argsort(-(exact - table), axis=None, kind="stable")[:lacking]
    table.flat[order] += 1
    table[(exact > 0) & (table == 0)] = 1
    return table


def _shares_of_sources(
    names: Sequence[str], draws: Mapping[str, SourceDraws], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Those that are given, and of the rest each source by its images."""
    given = np.array([np.nan if draws[name].share is None else draws[name].share for name in names])
    free, left = np.isnan(given), 1 - float(np.nansum(given))
    if left < -1e-9 or (not free.any() and left > 1e-9) or (free.any() and left <= 1e-9):
        found = f"the shares of {', '.join(names)} add up to {1 - left:g}"
        raise RecipeError("draws", found, "make them add up to 1, or leave one out")
    return np.where(free, left * _divide(np.where(free, sizes, 0), axis=0), given)


def _shares_of_classes(
    source: str, draws: SourceDraws, counts: NDArray[np.int64], classes: Sequence[str]
) -> NDArray[np.float64]:
    """Fixed shares first; the classes that are left share the rest."""
    fixed = np.full(len(counts), np.nan)
    for name, share in draws.classes.items():
        if name not in classes or not counts[list(classes).index(name)]:
            found = f"{source} has no image of {name!r}"
            raise RecipeError(f"draws.{source}.classes", found, "leave it out")
        fixed[list(classes).index(name)] = share
    free = np.isnan(fixed) & (counts > 0)
    left = 1 - float(np.nansum(fixed))
    if left < -1e-9 or (free.any() and left <= 0) or (not free.any() and abs(left) > 1e-9):
        found = f"the shares add up to {1 - left:g}"
        right = (
            "make them add up to less than 1, which leaves the rest to the other classes"
            if free.any()
            else "make them add up to exactly 1"
        )
        raise RecipeError(f"draws.{source}.classes", found, right)
    weigh = {"natural": lambda n: n, "balanced": _there, "effective": _effective}[draws.by]
    rest = left * _divide(np.where(free, weigh(counts), 0.0), axis=0)
    return np.where(np.isnan(fixed), rest, fixed)


def _counts(images: LabelledImages, classes: int) -> NDArray[np.int64]:
    return np.stack(list(images.count_images(classes).values()))


def _there(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return (counts > 0).astype(np.float64)


def _effective(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Effective number of images (arXiv 1901.05555)."""
    return (1 - BETA ** counts.astype(np.float64)) / (1 - BETA)


def _divide(counts: NDArray[np.floating] | NDArray[np.int64], axis: int) -> NDArray[np.float64]:
    """Divide by the sum along an axis; what sums to 0 stays 0."""
    sums = counts.sum(axis=axis, keepdims=True)
    out = np.zeros(counts.shape)
    np.divide(counts, sums, out=out, where=sums > 0)
    return out
