from unittest import mock

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as torchvision
from cleanfid.resize import make_resizer
from PIL import Image
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torchvision.transforms import InterpolationMode

from synthset.encoders import resize
from synthset.encoders.resize import Resize


@pytest.mark.parametrize("size_px", [20, 299])
def test_bicubic_agrees_with_clean_fid_up_and_down(pictures, size_px):
    reference = make_resizer("PIL", False, "bicubic", (size_px, size_px))
    ours = Resize(size_px, "bicubic")(pictures)
    for image, picture in zip(ours, pictures, strict=True):
        assert np.abs(image.permute(1, 2, 0).numpy() - reference(picture)).max() < 0.006


def test_bicubic_stays_within_the_levels_where_it_overshoots():
    checkerboard = np.kron([[0, 255] * 4, [255, 0] * 4] * 4, np.ones((4, 4))).astype(np.uint8)
    resized = Resize(47, "bicubic")([np.stack([checkerboard] * 3, axis=-1)])
    assert resized.min() == 0
    assert resized.max() == 255


def test_tf1_bilinear_is_torch_fidelitys(pictures):
    ours = Resize(299, "bilinear-tf1")(pictures)
    one = torch.from_numpy(pictures[3]).permute(2, 0, 1)[None].float()
    theirs = interpolate_bilinear_2d_like_tensorflow1x(one, size=(299, 299), align_corners=False)
    assert torch.equal(ours[3], theirs[0])


@pytest.mark.parametrize(
    ("kernel", "mode", "levels"),
    [
        ("bicubic-8bit", InterpolationMode.BICUBIC, 2),
        ("bilinear-8bit", InterpolationMode.BILINEAR, 1),
    ],
)
def test_8bit_kernels_and_the_crop_agree_with_pillow_to_a_level_or_two(
    pictures, kernel, mode, levels
):
    pictures.append(pictures[0][:, :47])  # scales to 32 x 37.6: torchvision makes that 37
    ours = Resize(28, kernel, 32, keep_aspect=True)(pictures)
    for image, picture in zip(ours, pictures, strict=True):
        scaled = torchvision.resize(Image.fromarray(picture), 32, mode)
        reference = np.asarray(torchvision.center_crop(scaled, 28), dtype=np.float32)
        assert np.abs(image.permute(1, 2, 0).numpy() - reference).max() <= levels


def test_half_a_pixel_of_margin_goes_the_way_of_the_library():
    ramp = np.repeat(np.arange(11, dtype=np.uint8), 4 * 3).reshape(11, 4, 3)
    torchvisions = Resize(4, "bilinear", 4, keep_aspect=True)([ramp])
    transformers = Resize(4, "bilinear", 4, keep_aspect=True, floor_crop=True)([ramp])
    assert torchvisions[0, 0, :, 0].tolist() == [4, 5, 6, 7]
    assert transformers[0, 0, :, 0].tolist() == [3, 4, 5, 6]


def test_squashing_ignores_the_aspect(pictures):
    wide = Resize(24, "bilinear")([pictures[0]])
    turned = Resize(24, "bilinear")([pictures[0].transpose(1, 0, 2)])
    assert torch.allclose(wide, turned.transpose(2, 3), atol=1e-3)


def test_area_takes_the_mean_of_each_cell():
    picture = np.arange(16 * 3, dtype=np.uint8).reshape(4, 4, 3)
    assert Resize(1, "area")([picture]).flatten().tolist() == picture.mean(axis=(0, 1)).tolist()


def test_a_picture_is_resized_the_same_in_any_company_and_block(pictures):
    resizing = Resize(28, "bicubic", 32, keep_aspect=True)
    together = resizing(pictures)
    alone = torch.cat([resizing([picture]) for picture in pictures])
    with mock.patch.object(resize, "BLOCK_PIXELS", 1):
        in_small_blocks = resizing(pictures)
    assert torch.equal(together, alone)
    assert torch.equal(together, in_small_blocks)


def test_no_pictures_give_no_rows():
    assert Resize(8, "bicubic")([]).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("kernel", ["bicubic", "bilinear-8bit"])
@pytest.mark.parametrize("turn", [0, 1])
def test_the_ends_of_a_very_long_image_are_left_out_before_it_grows(kernel, turn, monkeypatch):
    wave = 128 + 100 * np.sin(np.arange(1003) / 9)
    line = np.rot90(np.tile(wave.astype(np.uint8)[None, :, None], (3, 1, 3)), turn)
    whole = Resize(24, kernel, keep_aspect=True)([line])
    monkeypatch.setattr(resize, "SCALED_PIXELS", 20_000)
    assert (Resize(24, kernel, keep_aspect=True)([line]) - whole).abs().max() < 12
    made = Resize(224, kernel, keep_aspect=True)([np.ones((1, 20_000, 3), np.uint8)])
    assert (made - 1).abs().max() < 1e-3
