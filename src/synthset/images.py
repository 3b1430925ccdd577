"""Pixels: opening, decoding, encoding and hashing. At rest an image is uint8 RGB (H, W, 3); this is
the one place that opens images from outside, and the one that decodes."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import EpsImagePlugin, Image, UnidentifiedImageError

from synthset.exif import read_orientation

Pixels = NDArray[np.uint8]
ImageFormat = Literal["jpeg", "png", "webp"]
EXTENSIONS: dict[str, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}

#: What is opened, by Pillow's names: plain decoders. PostScript is a program, which Pillow has
#: Ghostscript run, and others hand their bytes to what is installed.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "QOI")
#: How their files begin, and the extension that says so.
SIGNATURES = {
    rb"\xff\xd8\xff": ".jpg",
    rb"\x89PNG\r\n\x1a\n": ".png",
    rb"RIFF....WEBP": ".webp",
    rb"GIF8": ".gif",
    rb"BM": ".bmp",
    rb"II[*+]\0|MM\0[*+]": ".tif",
    rb"P[14]\s": ".pbm",
    rb"P[25]\s": ".pgm",
    rb"P[36]\s": ".ppm",
    rb"Pf\s": ".pfm",
    rb"....ftyp(avi[fs]|m[is]f1)": ".avif",
    rb"\0\0\0\x0cjP  \r\n\x87\n": ".jp2",
    rb"\xff\x4f\xff\x51": ".j2k",
    rb"qoif": ".qoi",
}
#: Extensions by which files are taken for images.
SUFFIXES = frozenset({".jpeg", ".jpe", ".jfif", ".tiff", ".pnm", *SIGNATURES.values()})

MOST_BYTES = 3 << 30  # that decoding one image may take; a phone's 200 million pixels take 1.4e9
STORED_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}  # a pixel in Pillow; others 4
OUT_BYTES = 3
#: Bytes a pixel that a decoder holds besides: canvases, planes, coefficients of the whole image.
DECODER_BYTES = {"AVIF": 12, "JPEG2000": 16, "WEBP": 12, "TIFF": 4, "progressive": 6}
EpsImagePlugin.gs_binary = False  # no Ghostscript either where a library opens a file by itself
Image.MAX_IMAGE_PIXELS = MOST_BYTES // 4  # Pillow's own guard knows pixels, and no bytes
STRIP_PIXELS = 1 << 22  # converted at a time, so that no large image is held in several modes

#: By orientation: an upright picture, (H, W, 3), as its file has it. All are views.
LIES: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}
SIDEWAYS = (5, 6, 7, 8)  # their width is the picture's height

DEPTHS = (255, 4095, 65535)  # highest numbers of 8, 12 and 16 bits
TO_16_BITS = ("PPM", "JPEG2000")  # whose grey numbers Pillow scales by the depth that a file names
#: Tags of a TIFF: how many bits a number has, whether 0 is white, and what kind a number is.
BITS_TAG, INK_TAG, KIND_TAG = 258, 262, 339
WHITE_IS_ZERO, SIGNED = 0, 2
#: Numbers of a TIFF that Pillow takes for others, by kind and bits.
MISTAKEN: dict[tuple[int, int], Any] = {(1, 32): np.uint32, (SIGNED, 8): np.int8}
#: By Pillow's name of how a PNG packs its pixels: the pixel that a transparent number stands for.
PNG_CLEAR: dict[str, Callable[[Any], Any]] = {
    "L;2": lambda number: (number & 3) * 85,
    "L;4": lambda number: (number & 15) * 17,
    "RGB;16B": lambda numbers: tuple(number >> 8 for number in numbers),
}
SLACK = 1e-3  # share of their range by which resampled floats may lie outside of it
WHITE, BLACK = 255, 0
PALE = 223  # luma above which ink is hardly seen on white
LEAST_SEEN = 0.01  # share of the ink that has to be seen


class UnreadableImage(ValueError):
    """The bytes are no image that can be read to its end."""


def open_image(data: bytes) -> Image.Image:
    """Read the header of an encoded image, and no pixels.

    Returns:
        Pillow's image: of one of `FORMATS`, and not too large to be decoded.

    Raises:
        UnreadableImage: the bytes are no such image.
    """
    try:
        image = _open(data)
    except UnidentifiedImageError:
        raise UnreadableImage(f"not a readable image ({_explain_refusal(data)})") from None
    except Exception as fault:  # decoders raise whatever their bytes lead them to
        raise _to_unreadable(fault) from fault
    needed = _decoding_bytes(image)
    if needed > MOST_BYTES:
        raise UnreadableImage(
            f"refused: decoding {image.width:,} × {image.height:,} pixels takes "
            f"{needed / 1e9:,.1f} GB, and an image may take {MOST_BYTES / 1e9:.1f}; make it "
            "smaller"
        )
    return image


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception:
        # some decoders read metadata at once, which may be broken where the picture is not
        without = re.sub(rb"Exif|MPF\0", b"none", data, count=2)
        if without == data:
            raise
        return Image.open(io.BytesIO(without), formats=FORMATS)


def _explain_refusal(data: bytes) -> str:
    """Say why no decoder takes some bytes."""
    if not data:
        return "it is empty"
    suffix = find_suffix(data)
    if suffix is None:
        return f"it begins with {data[:12]!r}; readable formats: {', '.join(FORMATS)}"
    try:
        Image.OPEN[Image.registered_extensions()[suffix]][0](io.BytesIO(data), "")
        said = ""
    except Exception as fault:  # as in `open_image`
        said = str(fault)
    said = "it declares no pixels" if said == "not identified by this driver" else said
    said = said or "it is damaged"
    return f"it begins like a {suffix} file, but {said}; save it again as 8-bit RGB"


def _to_unreadable(fault: Exception) -> UnreadableImage:
    return UnreadableImage(f"not a readable image ({str(fault) or type(fault).__name__})")


def _decoding_bytes(image: Image.Image) -> int:
    kind = "progressive" if "progressive" in image.info else str(image.format)
    besides = max(DECODER_BYTES.get(kind, 0), OUT_BYTES)  # the decoder is gone when RGB is made
    return image.width * image.height * (STORED_BYTES.get(image.mode, 4) + besides)


def decode(data: bytes) -> Pixels:
    """Read an encoded image; of an animation the first picture.

    Grey numbers of more than 8 bits are scaled to 8: whole ones from the depth that a TIFF, a PGM
    or a JPEG 2000 file names; but a PNG, or a TIFF that names 16 bits or more, from the fewest of
    8, 12 and 16 bits that hold all of them, as cameras of 12 bits write 16. Floats from [0, 1],
    else [0, 255].

    Args:
        data: the bytes of a file of one of `FORMATS`.

    Returns:
        (H, W, 3) uint8 RGB, turned upright by its EXIF orientation. Transparency lies on white; on
        black where hardly any of the ink could be seen on white.

    Raises:
        UnreadableImage: the bytes are truncated or no image, decoding takes too much memory, or the
            numbers are of no known range.
    """
    image = open_image(data)
    try:
        with image:
            return _pixels(image)
    except UnreadableImage:
        raise
    except Exception as fault:  # as in `open_image`
        raise _to_unreadable(fault) from fault


def _pixels(image: Image.Image) -> Pixels:
    turned = (
        1 if image.format == "TIFF" else read_orientation(image.info)
    )  # Pillow turns a TIFF itself
    tiles = getattr(image, "tile", [])
    packed = tiles[0].args if image.format == "PNG" and tiles else None
    if packed in PNG_CLEAR and "transparency" in image.info:
        image.info["transparency"] = PNG_CLEAR[packed](image.info["transparency"])
    image.load()
    width, height = image.size
    sides = (width, height) if turned in SIDEWAYS else (height, width)
    out = np.empty((*sides, 3), np.uint8)
    lying, paint = LIES[turned](out), _make_painter(image)
    for top, strip in _strips(image):
        lying[top : top + strip.height] = paint(strip)
    return out  # (H, W, 3)


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Cut an image into bands of rows, each with its first row; a small one stays whole."""
    rows = max(1, STRIP_PIXELS // image.width)
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _make_painter(image: Image.Image) -> Callable[[Image.Image], Pixels]:
    """Settle what holds for all of an image, and give what turns its strips to RGB."""
    wide = image.mode[0] in "IF" or _kind(image) in MISTAKEN
    eight_bit = _make_narrower(image) if wide else _as_it_is
    if "transparency" not in image.info and image.mode.lower() not in ("rgba", "la", "pa"):
        return lambda strip: _rgb(eight_bit(strip))
    shade = _ground(eight_bit(strip) for _, strip in _strips(image))

    def on_ground(strip: Image.Image) -> Pixels:
        ink = _rgba(eight_bit(strip))
        ground = Image.new("RGBA", ink.size, (shade, shade, shade, 255))
        return _rgb(Image.alpha_composite(ground, ink))

    return on_ground


def _rgb(strip: Image.Image) -> Pixels:
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))


def _as_it_is(strip: Image.Image) -> Image.Image:
    return strip


def _rgba(strip: Image.Image) -> Image.Image:
    return strip.convert("LA").convert("RGBA") if strip.mode == "La" else strip.convert("RGBA")


def _ground(strips: Iterator[Image.Image]) -> int:
    """Choose what transparency lies on: white, unless hardly any ink can be seen on it."""
    ink = seen = 0
    for strip in map(_rgba, strips):
        alpha, luma = np.asarray(strip.getchannel("A")), np.asarray(strip.convert("L"))
        ink += int(alpha.sum(dtype=np.int64))
        seen += int(alpha.sum(dtype=np.int64, where=luma <= PALE))
    return BLACK if seen < LEAST_SEEN * ink else WHITE


def _make_narrower(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Give what scales an image of grey numbers to 8 bits, with alpha where one number is
    transparent."""
    top, clear = _highest(image), image.info.get("transparency")
    from_white = _tag(image, INK_TAG, 1) == WHITE_IS_ZERO

    def narrow(strip: Image.Image) -> Image.Image:
        numbers = _numbers(image, strip)
        scaled = np.clip(numbers * (WHITE / top) + 0.5, 0, WHITE).astype(np.uint8)
        grey = Image.fromarray(WHITE - scaled if from_white else scaled)
        if clear is None:
            return grey
        alpha = np.where(numbers == clear, 0, WHITE).astype(np.uint8)
        return Image.merge("LA", (grey, Image.fromarray(alpha)))

    return narrow


def _highest(image: Image.Image) -> int:
    """The number that means white (black, where 0 is white)."""
    parts = (_numbers(image, strip) for _, strip in _strips(image))
    ends = [(part.min(), part.max()) for part in parts]
    low, high, known = np.min(ends), np.max(ends), _known_tops(image)
    slack = SLACK if image.mode == "F" else 0
    for top in known:
        if -slack * top <= low and high <= (1 + slack) * top:  # never of NaN
            return top
    tops = " or ".join(f"{top:,}" for top in dict.fromkeys((known[0], known[-1])))
    raise UnreadableImage(
        f"not a readable image (its numbers range from {low:g} to {high:g}, and which of them "
        f"means white is unknown; save it with numbers from 0 to {tops})"
    )


def _known_tops(image: Image.Image) -> tuple[int, ...]:
    """Highest numbers that an image may have, the lowest first."""
    if image.mode == "F":
        return 1, WHITE
    if image.format in TO_16_BITS:
        return DEPTHS[-1:]
    kind, bits = _kind(image)
    top = 2 ** (bits - (kind == SIGNED)) - 1
    return (top,) if bits < 16 else (*DEPTHS[:-1], min(top, DEPTHS[-1]))


def _numbers(image: Image.Image, strip: Image.Image) -> NDArray[Any]:
    """The numbers of a strip as the image's file has them."""
    numbers = np.asarray(strip)
    return numbers.view(MISTAKEN.get(_kind(image), numbers.dtype))


def _kind(image: Image.Image) -> tuple[int, int]:
    """Kind and bits of a TIFF's numbers; 16 bits where none are named, as in other formats."""
    return _tag(image, KIND_TAG, 1), _tag(image, BITS_TAG, 16)


def _tag(image: Image.Image, tag: int, usual: int) -> int:
    """The first number of a TIFF's tag."""
    tags: dict[int, Any] = getattr(image, "tag_v2", {})
    said = tags.get(tag, usual)
    return int(said[0] if isinstance(said, tuple) else said)


def encode(pixels: Pixels, image_format: ImageFormat = "jpeg", quality: int = 95) -> bytes:
    """Write an image.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        image_format: `jpeg` and `webp` lose detail according to `quality`; `png` is exact, and
            `webp` at 100 too.
        quality: 1 to 100, without effect on `png`.
    """
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if image_format == "jpeg":
        image.save(buffer, "JPEG", quality=quality)
    elif image_format == "png":
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "WEBP", quality=quality, lossless=quality == 100, method=0)
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    """Hash an encoded image, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def find_suffix(data: bytes) -> str | None:
    """Name an image's extension by its first bytes, since names often carry the wrong one.

    >>> find_suffix(b"GIF89a"), find_suffix(b"%!PS")
    ('.gif', None)
    """
    found = (suffix for begins, suffix in SIGNATURES.items() if re.match(begins, data, re.DOTALL))
    return next(found, None)


def is_blank(pixels: Pixels) -> bool:
    """Tell whether every pixel has one colour, as the black frame of a safety checker has."""
    return bool((pixels == pixels[0, 0]).all())
