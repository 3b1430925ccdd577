"""Which image goes to training, which to validation: exact shares, and none changes sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synthset.seeds import digest

TRAIN, VAL = "train", "val"


def split_class(
    ids: Sequence[str], fraction: float, seed: int, settled: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Split the images of one class.

    Validation gets the images whose hash of (seed, id) is lowest, so the draw depends on neither
    order nor number. An image that an earlier export has placed stays there, and only new ones
    fill up the share: growth moves nothing.

    >>> sorted(split_class(["a", "b", "c", "d"], 0.25, seed=0).values())
    ['train', 'train', 'train', 'val']

    Args:
        ids: kept records of the class.
        fraction: share of validation, in [0, 1). A class of two or more images has at least one
            on each side.
        seed: another seed, another draw.
        settled: side of the images that an earlier export has placed.

    Returns:
        `train` or `val` for each id.
    """
    sides = {name: side for name, side in (settled or {}).items() if name in set(ids)}
    wanted = _share(len(ids), fraction) - sum(side == VAL for side in sides.values())
    fresh = sorted((name for name in ids if name not in sides), key=lambda i: digest([seed, i]))
    for place, name in enumerate(fresh):
        sides[name] = VAL if place < wanted else TRAIN
    return {name: sides[name] for name in ids}


def _share(count: int, fraction: float) -> int:
    if fraction == 0 or count < 2:
        return 0
    return min(max(round(count * fraction), 1), count - 1)
