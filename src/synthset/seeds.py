"""Ids, seeds and fingerprints: everything that gets its name from a hash of what it is."""

from __future__ import annotations

import hashlib
import json
from typing import Any

SEED_BITS = 63  # a torch.Generator takes 64 bits; 63 fit Arrow's and everyone's int64


def write_canonical(value: Any) -> bytes:
    """Write a JSON value in the one way that two machines agree on (sorted keys, no spaces,
    UTF-8)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any, size: int = 16) -> str:
    """Hash a JSON value with BLAKE2b.

    Args:
        value: anything that JSON can hold.
        size: bytes of the digest; the answer has twice as many hexadecimal digits.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    return hashlib.blake2b(write_canonical(value), digest_size=size).hexdigest()


def fingerprint(value: Any) -> str:
    """Name settings and inputs in 12 hexadecimal digits (48 bits), for use in a table's name."""
    return digest(value, size=6)


def derive_record_seed(recipe_seed: int, class_key: str, index: int) -> int:
    """Give the record at one place of the plan its own seed.

    The seed depends on the recipe's seed, the class and the number of the image in its class, and
    on nothing else: the same place gets the same seed at any guidance, with any worker, in any
    order.

    Args:
        recipe_seed: the recipe's `seed`.
        class_key: identity of the class (never its display name).
        index: number of the image within its class, from 0.

    Returns:
        An integer in [0, 2**63).
    """
    return int(digest([recipe_seed, class_key, index], size=8), 16) >> (64 - SEED_BITS)
