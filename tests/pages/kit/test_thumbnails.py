from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from synthset.images import decode
from synthset.pages.kit.thumbnails import PAGE, choose_side_px, count_most, make_thumbnails


def content(uri: str) -> bytes:
    return base64.b64decode(uri.partition(";base64,")[2])


def test_a_small_image_goes_in_as_it_is(made: Any) -> None:
    name = made[0].kept().column("id")[0].as_py()
    (stored,) = made[0].read_images([name])
    thumbnail = make_thumbnails(made[0], [name])[name]
    assert thumbnail.uri.startswith("data:image/jpeg;base64,")
    assert content(thumbnail.uri) == stored
    assert (thumbnail.width, thumbnail.height) == (16, 16)


def test_a_large_image_gets_smaller_and_remembers_its_size(tmp_path: Path, make: Any) -> None:
    dataset, _ = make(tmp_path / "large", ["cat"], side=400)
    name = dataset.kept().column("id")[0].as_py()
    thumbnail = make_thumbnails(dataset, [name])[name]
    assert thumbnail.uri.startswith("data:image/webp;base64,")
    assert decode(content(thumbnail.uri)).shape == (128, 128, 3)
    assert (thumbnail.width, thumbnail.height) == (400, 400)


def test_the_more_images_the_smaller_they_are() -> None:
    assert [choose_side_px(n) for n in (10, 2500, 4000, count_most())] == [128, 96, 64, 48]
    assert count_most() * 1400 <= PAGE


def test_what_cannot_be_read_is_left_out(made: Any) -> None:
    failed = made[0].records().column("id")[0].as_py()
    assert make_thumbnails(made[0], [failed]) == {}
    assert make_thumbnails(made[0], []) == {}
