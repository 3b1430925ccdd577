"""Cells of foreign Parquet files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.formats.image_cells import extract_image
from synthset.images import encode
from synthset.recipe.sources import Folder as Settings
from synthset.sources.folder import FolderStage
from synthset.stage import Rows

OUTSIDE = ["{0}/secret.png", "../secret.png", "img/../../secret.png", "link.png", "up/secret.png",
           "file://{0}/secret.png", "loop", "a\0b", "..\\secret.png"]  # fmt: skip


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "img").mkdir(parents=True)
    for place in (tmp_path / "secret.png", folder / "img" / "a.png"):
        place.write_bytes(encode(np.zeros((8, 8, 3), np.uint8), "png"))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    return folder


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_path_that_leads_out_of_the_files_folder_is_not_followed(inside, name):
    name = name.format(inside.parent)
    assert extract_image({"bytes": None, "path": name}, inside / "x.parquet") is None
    assert extract_image({"bytes": None, "path": "img/a.png"}, inside / "x.parquet") is not None


def test_its_record_has_an_error_that_names_it(inside):
    cells = [{"bytes": None, "path": path} for path in ("img/a.png", "../secret.png", "gone.png")]
    pq.write_table(pa.table({"image": cells, "label": ["a"] * 3}), inside / "x.parquet")
    stage = FolderStage(Settings(kind="folder", paths=[{"path": str(inside / "x.parquet")}]))
    sources = [f"{inside}/x.parquet#{row}" for row in range(3)]
    rows = Rows(pa.table({"id": ["a", "b", "c"], "source": sources}))
    errors = stage.finish(rows, stage.prepare(rows)).column("error").to_pylist()
    assert errors[0] is None
    assert "#1: image.path '../secret.png' is outside the file's folder" in errors[1]
    assert errors[2].endswith("#2: missing or unreadable")
