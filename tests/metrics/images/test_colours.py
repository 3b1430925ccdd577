import numpy as np

from synthset.metrics.images.colours import (
    GREY,
    PARTS,
    UNKNOWN,
    are_alike,
    colour_digits,
    colour_steps,
)


def one(*colour):
    return np.full((PARTS, PARTS, 3), colour, np.uint8)


def test_what_is_written_is_read_back():
    digits = colour_digits(one(255, 0, 0))
    steps = colour_steps([digits, "", colour_digits(one(9, 9, 9))])
    assert steps[0].tolist() == [5, 15] * PARTS**2  # Cb -43, Cr +127.5
    assert set(steps[1].tolist()) == {UNKNOWN}
    assert set(steps[2].tolist()) == {GREY}


def test_one_part_of_another_colour_makes_another_picture():
    spotted = one(90, 90, 90)
    spotted[2, 3] = (140, 70, 70)
    texts = [colour_digits(one(90, 90, 90)), colour_digits(spotted), colour_digits(one(95, 88, 90))]
    grey, spot, tinted = (steps[None] for steps in colour_steps(texts))
    assert not are_alike(grey, spot)[0]
    assert are_alike(grey, tinted)[0]
    assert are_alike(spot, colour_steps([""]))[0]
