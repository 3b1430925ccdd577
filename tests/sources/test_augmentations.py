"""Changes of pictures: what a seed draws, and what it does to pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from synthset.images import Pixels
from synthset.recipe.sources import Augment
from synthset.sources.augmentations import GEOMETRY, Chain, apply, draw
from synthset.sources.square import cut_square

STILL = {"flip": 0, "translate": 0, "degrees": 0}


def settings(**changes: Any) -> Augment:
    return Augment.model_validate({"kind": "augment", "paths": [{"path": "photos"}]} | changes)


def changed(pixels: Pixels, seed: int = 0, **strengths: Any) -> Pixels:
    wanted = settings(**(STILL | strengths))
    return apply(pixels, draw(wanted, seed), wanted.fill)


@pytest.fixture
def corner() -> Pixels:
    """A white pixel in the second row and fourth column of 8 × 8 black ones."""
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[1, 3] = 255
    return pixels


@pytest.fixture
def photo() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def where(pixels: Pixels) -> tuple[int, int]:
    y, x = np.unravel_index(int(pixels[..., 0].argmax()), pixels.shape[:2])
    return int(y), int(x)


def test_without_strengths_nothing_changes(photo: Pixels) -> None:
    assert np.array_equal(changed(photo), photo)


def test_a_flip_mirrors_left_and_right(corner: Pixels) -> None:
    assert where(changed(corner, flip=1)) == (1, 4)


def test_shifts_go_down_and_right_by_shares_of_the_side(corner: Pixels) -> None:
    down = apply(corner, Chain(GEOMETRY["translate_y"](0.25)), "black")
    right = apply(corner, Chain(GEOMETRY["translate_x"](0.25)), "black")
    assert (where(down), where(right)) == ((3, 3), (1, 5))


def test_turns_and_zooms_keep_the_centre(corner: Pixels) -> None:
    turned = apply(corner, Chain(GEOMETRY["rotate"](90)), "black")
    assert np.array_equal(turned, np.rot90(corner, k=-1)) or np.array_equal(
        turned, np.rot90(corner)
    )
    whole = np.full((8, 8, 3), 200, dtype=np.uint8)
    smaller = apply(whole, Chain(GEOMETRY["zoom"](0.5)), "black")
    assert (smaller[4, 4, 0], smaller[0, 0, 0]) == (200, 0)


def test_the_same_seed_makes_the_same_pixels_and_others_make_others(photo: Pixels) -> None:
    for policy in ("basic", "trivial", "rand"):
        wanted = settings(policy=policy, noise=3, cutout=0.3)
        made = [apply(photo, draw(wanted, seed)) for seed in range(12)]
        again = apply(photo, draw(wanted, 5))
        assert np.array_equal(made[5], again)
        assert len({one.tobytes() for one in made}) == 12


def test_colours_noise_and_cutout_leave_every_pixel_in_its_place() -> None:
    grey = np.full((16, 16, 3), 100, dtype=np.uint8)
    brighter = changed(grey, brightness=0.5)
    assert np.unique(brighter).size == 1
    assert brighter[0, 0, 0] != 100
    noisy = changed(grey, noise=10).astype(float)
    assert 8 < (noisy - 100).std() < 12
    covered = changed(np.tile(np.arange(16, dtype=np.uint8)[:, None, None], (1, 16, 3)), cutout=1)
    assert (covered == 8).any()


@pytest.mark.parametrize("policy", ["trivial", "rand"])
def test_every_operation_of_a_policy_is_drawn_and_works(photo: Pixels, policy: str) -> None:
    wanted = settings(policy=policy, **{"flip": 0, "translate": 0})
    chains = [draw(wanted, seed) for seed in range(200)]
    names = {name for chain in chains for name, _ in chain.colours}
    assert {"equalize", "posterize", "solarize", "sharpness", "identity"} <= names
    assert all(apply(photo, chain).shape == photo.shape for chain in chains)


def test_a_crop_enlarges_a_part_and_never_shows_the_outside() -> None:
    inner = np.full((16, 16, 3), 90, dtype=np.uint8)
    for seed in range(20):
        assert (changed(inner, seed, crop=0.3, fill="black") == 90).all()


def test_a_strength_that_the_policy_passes_over_is_refused() -> None:
    with pytest.raises(ValidationError, match="degrees belongs to policy 'basic'"):
        settings(policy="trivial", degrees=30)
    assert settings(**settings(policy="rand").model_dump()).policy == "rand"


def test_other_shapes_lose_their_margins_before_they_are_resized() -> None:
    wide = np.zeros((8, 16, 3), dtype=np.uint8)
    wide[:, 4:12] = 255
    assert (cut_square(wide, 4) == 255).all()
