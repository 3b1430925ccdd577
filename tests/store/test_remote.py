"""Files behind URLs, here fsspec's memory, answer as files of a disk do."""

from pathlib import Path

import fsspec
import pytest

from synthset.errors import DatasetError, StorageError, UsageError
from synthset.revisions import EDGE, WHOLE
from synthset.store.dataset import Dataset
from synthset.store.pool_index import describe_file, is_as_before
from synthset.store.remote import Remote, parse_place, require_on_disk

FILES = {"b.tar": b"12345", "a/z.png": b"z", "a/b/c.png": b"c", "ab.png": b"", "a/.h": b"1"}


@pytest.fixture
def both(tmp_path):
    """The same files on the disk and in memory."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
        fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/{name}", data)
    return tmp_path, parse_place(f"memory://{tmp_path.name}")


def names(places, root):
    return [place.as_posix().removeprefix(root.as_posix()) for place in places]


def test_it_answers_as_a_path_does(both):
    for local, remote in (both, [root / "a" for root in both], [root / "b.tar" for root in both]):
        for ask in ("exists", "is_dir", "is_file"):
            assert getattr(remote, ask)() is getattr(local, ask)()
        for fact in ("name", "stem", "suffix"):
            assert getattr(remote, fact) == getattr(local, fact)
    local, remote = (root / "b.tar" for root in both)
    assert remote.read_bytes() == local.read_bytes() == remote.open().read()
    assert remote.parent == both[1]
    assert str(remote.with_suffix(".npy")) == f"{both[1]}/b.npy"
    assert remote.read_range(1, 3) == b"23"
    assert not (both[1] / "no").exists()


def test_listings_are_those_of_the_disk(both):
    local, remote = both
    for pattern in ("*.tar", "*/", "a/*.png"):
        assert names(remote.glob(pattern), remote) == names(sorted(local.glob(pattern)), local)
    walked = ["/ab.png", "/b.tar", "/a/.h", "/a/z.png", "/a/b/c.png"]
    assert names((file for file, _ in remote.list_files()), remote) == walked
    assert sum(size for _, size in remote.list_files()) == 8


def test_a_url_stands_for_a_file_a_folder_or_a_pattern(both):
    root = str(both[1])
    assert [(str(one), one.folder) for one in parse_place(f"{root}/").find()] == [(root, True)]
    assert [str(one) for one in parse_place(f"{root}/*b*").find()] == [
        f"{root}/ab.png",
        f"{root}/b.tar",
    ]
    assert parse_place(f"{root}/nothing").find() == []


def test_its_revision_is_the_same_wherever_it_lies(both):
    for name in ("", "/b.tar"):
        local, remote = (describe_file(parse_place(f"{root}{name}")) for root in both)
        assert (remote["revision"], remote["bytes"]) == (local["revision"], local["bytes"])
        assert is_as_before(remote)
    fsspec.filesystem("memory").pipe_file(f"/{both[0].name}/b.tar", b"12346")
    assert not is_as_before(remote)


def test_of_a_large_file_the_ends_are_read(tmp_path):
    data = bytearray(WHOLE + EDGE)
    data[-1] = 1
    (tmp_path / "large").write_bytes(data)
    fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/large", bytes(data))
    here, there = (f"{root}/large" for root in (tmp_path, f"memory://{tmp_path.name}"))
    assert (
        describe_file(parse_place(here))["revision"]
        == describe_file(parse_place(there))["revision"]
    )
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}/large")


def test_paths_of_the_disk_stay_paths():
    assert parse_place("pool/0.tar") == Path("pool/0.tar") == parse_place("file://pool/0.tar")


def test_a_missing_package_and_an_unknown_protocol_are_named(monkeypatch):
    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3")

    with pytest.raises(DatasetError, match=r"foo://x can't be opened \(Protocol not known: foo"):
        parse_place("foo://x")
    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(DatasetError, match=r"run `pip install 'synthset\[s3\]'`, or"):
        parse_place("s3://bucket/laion")


def test_what_goes_wrong_afar_is_an_oserror(both):
    class Broken:
        def info(self, _):
            raise RuntimeError("no cable")

    with pytest.raises(OSError, match="RuntimeError: no cable"):
        Remote("s3://b/x", "b/x", Broken()).exists()


def test_a_url_is_told_from_a_path_of_this_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for far in ("s3://bucket/x", "gs://b", "memory://x", "simplecache::s3://b", Path("s3://b/x")):
        with pytest.raises(UsageError, match=r"^-o .*: is not on a local disk; name a local path"):
            require_on_disk(far, "-o")
    for near in ("C://pets", "C:\\pets", "./a://b", "s3", "a:b"):
        assert require_on_disk(near) == Path(near)
    assert require_on_disk(f"file://{tmp_path}") == tmp_path
    with pytest.raises(UsageError, match=r"s3:/b/x: is neither .*; did you mean s3://b/x\?"):
        Dataset.create("s3:/b/x", "pets", 2)
    with pytest.raises(UsageError, match="is not on a local disk"):
        require_on_disk("s3:b/x")
    (tmp_path / "s3:").mkdir()
    assert require_on_disk("s3:/") == Path("s3:"), "a folder that is there is one"


def test_a_store_without_its_package_is_named_by_a_dataset_too(monkeypatch):
    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(DatasetError, match=r"to access S3\); run `pip install 'synthset\[s3\]'`"):
        Dataset.open("s3://bucket/pets")


def test_what_a_store_refuses_is_an_error_of_ours_with_its_url(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "open", refuse)
    with pytest.raises(StorageError, match=r"^memory://b/dataset.json: Access Denied; get"):
        Dataset.create("memory://b", "pets", 2)
