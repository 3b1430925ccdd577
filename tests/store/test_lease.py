"""Where the system has no lock, one process at a time has a lease, and loses it when it is gone."""

import contextlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from s3_server import ignore_condition, lose_answer

from synthset.errors import DatasetLocked, StorageError
from synthset.store.folder import LocalFolder, open_folder
from synthset.store.lease import FOLDER, Lease, read_claim
from synthset.store.lock import LOCK, hold, read_holder


@pytest.fixture(params=["network disk", "memory", "s3"])
def folder(request, tmp_path, monkeypatch):
    if request.param == "network disk":
        disk = SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")
        monkeypatch.setattr("psutil.disk_partitions", lambda all: [disk])
        return open_folder(tmp_path / "d")
    if request.param == "s3":
        return open_folder(request.getfixturevalue("bucket"))
    return open_folder(f"memory://{tmp_path.name}")


@pytest.fixture
def place(tmp_path):
    return open_folder(f"memory://{tmp_path.name}")


def leave_claim(place, **changes):
    """Leave the claim of a process that was killed."""
    lease = Lease(place)
    lease.take(None)
    lease._end.set()
    number, owner = read_claim(place)
    place.replace(f"{FOLDER}/{number:06d}.json", json.dumps(owner | changes).encode())
    return owner


def test_of_two_processes_one_holds_a_place_and_then_the_other(folder):
    assert read_holder(folder) is None
    with hold(folder):
        assert read_holder(folder)["pid"] == os.getpid()
        with pytest.raises(DatasetLocked, match=rf"process {os.getpid()} on .* free at \d\d:"):
            hold(open_folder(folder.url)).__enter__()
    assert read_holder(folder) is None
    with hold(folder):
        assert folder.names(FOLDER) == ["000002.json"]
    assert not folder.exists(LOCK)


def test_of_eight_that_take_a_free_place_at_once_one_has_it(folder):
    leave_claim(folder, expires=0)

    def take(lease):
        with contextlib.suppress(DatasetLocked):
            lease.take(None)
            return lease
        return None

    with ThreadPoolExecutor(8) as pool:
        (owner,) = filter(None, pool.map(take, [Lease(folder) for _ in range(8)]))
    owner.confirm()
    owner.release()


def test_a_claim_that_was_not_renewed_runs_out(place, monkeypatch):
    leave_claim(place)
    begun = time.time()
    for later, free in ((100, False), (149, False), (160, True)):
        monkeypatch.setattr("synthset.store.lease.now", lambda at=begun + later: at)
        assert (read_holder(place) is None) is free


def test_a_claim_is_renewed_while_its_owner_lives(place, monkeypatch):
    monkeypatch.setattr("synthset.store.lease.RENEWAL_S", 0.01)
    with hold(place):
        first = read_claim(place)[1]["expires"]
        deadline = time.monotonic() + 10
        while read_claim(place)[1]["expires"] == first and time.monotonic() < deadline:
            time.sleep(0.01)
        assert read_claim(place)[1]["expires"] > first


def test_a_process_of_this_machine_that_is_gone_blocks_nobody(place):
    owner = leave_claim(place, pid=2**22 + 1)
    assert read_holder(place) is None
    with hold(place):
        pass
    leave_claim(place, pid=2**22 + 1, machine=f"not {owner['machine']}")
    with pytest.raises(DatasetLocked, match="or at once with --take-over"):
        hold(place, take_over=False).__enter__()
    with hold(place, take_over=True):
        pass


def test_a_process_that_is_killed_blocks_nobody_of_its_machine(bucket):
    code = (
        "import sys\nfrom synthset.store.folder import open_folder\n"
        "from synthset.store.lock import hold\nwith hold(open_folder(sys.argv[1])):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, bucket], stdin=-1, stdout=-1) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(DatasetLocked, match=f"process {other.pid} on"):
            hold(open_folder(bucket)).__enter__()
        other.kill()
    with hold(open_folder(bucket)):
        pass


def test_an_owner_that_was_taken_over_replaces_nothing_and_hurts_nobody(folder):
    late = open_folder(folder.url)
    with hold(late):
        late.replace("current.json", b"old")
        with hold(folder, take_over=True):
            folder.replace("current.json", b"new")
            with pytest.raises(DatasetLocked, match="was taken for dead, and process"):
                late.replace("current.json", b"late")
            assert late.create("cell", b"")
    assert folder.read("current.json") == b"new"
    assert read_holder(folder) is None


def test_a_claim_whose_answer_is_lost_is_ours(bucket, s3_server):
    with s3_server.failing(lose_answer, "PUT", part=FOLDER), hold(open_folder(bucket)):
        pass


def test_a_store_that_overwrites_is_refused(bucket, s3_server):
    with (
        s3_server.choosing(lambda _, method, __: ignore_condition if method == "PUT" else None),
        pytest.raises(StorageError, match="this store overwrites a file that was to be"),
    ):
        hold(open_folder(bucket)).__enter__()


def test_over_a_network_a_file_that_was_made_unheard_is_ours(tmp_path, monkeypatch):
    link = os.link

    def lose(*paths):
        link(*paths)
        raise FileExistsError

    monkeypatch.setattr(os, "link", lose)
    assert LocalFolder(tmp_path).create("a", b"one")
