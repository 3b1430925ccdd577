"""How many requests reading a bucket takes, and how many bytes: counted by its server."""

import os
from threading import Barrier

import pyarrow as pa
import pytest
from s3_server import refuse

from synthset.store.dataset import Dataset

ROWS, SIZE = 64, 4000  # four row groups of images


@pytest.fixture
def dataset(bucket):
    images = [{"bytes": os.urandom(SIZE), "path": "a.png"} for _ in range(ROWS)]
    table = pa.table({"id": [f"{row:02d}" for row in range(ROWS)], "image": images})
    made = Dataset.create(f"{bucket}/d", "pets", ROWS)
    for shard in range(4):
        made.write_cell("images-x", shard, table)
    return Dataset.open(f"{bucket}/d")


@pytest.fixture
def asked(dataset, s3_server):
    """What has been asked of the server since; the dataset is there already."""
    before = len(s3_server.asked)
    return lambda: s3_server.asked[before:]


def count_bytes(requests):
    ranges = (bounds.removeprefix("bytes=").split("-") for _, _, bounds in requests if bounds)
    return sum(int(last) - int(first) + 1 for first, last in ranges)


def test_a_small_file_takes_one_request(dataset, asked):
    assert dataset.read_json("dataset.json")["name"] == "pets"
    assert len(asked()) == 1


def test_a_table_takes_one_request_a_shard_and_one_that_lists_them(dataset, asked):
    assert dataset.read("images-x", ["id"]).num_rows == 4 * ROWS
    assert dataset.rows_in("images-x") == 4 * ROWS
    assert [method for method, _, _ in asked()] == ["GET"] * 2 * (1 + 4)


def test_of_a_large_shard_only_what_is_asked_for_is_read(dataset, asked, monkeypatch):
    monkeypatch.setattr("synthset.store.folder.WHOLE", 1000)
    data = dataset.read_image("images-x", (1, 20))
    assert (len(data), len(asked())) == (SIZE, 3), "its size, its footer, its row group"
    assert 16 * SIZE < count_bytes(asked()) < 16 * SIZE + 70_000
    before = count_bytes(asked())
    assert dataset.read_cell("images-x", 2, ["id"]).num_rows == ROWS
    assert count_bytes(asked()) - before < 70_000


def test_shards_are_read_at_the_same_time(dataset, s3_server):
    all_four = Barrier(4)

    def wait_for_the_others(environ, start, app):
        all_four.wait(timeout=5)
        return app(environ, start)

    with s3_server.failing(wait_for_the_others, "GET", times=4, part=".parquet"):
        assert dataset.rows_in("images-x") == 4 * ROWS
    assert not all_four.broken


def test_a_server_that_is_gone_is_not_taken_for_a_damaged_file(dataset, s3_server, monkeypatch):
    monkeypatch.setattr("synthset.store.folder.WHOLE", 1000)
    with (
        s3_server.failing(refuse(500, "Oops"), "GET", times=5, part=".parquet"),
        pytest.raises(OSError, match=r"s3://.*images-x/00001.parquet: .*Oops, says the test"),
    ):
        dataset.read_image("images-x", (1, 20))
