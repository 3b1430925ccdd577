"""Cues of a file in toy worlds: the same kind of picture, with one thing made different."""

import io

import numpy as np
import pytest
from PIL import Image

from synthset.images import UnreadableImage, encode
from synthset.metrics.images.matched_preprocessing import match_preprocessing
from synthset.metrics.images.source_cues import CUES, count_margins, read_cues
from synthset.metrics.statistics.probe import probe

COUNT, SIDE = 60, 48


def pictures(seed, side=SIDE):
    """Smooth random pictures."""
    draw = np.random.default_rng(seed)
    rough = draw.integers(0, 256, (COUNT, 9, 9, 3), dtype=np.uint8)
    return [
        np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC))
        for one in rough
    ]


def png(pixels):
    return encode(pixels, "png")


def jpeg(pixels, quality=75, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def framed(pixels):
    edge = np.full_like(pixels, 255)
    edge[6:-6, 6:-6] = pixels[6:-6, 6:-6]
    return edge


def area(cue, real, made):
    rows = np.array([read_cues(data)[cue] for data in (*real, *made)])
    return probe(rows, np.arange(2 * COUNT) >= COUNT)


def laid_out(files, size_px=40):
    from synthset.images import decode

    return [
        match_preprocessing(decode(data), size_px, 85, np.random.default_rng(i))
        for i, data in enumerate(files)
    ]


WORLDS = {
    "file format": (jpeg, png),
    "jpeg": (lambda p: jpeg(p, 75), lambda p: jpeg(p, 95)),
    "borders": (png, lambda p: png(framed(p))),
    "size": (png, lambda p: png(p[:, 4:])),
    "brightness and colour": (png, lambda p: png(p // 3)),
    "frequency": (
        png,
        lambda p: png(np.asarray(Image.fromarray(p).resize((12, 12)).resize((48, 48)))),
    ),
}


@pytest.mark.parametrize("cue", CUES)
def test_what_is_made_different_is_told_apart_by_its_cue(cue):
    real, made = WORLDS[cue]
    found = area(cue, map(real, pictures(0)), map(made, pictures(1)))
    assert found.value > 0.98


@pytest.mark.parametrize("cue", CUES)
def test_pictures_of_one_distribution_are_not_told_apart(cue):
    found = area(cue, map(jpeg, pictures(0)), map(jpeg, pictures(1)))
    assert found.low <= 0.5 <= found.high


@pytest.mark.parametrize("cue", ["file format", "jpeg", "borders", "size"])
def test_matched_preprocessing_takes_the_cue_away(cue):
    real, made = WORLDS[cue]
    before = [real(one) for one in pictures(0)], [made(one) for one in pictures(1)]
    after = area(cue, *(laid_out(files) for files in before))
    assert after.low <= 0.5 <= after.high


def test_matched_preprocessing_leaves_what_is_in_the_picture():
    real, made = WORLDS["frequency"]
    before = [real(one) for one in pictures(0)], [made(one) for one in pictures(1)]
    assert area("frequency", *(laid_out(files) for files in before)).value > 0.8


def test_chroma_subsampling_is_a_cue_of_its_own():
    full = [jpeg(one, subsampling=0) for one in pictures(0)]
    assert area("jpeg", full, map(jpeg, pictures(1))).value == 1


def test_blocks_of_a_jpeg_show_in_a_png_made_of_it():
    from synthset.images import decode

    once = [png(decode(jpeg(one, 10))) for one in pictures(0)]
    grid = [
        [read_cues(data)["frequency"][-1] for data in files]
        for files in (once, map(png, pictures(1)))
    ]
    assert min(grid[0]) > max(grid[1])


def test_margins_are_counted_at_each_side():
    inside = np.random.default_rng(0).integers(0, 256, (20, 30)).astype(float)
    luma = np.pad(inside, ((3, 0), (5, 7)), constant_values=255)
    assert count_margins(luma) == (3, 0, 5, 7)
    assert count_margins(np.full((9, 9), 31.0)) == (0, 0, 0, 0)


def test_power_of_a_wave_lies_in_the_ring_of_its_frequency():
    x = np.arange(96)
    wave = np.tile(128 + 100 * np.sin(2 * np.pi * x / 8), (96, 1)).astype(np.uint8)  # 1/8 a pixel
    rings = read_cues(png(np.dstack([wave] * 3)))["frequency"][:12]
    assert np.argmax(rings) == 3  # each of the 12 rings is 1/24 wide


def test_every_picture_gives_as_many_numbers():
    shapes = [(1, 1), (7, 90), (33, 20)]
    found = [read_cues(png(np.zeros((*shape, 3), np.uint8))) for shape in shapes]
    found += [read_cues(jpeg(pictures(0)[0])), read_cues(encode(pictures(0)[0], "webp", 80))]
    lengths = [{cue: len(values) for cue, values in one.items()} for one in found]
    assert all(one == lengths[0] for one in lengths)


def test_what_is_no_image_is_said():
    with pytest.raises(UnreadableImage):
        read_cues(b"no image")


def test_matched_pictures_have_the_size_asked_for_and_depend_on_their_seed_only():
    tall = np.random.default_rng(0).integers(0, 256, (90, 30, 3), dtype=np.uint8)
    one, same, other = (
        match_preprocessing(tall, 32, 85, np.random.default_rng(i)) for i in (1, 1, 2)
    )
    assert one == same != other
    assert Image.open(io.BytesIO(one)).size == (32, 32)


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_of_two_flat_bands_has_no_margins(turned):
    bands = np.full((32, 48, 3), 60, np.uint8)
    bands[16:] = 200
    bands = bands.transpose(1, 0, 2) if turned else bands
    assert count_margins(bands[..., 0].astype(np.float32)) == (0, 0, 0, 0)
    found = read_cues(png(np.ascontiguousarray(bands)))
    assert [len(numbers) for numbers in found.values()] == [
        len(numbers) for numbers in read_cues(png(pictures(0)[0])).values()
    ]
