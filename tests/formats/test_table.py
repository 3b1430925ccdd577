"""Tables that hold images: Parquet and Arrow."""

import base64
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import DatasetError, RecipeError
from synthset.formats.columns import Columns
from synthset.formats.manifest import UNLABELLED, UNREADABLE, Passed
from synthset.formats.table import find, split_source
from synthset.formats.table_files import TableImages
from synthset.images import encode

WHERE = "source.paths[0].path"
PICTURES = [encode(np.full((4, 4, 3), level, np.uint8), "png") for level in range(6)]


def table(names=None, **columns):
    made = pa.table({"img": [{"bytes": one, "path": None} for one in PICTURES], **columns})
    if names:
        features = {"label": {"_type": "ClassLabel", "names": names}}
        noted = {"huggingface": json.dumps({"info": {"features": features}})}
        made = made.replace_schema_metadata(noted)
    return made


def write(path, made):
    """Write a table in parts of two rows: as Parquet, as an Arrow file or as a stream."""
    if path.suffix == ".parquet":
        pq.write_table(made, path, row_group_size=2)
        return path
    kind = pa.ipc.new_file if "file" in path.stem else pa.ipc.new_stream
    with kind(path, made.schema) as writer:
        writer.write_table(made, max_chunksize=2)
    return path


def listed(path, *, labelled=True, facts=(), **columns):
    passed = Passed()
    rows = list(find(path, Columns(**columns), WHERE, passed, labelled, facts))
    return rows, passed


@pytest.mark.parametrize("name", ["a.parquet", "file.arrow", "data-00000-of-00001.arrow"])
def test_rows_have_labels_splits_captions_and_bytes_and_are_read_by_their_source(tmp_path, name):
    made = table(
        ["cat", "dog"],
        label=[1, 0, -1, 1, 5, 0],
        split=["train", "validation", None, "test", "x", "Test1"],
        text=list("abcdef"),
    )
    path = write(tmp_path / name, made)
    rows, passed = listed(path, caption="caption", facts=["TEXT", "url"])
    assert [(row.name, row.split, row.caption, dict(row.facts)) for row in rows] == [
        ("dog", "train", "a", {"text": "a"}),
        ("cat", "val", "b", {"text": "b"}),
        ("dog", "test", "d", {"text": "d"}),
        ("cat", "test", "f", {"text": "f"}),
    ]
    assert [(row.path, row.reason) for row in passed.rows] == [
        (f"{path}#2", UNLABELLED),
        (f"{path}#4", UNLABELLED),
    ]
    assert rows[0].label.vocabulary.names == ("cat", "dog")
    images = TableImages(["image"])
    for row in rows:
        place = split_source(row.source)
        assert place[0] == path
        assert images.read(*place) == PICTURES[place[1]] == row.read()


def test_without_labels_every_row_is_listed_and_none_is_asked_for(tmp_path):
    rows, passed = listed(write(tmp_path / "a.parquet", table(x=range(6))), labelled=False)
    assert (len(rows), passed.rows, rows[0].label, rows[0].caption) == (6, [], None, None)
    with pytest.raises(RecipeError, match=r"label_column: .*a\.parquet has no column that clearly"):
        listed(tmp_path / "a.parquet")
    two = write(tmp_path / "b.parquet", table(breed=list("aabbcc"), species=list("aabbcc")))
    with pytest.raises(RecipeError, match=r"'breed' or 'species'; name the column: label_column"):
        listed(two)
    assert [row.name for row in listed(two, label="species")[0]] == list("aabbcc")


def test_cells_that_are_paths_are_read_below_the_tables_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(PICTURES[0])
    (tmp_path / "b.png").write_bytes(PICTURES[1])
    paths = ["a.png", "../b.png", str(tmp_path / "b.png"), "http://x/a.png", "gone.png"]
    made = pa.table({"file_name": paths, "label": ["x"] * 5})
    rows, _ = listed(write(tmp_path / "in" / "metadata.parquet", made))
    assert [row.read() for row in rows] == [PICTURES[0], None, None, None, None]
    images = TableImages(["image"])
    why = [images.explain_missing(*split_source(row.source)) for row in rows[1:]]
    assert ["is outside" in one for one in why] == [True, True, True, False]


@pytest.mark.parametrize("start", ["", "data:image/png;base64,"])
def test_cells_that_are_base64_are_images(tmp_path, start):
    texts = [start + base64.b64encode(data).decode() for data in PICTURES[:2]]
    made = pa.table({"image": [*texts, texts[0][:-3]], "label": ["x"] * 3})
    rows, _ = listed(write(tmp_path / "train.parquet", made))
    assert [row.read() for row in rows] == [*PICTURES[:2], None]
    assert TableImages(["image"]).read(*split_source(rows[1].source)) == PICTURES[1]


@pytest.mark.parametrize("name", ["a.parquet", "file.arrow", "stream.arrow"])
@pytest.mark.parametrize("data", [b"", b"torn", b"PAR1" * 9, b"ARROW1" * 9])
def test_a_broken_file_is_passed_over_with_its_fault(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    rows, passed = listed(tmp_path / name)
    assert rows == []
    assert [(row.path, row.reason) for row in passed.rows] == [(str(tmp_path / name), UNREADABLE)]


def test_what_lies_before_the_damage_of_a_stream_is_sound(tmp_path):
    path = write(tmp_path / "a.arrow", table(label=list("aabbcc")))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    rows, passed = listed(path)
    assert [row.name for row in rows] == ["a", "a"]
    assert passed.rows[0].detail.startswith("rows from 2 on can't be read")
    assert TableImages([]).read(path, 1) == PICTURES[1]
    with pytest.raises(DatasetError, match="has 2 rows, so no row 2; it was changed"):
        TableImages([]).read(path, 2)


def test_only_rows_of_tables_are_rows():
    assert split_source("/a/b.png") is None
    assert split_source("/a/b.tar#1+2") is None
    assert split_source("/a/b.csv#3") is None
    assert split_source("/a/B.ARROW#3")[1] == 3
