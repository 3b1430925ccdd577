"""Pairs that are much alike: found exactly, whatever the blocks and bands; joined to groups."""

import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.images import hamming, pairs
from synthset.metrics.images.hamming import find_hamming_pairs
from synthset.metrics.images.pairs import Closest, Groups, Pairs, find_cosine_pairs


def hashes(count, seed=0):
    """Random hashes, and beside each third one a copy with a few bits turned."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 2**64, count, dtype=np.uint64)
    for row in range(0, count - 1, 3):
        bits = rng.choice(64, size=rng.integers(0, 12), replace=False)
        turned = sum(1 << int(bit) for bit in bits)
        found[row + 1] = found[row] ^ np.uint64(turned)
    return found


def collected(found):
    return {
        (int(one), int(other)): float(apart)
        for pairs in found
        for one, other, apart in zip(pairs.rows, pairs.others, pairs.apart, strict=True)
    }


def by_hand(one, other, radius, within):
    return {
        (i, j): (int(a) ^ int(b)).bit_count()
        for i, a in enumerate(one)
        for j, b in enumerate(other)
        if (int(a) ^ int(b)).bit_count() <= radius and (i < j or not within)
    }


@pytest.mark.parametrize("radius", [0, 1, 4, 7, 8, 9, 14])
def test_no_pair_of_hashes_is_missed_and_none_made_up(radius, monkeypatch):
    monkeypatch.setattr(hamming, "BLOCK", 16)
    some = hashes(120)
    mine = by_hand(some, some, radius, within=True)
    assert len(mine) >= (3 if radius else 1)
    assert collected(find_hamming_pairs(some, radius=radius)) == mine
    others = np.concatenate([hashes(50, seed=1), some[:20]])
    theirs = by_hand(some, others, radius, within=False)
    assert collected(find_hamming_pairs(some, others, radius)) == theirs


def test_a_radius_that_no_hash_has_is_refused():
    with pytest.raises(UsageError, match="radius: found 65"):
        next(find_hamming_pairs(hashes(2), radius=65))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_pair_of_features_is_missed_and_none_made_up(dtype, monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK", 16)
    rng = np.random.default_rng(0)
    some = (rng.normal(size=(60, 5)) + 2).astype(dtype)
    others = (rng.normal(size=(70, 5)) + 2).astype(dtype)
    for second in (None, others):
        against = some if second is None else second
        unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (some, against)]
        cosine = unit[0].astype(np.float64) @ unit[1].astype(np.float64).T
        wanted = cosine >= 0.97
        if second is None:
            wanted &= np.triu(np.ones_like(wanted), 1)
        found = collected(find_cosine_pairs(some, second, 0.97))
        assert set(found) == {(int(one), int(other)) for one, other in np.argwhere(wanted)}
        assert len(found) > 20
        assert all(abs(1 - cosine[at] - gap) < 1e-5 for at, gap in found.items())


def test_a_similarity_of_one_finds_the_same_direction_only():
    some = np.array([[3.0, 4.0], [6.0, 8.0], [3.0, 4.01]], dtype=np.float32)
    assert set(collected(find_cosine_pairs(some, similarity=1.0))) == {(0, 1)}


def joined(count, *links):
    groups = Groups(count)
    for one, other in links:
        groups.join(Pairs(np.array([one]), np.array([other]), np.zeros(1)))
    return groups.labels.tolist()


def test_a_chain_is_one_group_named_by_its_lowest_row(monkeypatch):
    assert joined(6, (3, 5), (1, 4), (5, 1)) == [0, 1, 2, 1, 1, 1]
    monkeypatch.setattr(pairs, "WAITING", 1)
    assert joined(6, (3, 5), (1, 4), (5, 1)) == [0, 1, 2, 1, 1, 1]
    assert joined(3) == [0, 1, 2]


def test_the_closest_is_the_first_of_equally_near_ones_in_whatever_order_they_come():
    rows, others, gaps = np.array([0, 0, 2, 0]), np.array([7, 3, 1, 9]), np.array([2.0, 2, 5, 4])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        closest = Closest(3)
        for at in order:
            closest.see(Pairs(rows[[at]], others[[at]], gaps[[at]]))
        assert closest.others.tolist() == [3, -1, 1]
        assert closest.apart.tolist() == [2.0, np.inf, 5.0]
