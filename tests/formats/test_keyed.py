"""Images that are called by a key."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_images import png

from synthset.errors import RecipeError
from synthset.formats.keyed import keyed
from synthset.formats.manifest import ODD, UNREADABLE, Passed
from synthset.recipe.openimages import KeyedPath

DATA = png(1, 2, 3)


def keys(path, passed=None, **settings):
    return [image.key for image in keyed([KeyedPath(path=str(path), **settings)], passed)]


def table(path, **columns):
    pq.write_table(pa.table(columns), path)


def test_images_and_keys_are_found_by_their_usual_names(tmp_path):
    table(tmp_path / "a.parquet", img=[DATA], image_id=["a"])
    table(tmp_path / "b.parquet", x=[DATA], ID=["b"])
    assert keys(tmp_path) == ["a", "b"]
    with pytest.raises(RecipeError, match=r"key_column: .*no column 'uuid'; known: image_id, img"):
        keys(tmp_path / "a.parquet", key_column="uuid")


def test_what_is_broken_or_odd_is_passed_over_where_the_rest_is_fine(tmp_path):
    table(tmp_path / "good.parquet", image=[DATA], key=["a"])
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    os.mkfifo(tmp_path / "fifo.parquet")
    passed = Passed()
    assert keys(tmp_path, passed) == ["a"]
    assert {os.path.basename(row.path): row.reason for row in passed.rows} == {
        "bad.parquet": UNREADABLE,
        "fifo.parquet": ODD,
    }
