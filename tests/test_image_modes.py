"""Whatever numbers a file holds, a pixel is what its format says, worked out here by hand."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from synthset.images import UnreadableImage, decode

WHITE = [255, 255, 255]


def tiff(pixels, /, samples=1, bits=8, ink=1, kind=1, extra=None):
    """An uncompressed TIFF of one row."""
    numbers = {256: [pixels.size // samples], 257: [1], 258: [bits] * samples, 259: [1]}
    numbers |= {262: [ink], 273: [0], 277: [samples], 279: [pixels.nbytes], 339: [kind] * samples}
    numbers |= {338: [extra]} if extra is not None else {}
    place, entries, outside = 8 + 2 + 12 * len(numbers) + 4, b"", b""
    long = {tag: struct.pack(f"<{len(n)}H", *n) for tag, n in numbers.items() if len(n) > 2}
    numbers[273] = [place + sum(map(len, long.values()))]
    for tag, n in sorted(numbers.items()):
        if tag in long:
            value = struct.pack("<I", place + len(outside))
            outside += long[tag]
        else:
            value = struct.pack(f"<{len(n)}H", *n).ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, 3, len(n)) + value
    head = b"II*\0" + struct.pack("<IH", 8, len(numbers))
    return head + entries + bytes(4) + outside + pixels.tobytes()


def png(row, /, width, bits, colour, clear=None):
    """A PNG of one row."""
    header = struct.pack(">IIBBBBB", width, 1, bits, colour, 0, 0, 0)
    parts = {b"IHDR": header} | ({b"tRNS": clear} if clear else {})
    parts |= {b"IDAT": zlib.compress(b"\0" + row), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    )


def bmp(row, bits, masks=b""):
    size = 54 + len(masks)
    head = struct.pack("<IHHI", size + len(row), 0, 0, size)
    info = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, bits, 3 if masks else 0, len(row), 0, 0, 0, 0)
    return b"BM" + head + info + masks + row


def saved(mode, pixels, kind="TIFF", **options):
    image, file = Image.new(mode, (len(pixels), 1)), io.BytesIO()
    image.putdata(pixels)
    image.save(file, kind, **options)
    return file.getvalue()


def paletted(kind, alpha=None, **options):
    image, file = Image.new("P", (2, 1)), io.BytesIO()
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.putdata([0, 1])
    if alpha is not None:
        image = image.convert("PA")
        image.putalpha(Image.new("L", (2, 1), alpha))
    image.save(file, kind, **options)
    return file.getvalue()


def u2(*numbers):
    return np.array(numbers, "<u2")


def be(*numbers):
    return struct.pack(f">{len(numbers)}H", *numbers)


MODES = {
    "1, of a PNG": (png(b"\x40", 2, 1, 0), [0, 255]),
    "L, 2 bits of a PNG": (png(bytes([0b00011011]), 4, 2, 0), [0, 85, 170, 255]),
    "L, 2 bits, one transparent": (
        png(bytes([0b00011011]), 4, 2, 0, be(1)),
        [0, 255, 170, 255],
    ),
    "L, 4 bits, one transparent": (png(b"\x25", 2, 4, 0, be(2)), [255, 85]),
    "L, where 0 is white": (tiff(np.uint8([0, 55]), ink=0), [255, 200]),
    "I;16 of a PNG": (png(be(0, 257 * 9, 65535), 3, 16, 0), [0, 9, 255]),
    "I;16 of a PNG, 12 bits": (png(be(0, 2048, 4095), 3, 16, 0), [0, 128, 255]),
    "I;16, one transparent": (png(be(257 * 9, 65535, 300), 3, 16, 0, be(300)), [9, 255, 255]),
    "I;16 of a TIFF": (tiff(u2(0, 257 * 9, 65535), bits=16), [0, 9, 255]),
    "I;16, where 0 is white": (tiff(u2(0, 257 * 9, 65535), bits=16, ink=0), [255, 246, 0]),
    "I;16, signed": (tiff(np.array([0, 16384, 32767], "<i2"), bits=16, kind=2), [0, 128, 255]),
    "I, 32 bits": (tiff(np.array([0, 257 * 9, 65535], "<u4"), bits=32), [0, 9, 255]),
    "I, signed": (tiff(np.array([0, 257 * 9, 65535], "<i4"), bits=32, kind=2), [0, 9, 255]),
    "L, signed": (tiff(np.int8([0, 64, 127]), kind=2), [0, 129, 255]),
    "I of a PGM that names 16 bits": (b"P5 2 1 65535\n" + be(0, 257 * 9), [0, 9]),
    "I of a PGM that names 12 bits": (b"P5 2 1 4095\n" + be(0, 2048), [0, 128]),
    "I of a PGM that names 1,000": (b"P2 2 1 1000\n0 500\n", [0, 128]),
    "I;16 of a dark JPEG 2000": (
        saved("I;16", [257 * 9] * 4, "JPEG2000", irreversible=False),
        [9] * 4,
    ),
    "F from 0 to 1": (tiff(np.array([0, 0.5, 1], "<f4"), bits=32, kind=3), [0, 128, 255]),
    "F from 0 to 255": (tiff(np.array([0, 9.4, 255], "<f4"), bits=32, kind=3), [0, 9, 255]),
    "F, where 0 is white": (tiff(np.array([0, 1], "<f4"), bits=32, kind=3, ink=0), [255, 0]),
    "LA": (tiff(np.uint8([100, 255, 100, 0]), samples=2, extra=2), [100, 255]),
    "La, alpha multiplied in": (tiff(np.uint8([100, 255, 50, 127]), 2, extra=1), [100, 178]),
    "LX, of a second number without meaning": (tiff(np.uint8([100, 0]), 2, extra=0), [100]),
    "P": (paletted("PNG"), [[200, 0, 0], [0, 200, 0]]),
    "P, one transparent": (paletted("PNG", transparency=0), [WHITE, [0, 200, 0]]),
    "P of a GIF, one transparent": (paletted("GIF", transparency=1), [[200, 0, 0], WHITE]),
    "P, each with its alpha": (
        paletted("PNG", transparency=b"\xff\x33"),
        [[200, 0, 0], [204, 244, 204]],
    ),
    "PA": (paletted("TIFF", alpha=51), [[244, 204, 204], [204, 244, 204]]),
    "RGB, 16 bits of a PNG": (png(be(0, 257 * 9, 65535), 1, 16, 2), [[0, 9, 255]]),
    "RGB, 16 bits, one transparent": (
        png(be(40000, 0, 0, 0, 0, 0), 2, 16, 2, be(40000, 0, 0)),
        [WHITE, [0, 0, 0]],
    ),
    "RGB, 16 bits of a TIFF": (tiff(u2(0, 257 * 9, 65535), 3, 16, 2), [[0, 9, 255]]),
    "RGBA": (png(bytes([200, 0, 0, 51]), 1, 8, 6), [[244, 204, 204]]),
    "RGBA, 16 bits": (png(be(51400, 0, 0, 13107), 1, 16, 6), [[244, 204, 204]]),
    "RGBX": (tiff(np.uint8([1, 2, 3, 0]), 4, 8, 2, extra=0), [[1, 2, 3]]),
    "BGR;15": (bmp(struct.pack("<HH", 0x7C00, 0x03E0), 16), [[255, 0, 0], [0, 255, 0]]),
    "BGR;16": (
        bmp(struct.pack("<HH", 0xF800, 0x07E0), 16, struct.pack("<III", 0xF800, 0x7E0, 0x1F)),
        [[255, 0, 0], [0, 255, 0]],
    ),
    "BGRX": (bmp(bytes([3, 2, 1, 0, 6, 5, 4, 0]), 32), [[1, 2, 3], [4, 5, 6]]),
    "CMYK": (tiff(np.uint8([0, 255, 255, 0, 0, 0, 0, 55]), 4, 8, 5), [[255, 0, 0], [200] * 3]),
    "CMYK, 16 bits": (tiff(u2(0, 65535, 65535, 0), 4, 16, 5), [[255, 0, 0]]),
    "CMYK of a JPEG, as Adobe inverts it": (
        saved("CMYK", [(0, 255, 255, 0)] * 8, "JPEG", quality=100),
        [[255, 0, 0]] * 8,
    ),
    "YCbCr": (saved("YCbCr", [(76, 85, 255)]), [[254, 0, 0]]),
    "LAB": (saved("LAB", [(255, 128, 128), (0, 128, 128)]), [WHITE, [0, 0, 0]]),
}


@pytest.mark.parametrize(("data", "row"), MODES.values(), ids=MODES.keys())
def test_a_pixel_is_what_its_format_says(data, row):
    wanted = np.array([pixel if isinstance(pixel, list) else [pixel] * 3 for pixel in row])
    assert np.abs(decode(data)[0].astype(int) - wanted).max() <= 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"\0\0\0\x18ftypheic", "begins with .*heic.*readable formats"),
        (tiff(np.array([0, 1], "<f8"), bits=64, kind=3), r"like a \.tif file, but unknown pixel"),
        (tiff(u2(0, 1, 2), 3, 16, 2, kind=3), r"like a \.tif file, but unknown pixel mode"),
        (png(b"", 0, 8, 2), r"like a \.png file, but it declares no pixels; save it again"),
        (tiff(np.array([1, 2**32 - 1], "<u4"), bits=32), "from 1 to 4.29497e[+]09"),
        (tiff(np.int8([-1, 5]), kind=2), "from -1 to 5, .* from 0 to 127[)]"),
        (tiff(np.array([-1, 5], "<i2"), bits=16, kind=2), "from -1 to 5, .* 255 or 32,767"),
        (tiff(np.array([0, np.nan], "<f4"), bits=32, kind=3), "from nan to nan"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, words):
    with pytest.raises(UnreadableImage, match=words):
        decode(data)
