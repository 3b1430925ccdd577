"""A training takes the images that can be read, and names the others."""

import numpy as np

from synthset.experiment.readable import drop_unreadable
from synthset.formats.manifest import Passed
from synthset.formats.scan import scan
from synthset.images import encode
from synthset.recipe.sources import Folder


def test_images_that_cannot_be_read_are_left_out_and_named(tmp_path):
    (tmp_path / "cat").mkdir()
    for level in range(20):
        (tmp_path / f"cat/{level:02d}.png").write_bytes(
            encode(np.full((4, 4, 3), level, np.uint8), "png")
        )
    (tmp_path / "cat/bad.png").write_bytes(b"no image")
    (tmp_path / "cat/gone.png").write_bytes(b"")
    settings = Folder.model_validate({"kind": "folder", "paths": [{"path": str(tmp_path)}]})
    found, passed = list(scan(settings)), Passed()
    (tmp_path / "cat/gone.png").unlink()
    assert len(found) == 22
    assert len(drop_unreadable(found, settings, passed)) == 20
    assert [row.path for row in passed.rows] == [
        f"{tmp_path}/cat/{name}.png" for name in ("bad", "gone")
    ]
