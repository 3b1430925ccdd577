"""The perceptual hash agrees with `imagehash`, stays for copies, and differs for other pictures."""

import imagehash
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw

from synthset.images import decode, encode
from synthset.metrics.images.colours import PARTS, are_alike, colour_steps
from synthset.recipe.scores import PerceptualHash as Settings
from synthset.record import IMAGE
from synthset.scores.perceptual_hash import PerceptualHashStage, perceptual_hash
from synthset.stage import Rows


def picture(seed, side=128):
    """Soft colours with an edge, as a photo has."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    pixels = np.array(small.resize((side, side), Image.Resampling.BICUBIC))
    left, top = rng.integers(0, side // 2, 2)
    pixels[top : top + side // 3, left : left + side // 3] //= 2
    return pixels


def apart(one, other):
    bits = (int(perceptual_hash(pixels)[:16], 16) for pixels in (one, other))
    return (next(bits) ^ next(bits)).bit_count()


def same_colours(one, other):
    steps = colour_steps([perceptual_hash(pixels)[16:] for pixels in (one, other)])
    return are_alike(steps[:1], steps[1:])[0]


def disc(colour, radius, place):
    image = Image.new("RGB", (128, 128), "white")
    ends = (place - radius, place - radius, place + radius, place + radius)
    ImageDraw.Draw(image).ellipse(ends, fill=colour)
    return np.asarray(image)


def resized(pixels, side):
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("side", [16, 32, 100, 333])
def test_it_agrees_with_imagehash(side):
    for seed in range(20):
        pixels = picture(seed, side)
        assert perceptual_hash(pixels)[:16] == str(imagehash.phash(Image.fromarray(pixels)))


@pytest.mark.parametrize("name", ["imagenet-sample/val", "cifar10/test"])
def test_it_agrees_with_imagehash_on_photos(shared_data, name):
    cells = pq.read_table(shared_data / f"{name}.parquet", columns=["image"]).column("image")
    for cell in cells.to_pylist()[:: len(cells) // 100]:
        pixels = decode(cell["bytes"])
        assert perceptual_hash(pixels)[:16] == str(imagehash.phash(Image.fromarray(pixels)))


COPIES = {
    "recompressed": lambda pixels: decode(encode(pixels, "jpeg", 30)),
    "halved": lambda pixels: resized(pixels, 64),
    "enlarged": lambda pixels: resized(pixels, 300),
    "slightly cropped": lambda pixels: pixels[1:-1, 1:-1],
    "brighter": lambda pixels: np.minimum(pixels.astype(int) * 11 // 10, 255).astype(np.uint8),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_differs_in_few_bits(change):
    found = [apart(picture(seed), COPIES[change](picture(seed))) for seed in range(20)]
    assert np.median(found) <= 4
    assert max(found) <= 8
    assert all(same_colours(picture(seed), COPIES[change](picture(seed))) for seed in range(20))


@pytest.mark.parametrize(("radius", "place"), [(34, 64), (12, 64), (12, 40), (13, 85)])
def test_a_red_a_green_and_a_blue_light_are_three_pictures(radius, place):
    red, green, blue = (disc(c, radius, place) for c in ((200, 0, 0), (0, 102, 0), (30, 30, 220)))
    assert apart(red, green) <= 2  # by brightness they are one
    assert not same_colours(red, green)
    assert not same_colours(red, blue)
    assert not same_colours(green, blue)
    assert same_colours(red, decode(encode(red, "jpeg", 30)))


def test_grey_has_the_digit_of_no_colour():
    grey = np.repeat(picture(0)[..., :1], 3, axis=2)
    assert set(perceptual_hash(grey)[16:]) == {"8"}
    assert len(perceptual_hash(grey)) == 16 + 2 * PARTS**2


def test_other_pictures_differ_in_about_half_of_the_bits():
    found = [apart(picture(seed), picture(seed + 1)) for seed in range(50)]
    assert 26 < np.mean(found) < 38
    assert min(found) > 10


def test_a_picture_of_one_brightness_has_no_hash():
    assert perceptual_hash(np.full((40, 30, 3), 77, np.uint8)) is None


def test_bits_are_read_from_the_lowest_vertical_frequency():
    rising = np.repeat(np.arange(255, -1, -8, dtype=np.uint8), 32).reshape(32, 32)
    pixels = np.stack([rising] * 3, axis=-1)  # dark below: only vertical frequencies
    bits = f"{int(perceptual_hash(pixels)[:16], 16):064b}"
    assert bits[0] == bits[8] == "1"  # the mean, and the first vertical frequency
    assert bits[1:8] == "0000000"


def test_the_column_is_null_where_there_is_no_picture():
    cells = [{"bytes": encode(picture(0), "png"), "path": "a"}, None, {"bytes": b"x", "path": "b"}]
    rows = Rows(pa.table({"id": ["0", "1", "2"], "image": pa.array(cells, IMAGE)}))
    stage = PerceptualHashStage(Settings(kind="perceptual_hash", name="look"))
    table = stage(rows)
    assert table.schema.remove(1) == stage.writes
    assert table.column("look").to_pylist() == [perceptual_hash(picture(0)), None, None]
    assert table.column("error").to_pylist()[:2] == [None, "no image"]
