from __future__ import annotations

import pytest

from synthset.export.split import split_class

IDS = [f"{i:03d}" for i in range(200)]


@pytest.mark.parametrize(
    ("count", "fraction", "wanted"),
    [
        (200, 0.1, 20),
        (10, 0.25, 2),
        (2, 0.01, 1),
        (3, 0.99, 2),
        (1, 0.5, 0),
        (10, 0.0, 0),
        (0, 0.5, 0),
    ],
)
def test_the_share_is_exact_and_neither_side_is_empty(
    count: int, fraction: float, wanted: int
) -> None:
    sides = split_class(IDS[:count], fraction, seed=0)
    assert list(sides) == IDS[:count]
    assert list(sides.values()).count("val") == wanted


def test_the_order_of_the_records_doesnt_matter_but_the_seed_does() -> None:
    sides = split_class(IDS, 0.2, seed=0)
    assert split_class(IDS[::-1], 0.2, seed=0) == sides
    assert split_class(IDS, 0.2, seed=1) != sides


def test_growth_moves_nobody() -> None:
    before = split_class(IDS[:50], 0.2, seed=0)
    after = split_class(IDS, 0.2, seed=0, settled=before)
    assert {name: after[name] for name in before} == before
    assert list(after.values()).count("val") == 40
