"""The same run on object stores: fsspec's memory, and a real S3 server that fails now and then."""

import hashlib
from itertools import count

import fsspec
import pytest
from kills import Killed
from s3_server import answer_late, cut_body, lose_answer, refuse
from shapes import cells, recipe

import synthset
from synthset.store.create_only import create_object

FAULTS = (refuse(503, "SlowDown"), lose_answer, cut_body, refuse(500, "Oops"), answer_late(0.05))


def test_a_run_on_an_object_store_gives_the_same_records(tmp_path):
    remote = synthset.run(recipe(), f"memory://{tmp_path.name}")
    local = synthset.run(recipe(), tmp_path / "d")
    assert remote.records().equals(local.records())
    assert synthset.open(f"memory://{tmp_path.name}").kept().num_rows > 0


def test_a_second_run_there_does_nothing(tmp_path):
    place = f"memory://{tmp_path.name}"
    done = [e for e in synthset.run(recipe(), place).events() if e["event"] == "stage"]
    again = [e for e in synthset.run(recipe(), place).events() if e["event"] == "stage"]
    assert again == done


def test_a_bucket_that_fails_and_a_kill_leave_the_bytes_of_a_disk(
    bucket, s3_server, tmp_path, monkeypatch
):
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)
    small = recipe("classes=[circle, star]", "images_per_class=3", "engine.rows_per_shard=4")
    start = len(s3_server.asked)
    with s3_server.choosing(lambda number, *_: None if number % 9 else FAULTS[number // 9 % 5]):
        with monkeypatch.context() as killing:
            kill_at_object(killing, 3, "images-")
            with pytest.raises(Killed):
                synthset.run(small, f"{bucket}/d")
        synthset.run(small, f"{bucket}/d")
    assert len(s3_server.asked) - start > 90, "every fault came twice"
    synthset.run(small, tmp_path / "d")
    assert hash_objects(f"{bucket}/d") == cells(tmp_path / "d")
    seen = len(s3_server.asked)
    synthset.run(small, f"{bucket}/d")
    written = {path for method, path, _ in s3_server.asked[seen:] if method == "PUT"}
    assert not [path for path in written if path.endswith(".parquet")]
    assert len(s3_server.asked) - seen < 120


def test_exports_of_a_run_stand_in_a_bucket_until_somebody_changes_them(
    bucket, s3_server, tmp_path, monkeypatch
):
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)
    exports = [
        {"kind": "imagefolder", "path": "folders"},
        {"kind": "webdataset", "path": f"{bucket}/tars"},
        {"kind": "parquet"},
    ]
    small = recipe("classes=[circle]", "images_per_class=3", exports=exports)
    dataset = synthset.run(small, f"{bucket}/d")
    places = dataset.view.exports
    assert places[:2] == (f"{bucket}/d/folders", f"{bucket}/tars")
    assert places[2].startswith(f"{bucket}/d/exports/")
    before, asked = hash_objects(bucket), len(s3_server.asked)
    assert before["tars/export.json"]
    unchanged = synthset.run(small, f"{bucket}/d").events()[-1]["unchanged"]
    assert unchanged[-3:] == ["folders", places[1], places[2].removeprefix(f"{bucket}/d/")]
    assert not [path for _, path, _ in s3_server.asked[asked:] if path.endswith((".jpg", ".tar"))]
    (shard,) = [name for name in before if name.endswith(".tar")]
    s3 = fsspec.filesystem("s3", use_listings_cache=False)
    s3.pipe_file(f"{bucket}/{shard}", bytes(s3.size(f"{bucket}/{shard}")))
    again = synthset.run(small, f"{bucket}/d").events()[-1]["unchanged"]
    assert f"{bucket}/tars" not in again
    assert "folders" in again
    after = hash_objects(bucket)
    exported = [name for name in before if "/folders/" in name or "tars/" in name]
    assert len(exported) == 15
    assert [name for name in exported if after[name] != before[name]] == []


def kill_at_object(monkeypatch, write, part):
    """End whatever creates object number `write` of those whose path has a certain part."""
    made = count(1)

    def create(system, path, data):
        if part in path and next(made) == write:
            raise Killed(path)
        create_object(system, path, data)

    monkeypatch.setattr("synthset.store.folder.create_object", create)


def hash_objects(url):
    """Hash every file, as `cells` does on a disk."""
    system, root = fsspec.url_to_fs(url, use_listings_cache=False)
    found = {path.removeprefix(f"{root}/"): system.cat_file(path) for path in system.find(root)}
    return {
        path: hashlib.sha256(data).hexdigest()
        for path, data in sorted(found.items())
        if path.split("/")[0] not in ("run.jsonl.d", "recipe.yaml", "report", "derived", ".lease")
    }
