"""Pools: images with captions, wherever these stand."""

import io
import json
import os
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_images import png

from synthset.errors import RecipeError
from synthset.formats.captioned import read_captioned
from synthset.formats.manifest import ABSENT, FORMAT, ODD, OTHER, UNREADABLE, Passed
from synthset.recipe.pools import Pool

DATA = png(1, 2, 3)


def read(path, passed=None, **settings):
    pool = Pool.model_validate({"kind": "pool", "paths": [{"path": str(path), **settings}]})
    return [(image.caption, dict(image.facts)) for image in read_captioned(pool, passed)]


def captions(path, passed=None, **settings):
    return [caption for caption, _ in read(path, passed, **settings)]


def put(folder, **files):
    """Write files; `a__png` is called `a.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def table(path, **columns):
    pq.write_table(pa.table(columns), path)


def tar(path, *members):
    with tarfile.open(path, "w") as file:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))


def test_captions_and_facts_are_found_in_any_case(tmp_path):
    columns = {"image": [DATA], "TEXT": ["a cat"], "Url": ["http://a"], "License": ["CC0"]}
    table(tmp_path / "a.parquet", **columns)
    beside = {"Text": "a cat", "URL": "http://a", "LICENSE": "CC0", "Key": "k"}
    put(tmp_path / "folder", a__png=DATA, a__json=json.dumps(beside))
    for path in ("a.parquet", "folder"):
        for column in ("text", "caption"):  # the default is looked for, and finds what is usual
            ((caption, facts),) = read(tmp_path / path, caption_column=column)
            assert (caption, facts["pool_url"], facts["pool_license"]) == (
                "a cat",
                "http://a",
                "CC0",
            )


@pytest.mark.parametrize(
    "beside",
    [
        {"metadata__jsonl": json.dumps({"file_name": "a.png", "text": "a cat"})},
        {"metadata__csv": "file_name,prompt\na.png,a cat\n"},
        {"part-000001__json": json.dumps({"a.png": {"p": "a cat", "se": 1}})},
        {"a__caption": "a cat"},
        {"a__TXT": "a cat\n"},
        {"a__txt": " ", "a__json": json.dumps({"caption": "a cat"})},
        {"a__txt": "\n", "metadata__jsonl": json.dumps({"file_name": "a.png", "text": "a cat"})},
    ],
    ids=lambda beside: "+".join(beside),
)
def test_a_folder_has_its_captions_beside_the_images_or_in_a_table(tmp_path, beside):
    passed = Passed()
    assert captions(put(tmp_path / "p", a__png=DATA, **beside), passed) == ["a cat"]
    assert passed.rows == []


def test_rows_of_a_table_bring_key_url_and_licence(tmp_path):
    row = {"file_name": "a.png", "text": "a cat", "url": "u", "LICENSE": "CC0", "key": "k"}
    put(tmp_path, a__png=DATA, metadata__jsonl=json.dumps(row))
    ((_, facts),) = read(tmp_path)
    assert facts == {"pool_key": "k", "pool_url": "u", "pool_license": "CC0"}


def test_images_of_tables_are_found_by_usual_names_and_by_type(tmp_path):
    for name in ("img", "picture", "anything"):
        table(tmp_path / f"{name}.parquet", **{name: [DATA], "prompt": [name]})
    assert captions(tmp_path) == ["anything", "img", "picture"]
    with pa.ipc.new_stream(tmp_path / "a.arrow", pa.schema({"x": pa.binary()})) as file:
        file.write_batch(pa.record_batch({"x": [DATA]}))
    with pytest.raises(RecipeError, match="there are 1 images but no captions"):
        captions(tmp_path / "a.arrow")


def test_what_is_broken_or_odd_is_passed_over_where_the_rest_is_fine(tmp_path):
    put(tmp_path / "tables", torn__parquet=b"PAR1", a__parquet=b"")
    table(tmp_path / "tables" / "good.parquet", image=[DATA], caption=["a cat"])
    table(tmp_path / "tables" / "urls.parquet", URL=["http://a"], TEXT=["a cat"])
    os.mkfifo(tmp_path / "tables" / "fifo.parquet")
    passed = Passed()
    assert captions(tmp_path / "tables", passed) == ["a cat"]
    assert {os.path.basename(row.path): row.reason for row in passed.rows} == {
        "a.parquet": UNREADABLE,
        "fifo.parquet": ODD,
        "torn.parquet": UNREADABLE,
        "urls.parquet": OTHER,
    }
    put(tmp_path / "tars", torn__tar=b"torn" * 300)
    tar(tmp_path / "tars" / "good.tar", ("a.png", DATA), ("a.txt", b"a cat"))
    passed = Passed()
    assert captions(tmp_path / "tars", passed) == ["a cat"]
    assert [(row.path, row.reason) for row in passed.rows] == [
        (str(tmp_path / "tars" / "torn.tar"), UNREADABLE)
    ]


def test_a_folder_says_what_it_does_not_read(tmp_path):
    rows = [{"file_name": name, "text": "a cat"} for name in ("a.png", "gone.png")]
    lines = "\n".join(map(json.dumps, rows))
    put(tmp_path, a__png=DATA, b__heic=b"x", a__txt="", metadata__jsonl=lines, bad__jsonl="{")
    os.mkfifo(tmp_path / "c.png")
    passed = Passed()
    assert captions(tmp_path, passed) == ["a cat"]
    assert sorted((row.reason, os.path.basename(row.path)) for row in passed.rows) == sorted(
        [(FORMAT, "b.heic"), (UNREADABLE, "bad.jsonl"), (ODD, "c.png"), (ABSENT, "gone.png")]
    )
    assert sorted(passed.read) == [str(tmp_path / "a.txt"), str(tmp_path / "metadata.jsonl")]


def test_a_pool_of_which_nothing_can_be_read_says_why(tmp_path):
    put(tmp_path, torn__parquet=b"PAR1", a__parquet=b"")
    with pytest.raises(RecipeError, match=r"no image in .*2 × unreadable: .*a\.parquet .*is no"):
        captions(tmp_path)
    table(tmp_path / "urls.parquet", URL=["http://a"], TEXT=["a cat"])
    with pytest.raises(RecipeError, match=r"image_column: .*no column that clearly holds images"):
        captions(tmp_path / "urls.parquet")
