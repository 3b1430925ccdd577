"""Any bytes under any name are one image or one named error, and cost no other image."""

import io
import os

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from synthset.formats.manifest import Passed
from synthset.formats.scan import scan
from synthset.formats.source_names import decode_name, name_source, parse_source
from synthset.images import SUFFIXES, UnreadableImage, decode
from synthset.recipe.sources import Folder as Settings
from synthset.sources.folder import FolderStage
from synthset.stage import Rows

GOOD = 20
ODD = "aZ0.-_ ~#%&;'\"\\\n\t\r\x1b*?[]()é✓\u202e\u0301💀"
FORMATS = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "GIF": ("P",),
    "TIFF": ("1", "L", "I;16", "I", "F", "RGBA", "CMYK", "LAB", "YCbCr"),
    "BMP": ("1", "P", "RGB"),
    "PPM": ("1", "L", "RGB", "F"),
    "WEBP": ("RGB", "RGBA"),
    "AVIF": ("RGB",),
    "JPEG2000": ("L", "RGB", "I;16"),
}


def encoded(mode, kind):
    noise = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(noise).convert("L" if mode in ("I;16", "F") else "RGB").convert(mode)
    image.save(buffer, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return buffer.getvalue()


PICTURES = [encoded(mode, kind) for kind, modes in FORMATS.items() for mode in modes]


@some.composite
def damaged(draw):
    """A real image, cut short, with other bits, more bytes, or parts that changed places."""
    data = bytearray(draw(some.sampled_from(PICTURES)))
    for _ in range(draw(some.integers(0, 4))):
        i, j = sorted(draw(some.integers(0, len(data))) for _ in range(2))
        how = draw(some.sampled_from(["cut", "flip", "more", "swap", "number", "twice"]))
        if how == "cut":
            del data[j:]
        elif how == "flip" and i < len(data):
            data[i] ^= 1 << draw(some.integers(0, 7))
        elif how == "more":
            data[i:i] = draw(some.binary(max_size=20))
        elif how == "swap":
            data = data[j:] + data[i:j] + data[:i]
        elif how == "number":  # sizes and counts lie near the beginning
            place = i % 64
            data[place : place + 4] = draw(some.sampled_from([b"\0" * 4, b"\xff" * 4, b"\0\0\0\1"]))
        else:
            data[i:i] = data[i:j]
    return bytes(data)


anything = some.one_of(damaged(), damaged(), some.binary(max_size=200))


def named(name):
    return os.fsdecode(name[: 255 - 5]).replace("/", "_").replace("\0", "_")


names = some.builds(
    lambda stem, suffix: named(stem) + suffix,
    some.one_of(some.binary(min_size=1), some.text(ODD, min_size=1).map(str.encode)),
    some.sampled_from(["", ".txt", ".JPG", *sorted(SUFFIXES)]),
).filter(lambda name: name not in (".", ".."))


@given(anything)
def test_bytes_are_pixels_or_unreadable(data):
    try:
        pixels = decode(data)
    except UnreadableImage:
        return
    assert pixels.dtype == np.uint8
    assert min(pixels.shape[:2]) > 0
    assert pixels.shape[2:] == (3,)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    cat = tmp_path_factory.mktemp("pets") / "cat"
    cat.mkdir()
    for i in range(GOOD):
        Image.new("RGB", (4, 4), (i, 0, 0)).save(cat / f"good {i}.png")
    return cat


@given(names, anything)
def test_one_odd_file_is_one_image_or_one_named_error_beside_twenty_images(folder, name, data):
    odd = folder / name
    odd.write_bytes(data)
    try:
        settings = Settings.model_validate(
            {"kind": "folder", "paths": [{"path": str(folder.parent)}]}
        )
        passed = Passed()
        found = list(scan(settings, passed))
        stage = FolderStage(settings)
        ids = [str(i) for i in range(len(found))]
        rows = Rows(pa.table({"id": ids, "source": [image.source for image in found]}))
        made = stage.finish(rows, stage.compute(rows, stage.prepare(rows)))
    finally:
        odd.unlink()
    errors = dict(zip(rows.column("source"), made["error"].to_pylist(), strict=True))
    mine = [error for source, error in errors.items() if parse_source(source) == odd]
    assert len(errors) - GOOD == len(mine)
    assert len(mine) + len(passed) == 1
    assert {row.path for row in passed.rows} <= {decode_name(str(odd))}
    assert [error for error in errors.values() if error] == [error for error in mine if error]
    assert all(error is None or error.startswith(name_source(odd)) for error in mine)
