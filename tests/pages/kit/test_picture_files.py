"""Pictures are written as files for papers."""

import numpy as np
import pytest

from synthset.pages.kit.picture import Dot, Photo, Picture, Shape, Table, Word
from synthset.pages.kit.picture_files import paint_picture

MARKS = (
    Shape(((10, 10), (40, 10), (40, 30), (10, 30)), fill="kept", stroke="ink", dash="3 3"),
    Dot((60, 20), 8, stroke="c1"),
    Photo((70, 30), 20, 20, np.full((4, 4, 3), 90, np.uint8)),
    Word((50, 50), "$1 & <more>", turn=-45, halo=True),
)
PICTURE = Picture("p", "A box and a ring", 100, 60, MARKS, Table(("x",), [("1",)]))


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_is_written_in_the_format_asked_for_twice_the_same(suffix):
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    found = paint_picture(PICTURE, suffix)
    assert found.startswith(start)
    assert paint_picture(PICTURE, suffix) == found


def test_a_file_has_the_colours_on_white():
    drawn = paint_picture(PICTURE, "svg").decode()
    assert "#0d7f72" in drawn
    assert "var(" not in drawn
