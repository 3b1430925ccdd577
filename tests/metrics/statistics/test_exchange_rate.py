import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.statistics.exchange_rate import ArmErrors, exchange_rate, fit_curve

SIZES = (100, 200, 400, 800)


def law(count):
    return 0.05 + 2 * count**-0.5


def real(noise=(0.0, 0.0, 0.0)):
    return [ArmErrors(f"r{n}", n, 0, tuple(law(n) + e for e in noise)) for n in SIZES]


def mixed(error, synthetic=900, seeds=3):
    return ArmErrors("m", 100, synthetic, (error,) * seeds)


def test_the_curve_finds_the_law_that_made_it():
    curve = fit_curve(SIZES, [law(n) for n in SIZES])
    assert (curve.a, curve.c) == pytest.approx((0.05, 0.5), abs=0.01)
    assert curve.error(300) == pytest.approx(law(300), abs=1e-4)
    assert curve.count(law(300))[0] == pytest.approx(300, rel=1e-2)


def test_900_images_that_do_what_200_real_ones_do_are_worth_two_ninths_each():
    found = exchange_rate("accuracy", real(), [mixed(law(300))]).worths[0]
    assert found.worth.value == pytest.approx(200 / 900, rel=0.02)
    assert found.worth.beyond == ""


def test_beyond_the_curve_it_says_more_than_instead_of_guessing():
    found = exchange_rate("accuracy", real(), [mixed(law(5000))]).worths[0]
    assert (found.equivalent.value, found.equivalent.beyond) == (800, "more than")
    assert found.worth.value == pytest.approx(700 / 900)
    worse = exchange_rate("accuracy", real(), [mixed(law(20))]).worths[0]
    assert (worse.equivalent.value, worse.equivalent.beyond) == (100, "less than")


def test_the_interval_over_seeds_holds_the_worth_and_widens_with_the_spread():
    def width(spread):
        arm = ArmErrors("m", 100, 900, tuple(law(300) + e for e in (-spread, 0, spread)))
        found = exchange_rate("accuracy", real(), [arm]).worths[0]
        assert found.low.value <= found.worth.value <= found.high.value
        return found.high.value - found.low.value

    assert 0 < width(0.002) < width(0.01)


def test_a_size_that_does_not_follow_the_law_is_named():
    noise = (-0.001, 0.0, 0.001)
    assert exchange_rate("accuracy", real(noise), [mixed(0.2)]).misses == {}
    bent = real(noise)
    bent[2] = ArmErrors("r400", 400, 0, tuple(error - 0.05 for error in bent[2].errors))
    misses = exchange_rate("accuracy", bent, [mixed(0.2)]).misses
    assert -0.05 < misses["r400"] < -0.02
    alone = [ArmErrors(one.arm, one.real, 0, one.errors[:1]) for one in bent]
    assert exchange_rate("accuracy", alone, [mixed(0.2, seeds=1)]).misses == {}


def test_one_seed_has_no_interval():
    arms = [ArmErrors(f"r{n}", n, 0, (law(n),)) for n in SIZES]
    assert exchange_rate("accuracy", arms, [mixed(law(300), seeds=1)]).worths[0].low is None


def test_a_failed_training_bends_the_curve_little():
    sizes = np.repeat(SIZES, 3)
    errors = np.array([law(n) for n in sizes])
    errors[4] = 0.9  # diverged
    assert fit_curve(sizes.tolist(), errors.tolist()).error(200) == pytest.approx(
        law(200), abs=0.02
    )


def test_arms_on_the_wrong_side_are_refused():
    with pytest.raises(UsageError, match="m has 900 synthetic"):
        exchange_rate("accuracy", [*real(), mixed(0.2)], [mixed(0.2)])
    with pytest.raises(UsageError, match="no synthetic images"):
        exchange_rate("accuracy", real(), [mixed(0.2, synthetic=0)])
    with pytest.raises(UsageError, match="3 or more"):
        fit_curve([100, 100, 200], [0.3, 0.3, 0.2])
