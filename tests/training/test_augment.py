from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from synthset.recipe.training import Augmentation
from synthset.training.augment import apply_policy, augment, draw, mix_targets, pair_neighbours
from synthset.training.policy import BINS, OPERATIONS, RAND, TRIVIAL, read_strength

SIZE = 8


def draws(count=6, **settings):
    plain = {"flip": False, "shift": 0.0}
    return draw(Augmentation(**{**plain, **settings}), count, SIZE, np.random.default_rng(1))


@pytest.fixture
def batch():
    return torch.rand(6, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_about_half_of_the_images_are_mirrored_and_nothing_else_happens(batch):
    drawn = draws(flip=True)
    changed = augment(batch, drawn)
    for i, flip in enumerate(drawn.flip):
        torch.testing.assert_close(changed[i], batch[i].flip(-1) if flip else batch[i])
    assert 0 < drawn.flip.sum() < 6


def test_a_shift_is_a_crop_of_the_reflected_image(batch):
    drawn = draws(shift=0.25)
    padded = torch.nn.functional.pad(batch, (2, 2, 2, 2), mode="reflect")
    for i, (down, right) in enumerate(drawn.shift):
        there = padded[i, :, 2 - down : 10 - down, 2 - right : 10 - right]
        torch.testing.assert_close(augment(batch, drawn)[i], there)
    assert drawn.shift.abs().max() == 2


def test_a_crop_is_what_torchvision_cuts_out_and_resizes(batch):
    drawn = draws(crop=0.3)
    cut = torch.tensor([[0.25, -0.25, 0.75, 0.5]] * 6)  # centre right, down; width, height
    changed = augment(batch, replace(drawn, crop=cut))
    left, top = int(SIZE * (1 + 0.25 - 0.75) / 2), int(SIZE * (1 - 0.25 - 0.5) / 2)
    there = v2.functional.resized_crop(
        batch, top, left, SIZE // 2, 3 * SIZE // 4, [SIZE, SIZE], antialias=False
    )
    inner = slice(1, -1)  # at the edge we look at the pixels beyond the crop
    torch.testing.assert_close(
        changed[..., inner, inner], there[..., inner, inner], atol=1e-5, rtol=0
    )


def test_crops_have_the_area_and_the_aspect_that_are_asked_for():
    crop = draw(Augmentation(crop=0.25), 5000, 32, np.random.default_rng(0)).crop.numpy()
    centre, sides = crop[:, :2], crop[:, 2:]
    area, aspect = sides.prod(axis=1), sides[:, 0] / sides[:, 1]
    assert area.mean() == pytest.approx(0.6, abs=0.03)
    assert area.min() == pytest.approx(0.25, abs=0.01)
    assert (np.abs(centre) + sides <= 1 + 1e-6).all()
    assert 0.74 < aspect.min() < 0.8 < 1.25 < aspect.max() < 1.34


def test_erased_rectangles_cover_two_to_thirty_three_percent():
    drawn = draw(Augmentation(erase=0.5), 2000, 32, np.random.default_rng(0))
    top, bottom, left, right = drawn.erase.numpy().T
    area = (bottom - top) * (right - left) / 32**2
    assert (area > 0).mean() == pytest.approx(0.5, abs=0.04)
    assert area[area > 0].min() == pytest.approx(0.02, abs=0.01)
    assert area.max() == pytest.approx(0.33, abs=0.03)
    assert bottom.max() <= 32


def test_mixup_mixes_neighbours_and_their_targets_alike(batch):
    drawn = draws(mixup=1.0)
    mixed, targets = augment(batch, drawn), mix_targets(torch.eye(6), drawn)
    for i, j in enumerate([1, 0, 3, 2, 5, 4]):
        share = float(drawn.share[i])
        torch.testing.assert_close(mixed[i], share * batch[i] + (1 - share) * batch[j])
        assert targets[i, j] == pytest.approx(1 - share)
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(6))


def test_cutmix_targets_are_the_shares_of_the_pixels():
    black_and_white = torch.zeros(6, 3, SIZE, SIZE)
    black_and_white[1::2] = 1
    drawn = draws(cutmix=1.0)
    white = augment(black_and_white, drawn).mean(dim=(1, 2, 3))
    targets = mix_targets(torch.tensor([[1.0, 0.0], [0.0, 1.0]] * 3), drawn)
    torch.testing.assert_close(white, targets[:, 1])
    assert 0 < white[0] < 1


def test_with_both_a_batch_has_one_of_them():
    settings = Augmentation(mixup=1.0, cutmix=1.0)
    boxes = [draw(settings, 2, SIZE, np.random.default_rng(i)).box is None for i in range(20)]
    assert 4 < sum(boxes) < 16


def test_a_part_of_a_batch_is_changed_as_in_the_whole(batch):
    drawn = draws(flip=True, shift=0.25, erase=0.5, cutmix=1.0)
    whole = augment(batch, drawn)
    torch.testing.assert_close(augment(batch[2:], drawn.cut(slice(2, None))), whole[2:])


def test_the_last_of_an_odd_number_is_alone():
    assert pair_neighbours(5, torch.device("cpu")).tolist() == [1, 0, 3, 2, 4]


@pytest.mark.parametrize(
    ("table", "theirs"), [(TRIVIAL, v2.TrivialAugmentWide), (RAND, v2.RandAugment)]
)
def test_tables_of_strengths_are_torchvisions(table, theirs):
    space = theirs._AUGMENTATION_SPACE
    assert set(table) == set(space)
    for name, (magnitudes, signed) in space.items():
        values = magnitudes(BINS, SIZE, SIZE)
        assert table[name].signed == signed
        if values is not None:
            ours = [read_strength(table[name], name, step, SIZE) for step in range(BINS)]
            np.testing.assert_allclose(ours, values.numpy(), atol=1e-5)


def test_operations_are_torchvisions():
    image = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    theirs = v2.TrivialAugmentWide()
    for name, operation in OPERATIONS.items():
        amount = read_strength(TRIVIAL[name], name, 12, 16)
        expected = theirs._apply_image_or_video_transform(
            image, name, amount, theirs.interpolation, theirs._fill
        )
        torch.testing.assert_close(operation(image, amount), expected)


@pytest.mark.parametrize("policy", ["trivial", "rand"])
def test_a_policy_changes_images_the_same_way_each_time_and_leaves_torchs_generator(policy):
    batch = torch.randint(0, 256, (6, 3, SIZE, SIZE), dtype=torch.uint8)
    settings, drawn = Augmentation(policy=policy), draws(policy=policy)
    before = torch.get_rng_state()
    once, again = (apply_policy(batch, settings, drawn) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(once, again)
    assert not torch.equal(once, batch)
