"""Images that are called by a key."""

import os
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_images import png

from synthset.errors import RecipeError
from synthset.formats.keyed import read_keyed
from synthset.formats.manifest import ODD, OTHER, STRAY, UNREADABLE, Passed
from synthset.recipe.openimages import KeyedPath

DATA = png(1, 2, 3)


def keys(path, passed=None, **settings):
    return [image.key for image in read_keyed([KeyedPath(path=str(path), **settings)], passed)]


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


def test_a_zip_and_packed_files_further_down_are_read_as_every_command_reads_them(tmp_path):
    (tmp_path / "zips").mkdir()
    with zipfile.ZipFile(tmp_path / "zips" / "a.zip", "w") as archive:
        archive.writestr("pictures/a.png", DATA)
    (tmp_path / "deep" / "data").mkdir(parents=True)
    table(tmp_path / "deep" / "data" / "b.parquet", image=[DATA], key=["b"])
    assert keys(tmp_path / "zips") == keys(tmp_path / "zips" / "a.zip") == ["a"]
    assert keys(tmp_path / "deep") == ["b"]
    table(tmp_path / "deep" / "data" / "test-0.parquet", image=[DATA], key=["c"])
    with pytest.raises(RecipeError, match=r"by its name, .*test-0\.parquet is a test split"):
        keys(tmp_path / "deep")


def test_what_lies_beside_packed_files_is_said(tmp_path):
    table(tmp_path / "a.parquet", image=[DATA], key=["a"])
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "stray.png").write_bytes(DATA)
    passed = Passed()
    assert keys(tmp_path, passed) == ["a"]
    assert {os.path.basename(row.path): row.reason for row in passed.rows} == {
        "notes.txt": OTHER,
        "stray.png": STRAY,
    }
