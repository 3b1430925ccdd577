"""A GAN learns from the pictures that can be read."""

import numpy as np

from synthset.formats.manifest import Passed
from synthset.formats.originals import Originals
from synthset.formats.scan import scan
from synthset.images import encode
from synthset.recipe.sources import Folder
from synthset.sources.gan.examples import read_examples


def test_a_picture_that_cannot_be_read_is_left_out_and_named(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes(encode(np.zeros((8, 9, 3), np.uint8), "png"))
    (tmp_path / "cat" / "b.png").write_bytes(b"no image")
    settings = Folder.model_validate({"kind": "folder", "paths": [{"path": str(tmp_path)}]})
    found, passed = list(scan(settings)), Passed()
    examples = read_examples(found, [0, 0], Originals(settings.paths), 8, passed)
    assert examples.pictures.shape == (1, 8, 8, 3)
    assert [row.path for row in passed.rows] == [f"{tmp_path}/cat/b.png"]
