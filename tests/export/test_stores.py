"""Exports to object stores: a real S3 server that fails now and then, and fsspec's memory."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import fsspec
import pytest
from kills import Killed
from pydantic import TypeAdapter
from s3_server import S3Server, lose_answer, refuse
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import DatasetError, StorageError, SynthsetError, UsageError
from synthset.export import folder, packed, place
from synthset.export.write import write_export
from synthset.recipe.exports import Export, ExportSettings, ImageFolder
from synthset.store.dataset import Dataset

FAULTS = (refuse(503, "SlowDown"), lose_answer, refuse(500, "Oops"))
KINDS = {
    "imagefolder": {"val_fraction": 0.25, "class_texts": True},
    "webdataset": {"val_fraction": 0.25, "images_per_file": 4},
    "parquet": {"val_fraction": 0.25, "images_per_file": 4},
    "npy": {"val_fraction": 0.25},
    "diffusiondb": {},
}


def make_settings(kind: str, path: str) -> Any:
    settings: Export = TypeAdapter(Export).validate_python(
        {"kind": kind, "path": path, **KINDS[kind]}
    )
    return settings


def read_all(path: str) -> dict[str, bytes]:
    system, root = fsspec.url_to_fs(
        path, **({"use_listings_cache": False} if "://" in path else {})
    )
    return {name.removeprefix(f"{root}/"): system.cat_file(name) for name in system.find(root)}


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folder.tempfile, "gettempdir", lambda: str(tmp_path / "scratch"))
    return tmp_path / "scratch"


@pytest.mark.parametrize("kind", KINDS)
def test_a_bucket_that_fails_gets_the_files_of_a_disk_also_after_kills(
    kind: str,
    world: Any,
    bucket: str,
    s3_server: S3Server,
    tmp_path: Path,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, faults, kills = world.select(), count(), 0
    local = write_export(dataset, make_settings(kind, str(tmp_path / "local")))
    monkeypatch.setattr(packed, "OPEN_FILES", 2)
    far, begun = make_settings(kind, f"{bucket}/e"), len(s3_server.asked)

    def choose(number: int, method: str, path: str) -> Any:
        return None if number % 7 else FAULTS[next(faults) % 3]

    with s3_server.choosing(choose):
        while True:
            try:
                with monkeypatch.context() as killing:
                    kill_at_object(killing, 2 + kills)
                    remote = write_export(dataset, far)
                break
            except Killed:
                kills += 2
    assert (kills, next(faults)) >= ((2, 1) if kind == "diffusiondb" else (4, 4))
    read = [path for method, path, _ in s3_server.asked[begun:] if method == "GET"]
    assert not [path for path in read if path.endswith(".jpg")], "what is there is whole"
    assert read_all(f"{bucket}/e") == read_all(str(tmp_path / "local"))
    assert (remote.images, str(remote.path)) == (local.images, f"{bucket}/e")
    assert not scratch.exists() or not [*scratch.iterdir()]
    asked = len(s3_server.asked)
    assert write_export(dataset, far).written == 0
    assert not any(path.endswith((".jpg", ".tar")) for _, path, _ in s3_server.asked[asked:])


def kill_at_object(monkeypatch: pytest.MonkeyPatch, write: int) -> None:
    """End the process before it writes object number `write`, and leave what it had on the disk."""
    made = count(1)

    def kill(put: Callable[..., None]) -> Callable[..., None]:
        def killed(self: Any, path: str, data: Any) -> None:
            if next(made) == write:
                if isinstance(data, Path):
                    data.rename(data.with_name(".tmp-1-0123abcd"))
                raise Killed(path)
            put(self, path, data)

        return killed

    for method in ("_replace", "upload"):
        put = getattr(folder.ObjectFolder, method)
        monkeypatch.setattr(folder.ObjectFolder, method, kill(put))


def test_a_folder_with_strangers_or_another_export_is_refused_and_untouched(
    world: Any, bucket: str
) -> None:
    dataset = world.select()
    fsspec.filesystem("s3").pipe_file(f"{bucket}/mine/thesis.txt", b"precious")
    fsspec.filesystem("s3").pipe_file(f"{bucket}/file", b"precious")
    for kind in KINDS:
        with pytest.raises(DatasetError, match=r"mine: contains thesis.txt but no .*as mine-2$"):
            write_export(dataset, make_settings(kind, f"{bucket}/mine"))
        with pytest.raises(DatasetError, match="file: contains a file is in its place"):
            write_export(dataset, make_settings(kind, f"{bucket}/file"))
    write_export(dataset, make_settings("imagefolder", f"{bucket}/e"))
    write_export(dataset, make_settings("parquet", f"{bucket}/p"))
    before = read_all(bucket)
    fewer = world.select(lambda index: index < 5)
    with pytest.raises(DatasetError, match=r"10 of its 19 images are not among.* as e-2$"):
        write_export(fewer, make_settings("imagefolder", f"{bucket}/e"))
    with pytest.raises(DatasetError, match=r"another export; .* as p-2$"):
        write_export(fewer, make_settings("parquet", f"{bucket}/p"))
    assert read_all(bucket) == before


def test_growth_adds_files_and_a_card_of_the_users_stays(world: Any, bucket: str) -> None:
    settings = make_settings("imagefolder", f"{bucket}/e")
    write_export(world.select(), settings)
    before = read_all(f"{bucket}/e")
    fsspec.filesystem("s3").pipe_file(f"{bucket}/e/README.md", b"mine")
    fsspec.filesystem("s3").pipe_file(f"{bucket}/e/train/ant/Thumbs.db", b"")
    world.grow(10, 14)
    again = write_export(world.select(), settings)
    after = read_all(f"{bucket}/e")
    assert again.written == 8
    assert before.keys() < after.keys()
    assert after["README.md"] == b"mine"
    assert f"{bucket}/e/README.md was changed by hand" in again.notes[-1]


def test_paths_of_a_dataset_in_a_store_are_within_it(make: Callable[..., Any], bucket: str) -> None:
    world = make(f"{bucket}/toy")
    world.grow(0, 3)
    made = write_export(world.select(), make_settings("webdataset", "tars"))
    assert str(made.path) == f"{bucket}/toy/tars"
    assert "data/train-00000.tar" in read_all(f"{bucket}/toy/tars")
    own = write_export(Dataset.open(f"{bucket}/toy"), ImageFolder(kind="imagefolder"))
    assert str(own.path).startswith(f"{bucket}/toy/exports/1-")
    with pytest.raises(UsageError, match=r"'\.\./tars' leaves .*/toy; name a whole URL"):
        write_export(world.dataset, make_settings("webdataset", "../tars"))


def test_the_disk_for_unfinished_files_is_looked_at_before_anything_is_written(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    for kind in ("webdataset", "npy"):
        with pytest.raises(DatasetError, match=r"19 images need .* set TMPDIR to a folder"):
            write_export(world.select(), make_settings(kind, "memory://full/e"))
    made = write_export(world.select(), make_settings("imagefolder", "memory://full/e"))
    assert made.written == 19, "images of their own need no disk"


def test_a_kind_that_writes_to_a_disk_alone_is_refused_before(world: Any) -> None:
    settings = ExportSettings.model_construct(kind="list", path="memory://b/list")
    with pytest.raises(UsageError, match=r"memory://b/list is in an object store, but .* 'list'"):
        write_export(world.select(), settings)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("s3:/bucket/e", "s3:/bucket/e: is neither a local path nor a URL; did you mean s3://buck"),
        ("gs://bucket/e", "run `pip install 'synthset[gcs]'`"),
        ("s3://no-such-bucket/e", "s3://no-such-bucket/e"),
    ],
)
def test_a_place_that_cannot_be_reached_is_one_line(
    path: str, says: str, world: Any, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["export", str(world.select().path), path])
    assert result.exit_code
    assert says in str(result.exception)
    assert isinstance(result.exception, SynthsetError)
    assert len(str(result.exception).splitlines()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["toy"], "no folder was made of the URL"


def test_a_server_that_is_gone_is_named(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("botocore.retryhandler.delay_exponential", lambda **_: 0.01)
    s3 = fsspec.get_filesystem_class("s3")
    s3.clear_instance_cache()
    with pytest.raises(StorageError, match=r"^s3://b/e/export.json: .*127\.0\.0\.1:9"):
        write_export(world.select(), make_settings("parquet", "s3://b/e"))
    s3.clear_instance_cache()  # each keeps its endpoint
