"""One number of EXIF is read, whatever the rest is."""

import struct

import pytest

from synthset.exif import read_orientation

PACKED = {1: "BBH", 3: "HH", 4: "I", 8: "hh", 9: "i"}  # an entry's four bytes, by type


def block(kind=3, value=6, order="<", before=()):
    packed = PACKED[kind]
    entries = [struct.pack(f"{order}HHII", *entry) for entry in before]
    numbers = (value, *[0] * (len(packed) - 1))
    entries.append(struct.pack(f"{order}HHI{packed}", 0x0112, kind, 1, *numbers))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(entries) + bytes(4)


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("order", ["<", ">"])
def test_it_is_one_integer_of_whatever_type(kind, order):
    assert read_orientation({"exif": b"Exif\0\0" + block(kind, order=order)}) == 6


def test_tags_that_lead_nowhere_are_not_followed():
    broken = [(0x010F, 2, 2**31, 2**31 - 1), (0x8825, 99, 7, 2**32 - 1)]
    assert read_orientation({"exif": block(before=broken)}) == 6


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_is_none_is_upright(value):
    assert read_orientation({"exif": block(value=value)}) == 1


@pytest.mark.parametrize("cut", [0, 3, 9, 12, 18])
def test_a_block_that_ends_early_is_upright(cut):
    assert read_orientation({"exif": block()[:cut]}) == 1


def test_without_exif_xmp_tells():
    assert read_orientation({"xmp": b'<x tiff:Orientation="8"/>'}) == 8
    assert read_orientation({"XML:com.adobe.xmp": "<tiff:Orientation>3</tiff:Orientation>"}) == 3
    assert read_orientation({"xmp": b'tiff:Orientation="8"', "exif": block()}) == 6


def test_older_png_files_have_it_as_text():
    text = f"\nexif\n{len(block()):8}\n{block().hex()}\n"
    assert read_orientation({"Raw profile type exif": text}) == 6
