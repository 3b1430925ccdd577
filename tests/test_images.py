"""Pixels go to bytes and back."""

import io

import numpy as np
import pytest
from PIL import Image

from synthset.images import UnreadableImage, decode, encode, is_blank

NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.mark.parametrize(("image_format", "quality"), [("png", 95), ("webp", 100)])
def test_lossless_formats_give_back_the_same_pixels(image_format, quality):
    assert (decode(encode(NOISE, image_format, quality)) == NOISE).all()


def test_jpeg_keeps_a_smooth_picture_within_a_few_levels():
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)[..., None].repeat(3, 2)
    assert np.abs(decode(encode(smooth)).astype(int) - smooth).max() <= 4


@pytest.mark.parametrize(
    "data", [b"", b"no image", encode(NOISE)[:200], encode(NOISE, "png")[:300]]
)
def test_broken_files_are_named_as_such(data):
    with pytest.raises(UnreadableImage):
        decode(data)


def test_a_photo_on_its_side_is_turned_upright():
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(NOISE).save(buffer, "JPEG", exif=exif)
    assert decode(buffer.getvalue()).shape == (30, 20, 3)


def test_transparency_lies_on_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(buffer, "PNG")
    assert (decode(buffer.getvalue()) == 255).all()


def test_a_frame_of_one_colour_is_blank():
    assert is_blank(np.zeros((4, 4, 3), np.uint8))
    assert not is_blank(NOISE)
