"""The networks of the GAN: shapes, classes, and what keeps the two sides apart."""

import pytest
import torch

from synthset.sources.gan.diff_augment import diff_augment
from synthset.sources.gan.losses import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    sameness,
)
from synthset.sources.gan.network import Discriminator, Generator


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size_px", [16, 24, 32, 72, 128])
def test_every_allowed_size_is_made_and_judged(size_px):
    generator, judge = Generator(size_px, 4, 3, classes=2), Discriminator(size_px, 4, classes=2)
    made = generator(torch.randn(2, 3, generator=draws()), torch.tensor([0, 1]))
    assert made.shape == (2, 3, size_px, size_px)
    assert made.abs().max() <= 1
    assert judge(made, torch.tensor([0, 1])).shape == (2,)


def test_the_class_changes_the_picture_and_the_verdict():
    torch.manual_seed(0)
    generator, judge = Generator(16, 4, 3, classes=2).eval(), Discriminator(16, 4, classes=2)
    latents, zero, one = torch.randn(1, 3), torch.tensor([0]), torch.tensor([1])
    picture = generator(latents, zero)
    assert not torch.equal(picture, generator(latents, one))
    assert not torch.equal(judge(picture, zero), judge(picture, one))


def test_hinge_losses_are_zero_beyond_the_margin():
    assert discriminator_loss(torch.tensor([1.5, 3.0]), torch.tensor([-2.0])) == 0
    assert discriminator_loss(torch.tensor([0.0]), torch.tensor([0.0])) == 2
    assert generator_loss(torch.tensor([2.0, 4.0])) == -3


def test_the_penalty_is_half_the_squared_slope():
    pictures = torch.randn(3, 3, 2, 2, generator=draws(), requires_grad=True)
    scores = 2 * pictures.sum(dim=(1, 2, 3))  # slope 2 in each of 12 places
    assert gradient_penalty(scores, pictures).item() == pytest.approx(4 * 12 / 2)


def test_sameness_ends_where_samples_differ_as_much_as_real_pictures():
    black, white = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    assert sameness(black, black, torch.tensor([0.5])) == 1
    assert sameness(black, white, torch.tensor([2.0])) == 0.5
    assert sameness(black, white, torch.tensor([0.5])) == 0


def test_augmentation_follows_its_draws_and_leaves_gradients():
    pictures = torch.rand(8, 3, 16, 16, generator=draws()).requires_grad_(True)
    policy = ("colour", "translation", "cutout")
    changed = diff_augment(pictures, policy, draws(1))
    assert torch.equal(changed, diff_augment(pictures, policy, draws(1)))
    assert not torch.equal(changed, diff_augment(pictures, policy, draws(2)))
    (slopes,) = torch.autograd.grad(changed.square().sum(), pictures)
    assert all(slope.abs().sum() > 0 for slope in slopes)
    assert torch.equal(diff_augment(pictures, (), draws()), pictures)


def test_a_cutout_covers_a_quarter_at_most_and_a_shift_moves_by_whole_pixels():
    white = torch.ones(64, 3, 16, 16)
    covered = (diff_augment(white, ("cutout",), draws()) == 0).float().mean(dim=(1, 2, 3))
    assert covered.max().item() == pytest.approx(0.25)
    moved = diff_augment(white, ("translation",), draws())
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    assert (moved == 0).float().mean(dim=(1, 2, 3)).max() <= 1 - (14 / 16) ** 2


def test_colours_leave_grey_pictures_without_colour():
    grey = torch.rand(4, 1, 8, 8, generator=draws()).expand(-1, 3, -1, -1)
    changed = diff_augment(grey, ("colour",), draws())
    assert torch.allclose(changed[:, 0], changed[:, 2], atol=1e-6)
    assert not torch.allclose(changed, grey, atol=0.05)
