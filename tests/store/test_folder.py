"""Files on a disk, in memory and in a real S3 server: whole, and the first writer's."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from s3_server import answer_late, cut_body, hide_condition, lose_answer, refuse
from s3fs import S3FileSystem

from synthset.errors import DatasetError, StorageError
from synthset.store.dataset import Dataset
from synthset.store.folder import open_folder


@pytest.fixture(params=["disk", "memory", "s3"])
def folder(request, tmp_path):
    if request.param == "s3":
        return open_folder(request.getfixturevalue("bucket"))
    return open_folder(tmp_path if request.param == "disk" else f"memory://{tmp_path.name}")


def test_a_file_is_created_once(folder):
    assert folder.create("a/b", b"one")
    assert not folder.create("a/b", b"two")
    assert folder.read("a/b") == folder.open("a/b").read() == b"one"
    assert (folder.names(), folder.names("a"), folder.names("c")) == (["a"], ["b"], [])
    folder.replace("a/b", b"two")
    folder.discard("a/b")
    folder.discard("a/b")
    assert (folder.names("a"), folder.exists("a/b")) == ([], False)


def test_of_eight_writers_at_once_one_wins(folder):
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: folder.create("a/b", b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert folder.read("a/b") == b"%d" % won.index(True)


def test_answers_of_many_files_keep_their_order(folder):
    def read(number):
        time.sleep(0.001 * (number % 3))
        return number

    assert list(folder.map(read, range(40))) == [*range(40)]
    with pytest.raises(ZeroDivisionError):
        list(folder.map(lambda number: 1 // (number - 30), range(40)))


def test_what_another_process_writes_is_seen_at_once(bucket):
    folder, elsewhere = open_folder(bucket), S3FileSystem(skip_instance_cache=True)
    folder.create("a/1", b"")
    assert folder.names("a") == ["1"]
    elsewhere.pipe_file(f"{bucket}/a/2", b"")
    assert (folder.names("a"), folder.exists("a/2")) == (["1", "2"], True)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_is_busy_is_asked_again(bucket, s3_server, status):
    folder = open_folder(bucket)
    for method in ("PUT", "GET"):
        with s3_server.failing(refuse(status, "SlowDown"), method, times=2):
            assert folder.create("a", b"one") if method == "PUT" else folder.read("a") == b"one"


def test_a_write_whose_answer_is_lost_is_ours(bucket, s3_server):
    folder = open_folder(bucket)
    with s3_server.failing(lose_answer, "PUT"):
        assert folder.create("a", b"one")
    with s3_server.failing(lose_answer, "PUT"):
        assert not folder.create("a", b"two")
    assert folder.read("a") == b"one"


def test_a_file_is_uploaded_in_parts_although_the_server_is_busy(
    bucket, s3_server, tmp_path, monkeypatch
):
    monkeypatch.setattr("synthset.store.folder.PART", 5 * 2**20)
    (tmp_path / "large").write_bytes(secrets.token_bytes(12 * 2**20))
    folder = open_folder(bucket)
    with s3_server.failing(refuse(503, "SlowDown"), "PUT", times=2):
        folder.upload("large", tmp_path / "large")
    assert sum(method == "PUT" and "/large" in path for method, path, _ in s3_server.asked) == 5
    assert folder.read("large") == (tmp_path / "large").read_bytes()


def test_a_read_that_is_cut_or_slow_gives_all(bucket, s3_server):
    folder = open_folder(bucket)
    folder.create("a", bytes(1000))
    for fault in (cut_body, lose_answer, answer_late(0.3)):
        with s3_server.failing(fault, "GET"):
            assert folder.read("a") == bytes(1000)
        with s3_server.failing(fault, "GET"):
            assert folder.open("a").read() == bytes(1000)


def test_two_writes_at_the_same_moment_are_tried_again(bucket, s3_server, monkeypatch):
    monkeypatch.setattr("synthset.store.create_only.CONFLICT_WAITS_S", (0.01,) * 4)
    folder = open_folder(bucket)
    conflict = refuse(409, "ConditionalRequestConflict")
    with s3_server.failing(conflict, "PUT", times=2):
        assert folder.create("a", b"one")
    with s3_server.failing(conflict, "PUT", times=5), pytest.raises(OSError, match="Conflict"):
        folder.create("b", b"one")


def test_a_server_that_names_no_condition_is_understood(bucket, s3_server):
    folder = open_folder(bucket)
    folder.create("a", b"one")
    with s3_server.failing(hide_condition, "PUT"):
        assert not folder.create("a", b"two")


def test_a_bucket_that_is_not_there_is_one_line(bucket):
    with pytest.raises(StorageError, match=r"^s3://none/d/dataset.json: The specified bucket does"):
        Dataset.create("s3://none/d", "pets", 2)


def test_an_endpoint_that_is_not_there_is_one_line(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(S3FileSystem, "_cache", {})  # none that knows the other endpoint
    with pytest.raises(StorageError, match=r"^s3://b/d/dataset.json: .*Could not connect to"):
        Dataset.create("s3://b/d", "pets", 2)


def test_a_store_without_create_only_writes_takes_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match=r"^dir::file://.*: dir can't create a file only where"):
        Dataset.create(f"dir::file://{tmp_path}", "pets", 2)
    assert not list(tmp_path.iterdir())
