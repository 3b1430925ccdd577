"""Several processes hold slices of one place, one of them at a time prepares it for all."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from synthset.errors import DatasetLocked
from synthset.store.folder import open_folder
from synthset.store.lock import hold, hold_slice, read_holder, read_slices, take_turn
from synthset.store.slices import Slice


@pytest.fixture(params=["disk", "network disk", "memory", "s3"])
def url(request, tmp_path, monkeypatch):
    if request.param == "network disk":
        disk = SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")
        monkeypatch.setattr("psutil.disk_partitions", lambda all: [disk])
    if request.param == "s3":
        return request.getfixturevalue("bucket")
    return f"memory://{tmp_path.name}" if request.param == "memory" else str(tmp_path / "d")


def quiet(_):
    """Where nobody listens."""


def test_slices_are_held_side_by_side_and_the_whole_by_none(url):
    with hold_slice(open_folder(url), Slice(0, 2)), hold_slice(open_folder(url), Slice(1, 2)):
        assert list(read_slices(open_folder(url))) == [Slice(0, 2), Slice(1, 2)]
        assert read_slices(open_folder(url))[Slice(1, 2)]["pid"] == os.getpid()
        with pytest.raises(DatasetLocked, match="1-of-2: process"):
            hold_slice(open_folder(url), Slice(1, 2)).__enter__()
        with pytest.raises(DatasetLocked, match=f"process {os.getpid()} on .* on slice 0/2 of"):
            hold(open_folder(url), take_over=False).__enter__()
    assert read_slices(open_folder(url)) == {}
    with hold(open_folder(url)):
        assert read_slices(open_folder(url)) == {}


def test_no_slice_has_a_turn_while_the_whole_is_held(url):
    part = Slice(0, 2)
    with hold(open_folder(url)), hold_slice(open_folder(url), part):
        turn = take_turn(open_folder(url), part, False, quiet)
        with pytest.raises(DatasetLocked, match="is working on the whole of this dataset"):
            turn.__enter__()
    with hold_slice(open_folder(url), part), take_turn(open_folder(url), part, False, quiet):
        pass


def test_slices_of_another_count_have_no_turn(url):
    with hold_slice(open_folder(url), Slice(1, 3)), hold_slice(open_folder(url), Slice(0, 2)):
        turn = take_turn(open_folder(url), Slice(0, 2), None, quiet)
        with pytest.raises(DatasetLocked, match=r"working on slice 1/3, so slice 0/2 can't be"):
            turn.__enter__()


def test_turns_are_taken_one_after_the_other(url, monkeypatch):
    monkeypatch.setattr("synthset.store.lock.TURN_S", 0.01)
    inside, most, together = [], [], threading.Barrier(4)

    def work(part):
        with hold_slice(open_folder(url), part):
            together.wait()
            with take_turn(open_folder(url), part, None, said.append):
                inside.append(part)
                most.append(len(inside))
                threading.Event().wait(0 if most[1:] else 0.3)  # longer than a lock is tried
                inside.remove(part)

    said: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [Slice(i, 4) for i in range(4)]))
    assert most == [1, 1, 1, 1]
    assert any("waits for process" in words for words in said)


def test_a_slice_that_was_taken_over_replaces_nothing(tmp_path):
    late = open_folder(f"memory://{tmp_path.name}")
    with hold_slice(late, Slice(0, 2)):
        late.replace("current.json", b"old")
        with (
            hold(open_folder(late.url), take_over=True),
            pytest.raises(DatasetLocked, match="was taken for dead"),
        ):
            late.replace("current.json", b"late")
    assert late.read("current.json") == b"old"


def test_looking_who_holds_a_place_stops_nobody(tmp_path):
    folder, done = open_folder(tmp_path / "d"), threading.Event()

    def look():
        while not done.is_set():
            read_holder(folder)

    with ThreadPoolExecutor(2) as pool:
        looking = [pool.submit(look) for _ in range(2)]
        try:
            for _ in range(50):
                with hold(open_folder(folder.url)):
                    assert read_holder(folder) is not None
        finally:
            done.set()
    assert [one.result() for one in looking] == [None, None]
