"""Pixels go to bytes and back."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, ImageFile, ImageOps

from synthset import images
from synthset.images import UnreadableImage, decode, encode, find_suffix, is_blank, open_image

NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
RAMP = np.tile(np.linspace(0, 1, 64), (64, 1))


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def ramp(top, dtype):
    return (RAMP if top == 1 else np.round(RAMP * top)).astype(dtype)


def twelve_bits(first, second):
    """A TIFF of two numbers of 12 bits."""
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 8 + 2 + 12 * 8 + 4, 277: 1, 279: 3}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
    pixels = (first << 12 | second).to_bytes(3, "big")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + bytes(4) + pixels


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


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (ramp(65535, "u2"), "PNG"),
        (ramp(65535, "u2"), "TIFF"),
        (ramp(4095, "u2"), "PNG"),
        (ramp(255, "u2"), "PNG"),
        (ramp(65535, "i4"), "TIFF"),
        (ramp(4095, "i4"), "TIFF"),
        (ramp(1, "f4"), "TIFF"),
        (ramp(255, "f4"), "TIFF"),
        (ramp(255, "u1"), "PNG"),
    ],
)
@pytest.mark.parametrize("strip", [images.STRIP_PIXELS, 640])
def test_a_ramp_stays_a_ramp_whatever_its_numbers_are(numbers, kind, strip, monkeypatch):
    monkeypatch.setattr(images, "STRIP_PIXELS", strip)
    pixels = decode(encoded(numbers, kind))
    assert len(np.unique(pixels)) == 64
    assert pixels.mean() == pytest.approx(127.5, abs=0.1)
    assert (pixels[..., 0] == np.round(RAMP * 255)).all()


def test_a_tiff_of_twelve_bits_is_scaled_by_what_it_names():
    assert decode(twelve_bits(0, 4095))[0, :, 0].tolist() == [0, 255]
    assert decode(twelve_bits(0, 16))[0, :, 0].tolist() == [0, 1]  # 8 bits would hold it


@pytest.mark.parametrize("numbers", [[-3, 1200], [0, np.nan], [np.nan, 0], [0, np.inf], [-1, 1]])
def test_floats_of_no_known_range_are_refused_in_words(numbers, monkeypatch):
    monkeypatch.setattr(images, "STRIP_PIXELS", 1)
    with pytest.raises(UnreadableImage, match=r"numbers range from .* to .*; save it"):
        decode(encoded(np.array([numbers], "f4").T, "TIFF"))


@pytest.mark.parametrize("numbers", [[-1, 255], [0, 70_000]])
def test_whole_numbers_of_no_known_range_are_refused_in_words(numbers):
    with pytest.raises(UnreadableImage, match="save it with numbers from 0 to 255 or 65,535"):
        decode(encoded(np.array([numbers], "i4"), "TIFF"))


def test_a_transparent_number_of_16_bits_lies_on_white():
    data = encoded(np.array([[0, 5000, 65535]], "u2"), transparency=5000)
    assert decode(data)[0, :, 0].tolist() == [0, 255, 255]


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (128, 255), (220, 255), (235, 0), (255, 0)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_ink_is_seen_on_its_ground(ink, ground, mode):
    image = Image.new("LA", (32, 32), (ink, 0))
    image.paste((ink, 255), (4, 4, 12, 12))
    if mode == "P":
        image = image.convert("RGBA").quantize(4)
    pixels = decode(encoded(image if mode == "P" else image.convert(mode)))
    assert (pixels[0, 0] == ground).all()
    assert np.abs(pixels[8, 8].astype(int) - ink).max() <= 1


def test_a_white_page_with_writing_stays_on_white():
    page = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    page.paste((255, 255, 255, 255), (8, 8, 56, 56))
    page.paste((0, 0, 0, 255), (20, 20, 40, 23))
    assert (decode(encoded(page))[0, 0] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_turned_as_pillow_turns_it(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(NOISE, kind, exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        turned = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert (decode(data) == turned).all()


@pytest.mark.parametrize("segment", [b"Exif\0\0II*\0\xff\xff\xff\x7f", b"MPF\0MM\0*garbage"])
def test_broken_metadata_are_no_reason_to_lose_a_picture(segment):
    plain = encode(NOISE)
    size = struct.pack(">H", len(segment) + 2)
    marker = b"\xff\xe2" if segment.startswith(b"MPF") else b"\xff\xe1"
    assert (decode(plain[:2] + marker + size + segment + plain[2:]) == decode(plain)).all()


@pytest.mark.parametrize("fault", [MemoryError(), RecursionError("deep"), KeyError(262)])
def test_whatever_a_decoder_raises_is_an_unreadable_image(fault, monkeypatch):
    def fail(*_):
        raise fault

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(UnreadableImage, match="not a readable image"):
        decode(encode(NOISE, "webp"))


@pytest.mark.parametrize(
    "begins", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xc5\xd0\xd3\xc6", b"\xd7\xcd\xc6\x9a"]
)
def test_programs_that_draw_are_not_opened(begins):
    postscript = begins + b"%%BoundingBox: 0 0 20 20\n%%EndComments\n{ } loop\n%%EOF\n"
    with pytest.raises(UnreadableImage, match="readable formats: JPEG, PNG"):
        open_image(postscript)


def test_no_library_has_postscript_run_either():
    assert not EpsImagePlugin.has_ghostscript()


def claims(width, height, colours):
    """A PNG that says how large it is, and holds next to nothing."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    chunks = (head, b"IDAT" + zlib.compress(bytes(100)), b"IEND")
    lengths = (struct.pack(">I", len(chunk) - 4) for chunk in chunks)
    sums = (struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(b"".join, zip(lengths, chunks, sums, strict=True)))


def test_a_phones_200_million_pixels_are_taken():
    assert open_image(claims(16_320, 12_240, 2)).size == (16_320, 12_240)


@pytest.mark.parametrize(("side", "colours"), [(23_000, 2), (30_000, 0), (300_000, 2)])
def test_a_bomb_is_refused_before_it_is_decoded(side, colours):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            UnreadableImage, match=r"takes 3\.\d GB, and an image may|exceeds limit"
        ):
            decode(claims(side, side, colours))


@pytest.mark.parametrize("kind", images.FORMATS)
def test_every_format_is_known_by_its_first_bytes(kind):
    data = encoded(NOISE, kind)
    assert decode(data).shape == (20, 30, 3)
    assert find_suffix(data) in images.SUFFIXES
