import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.metrics.sets.floor import real_floor


def test_real_images_lie_near_the_floor_and_worse_ones_above(cloud):
    floor = real_floor(frechet_distance_from_features, cloud(1000, 32), 400, 100, draws=6)
    alike = frechet_distance_from_features(cloud(400, 32, seed=5), cloud(100, 32, seed=6))
    worse = frechet_distance_from_features(
        cloud(400, 32, seed=5), cloud(100, 32, seed=6, shift=0.2)
    )
    assert 0 < floor.low < alike < floor.high < worse


def test_the_floor_rises_as_the_counts_fall(cloud):
    real = cloud(1000, 32)
    small = real_floor(frechet_distance_from_features, real, 50, 50)
    large = real_floor(frechet_distance_from_features, real, 500, 500)
    assert small.value > 3 * large.value


def test_both_sides_of_a_draw_are_disjoint(cloud):
    real = cloud(100, 4)

    def shared(a, b):
        return float(len({row.tobytes() for row in a} & {row.tobytes() for row in b}))

    assert real_floor(shared, real, 60, 40).value == 0
    with pytest.raises(UsageError, match="asked for 60 \\+ 41 disjoint images of 100"):
        real_floor(shared, real, 60, 41)
    with pytest.raises(UsageError, match="draws: found 1"):
        real_floor(shared, real, 5, 5, draws=1)
