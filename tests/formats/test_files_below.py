"""What lies below a folder is told without opening it."""

import os
import socket

import pytest

from synthset.formats.manifest import CLOSED, DEAD, LOOP, ODD, Passed
from synthset.formats.tree import Disk


@pytest.fixture
def folder(tmp_path):
    for name in ("b.jpg", "a.jpg", "deep/c.jpg", ".hidden.jpg", "__MACOSX/d.jpg"):
        (tmp_path / "cat" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cat" / name).write_bytes(b"")
    return tmp_path / "cat"


def below(folder, passed=None):
    return list(Disk(folder).list_below("", Passed() if passed is None else passed))


def test_files_come_by_name_and_before_those_further_down(folder):
    passed = Passed()
    assert below(folder, passed) == ["a.jpg", "b.jpg", "deep/c.jpg"]
    assert not passed.rows


def test_links_are_followed_to_files_and_folders_and_lead_nowhere_round(folder, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "e.jpg").write_bytes(b"")
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    (folder / "more").symlink_to(tmp_path / "more")
    (tmp_path / "more" / "back").symlink_to(folder)
    passed = Passed()
    assert below(folder, passed) == ["a.jpg", "b.jpg", "link.jpg", "deep/c.jpg", "more/e.jpg"]
    assert [row.reason for row in passed.rows] == [LOOP]


def test_a_link_to_a_folder_above_is_not_entered(folder, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"")
    for up in ("..", "../..", "."):
        (folder / "deep" / f"up{len(up)}").symlink_to(up)
    passed = Passed()
    tree = Disk(folder)
    assert list(tree.list_below("deep", passed)) == ["deep/c.jpg"]
    assert passed.counts() == {LOOP: 3}


def test_litter_is_counted_behind_links_too(folder, tmp_path):
    for name in ("more/a.jpg", "more/Thumbs.db", "more/.git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (folder / "more").symlink_to(tmp_path / "more")
    found = set(Disk(folder).list_litter(""))
    assert {"more/.git/config", "more/Thumbs.db"} <= found


def test_many_ways_to_one_folder_are_one(tmp_path):
    for level in range(40):  # each of which doubles the ways
        (tmp_path / f"{level}").mkdir()
        for way in "ab":
            (tmp_path / f"{level}" / way).symlink_to(tmp_path / f"{level + 1}")
    (tmp_path / "40").mkdir()
    (tmp_path / "40" / "x.jpg").write_bytes(b"")
    assert len(below(tmp_path / "0")) == 1


def test_what_is_no_file_is_passed_over_and_named(folder):
    os.mkfifo(folder / "x.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "y.jpg"))
        (folder / "z.jpg").symlink_to("/dev/zero")
        passed = Passed()
        assert below(folder, passed) == ["a.jpg", "b.jpg", "deep/c.jpg"]
    said = sorted((row.path.rpartition("/")[2], row.reason) for row in passed.rows)
    assert said == [(f"{name}.jpg", ODD) for name in "xyz"]


def test_a_link_that_leads_nowhere_is_passed_over(folder):
    (folder / "dead.jpg").symlink_to("/nowhere.jpg")
    (folder / "round.jpg").symlink_to(folder / "round.jpg")
    passed = Passed()
    assert below(folder, passed) == ["a.jpg", "b.jpg", "deep/c.jpg"]
    assert passed.counts() == {DEAD: 2}


def test_a_folder_that_cannot_be_read_is_named(folder, monkeypatch):
    scandir = os.scandir

    def refuse(place):
        if os.path.basename(place) == "deep":
            raise PermissionError(13, "Permission denied")
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
    passed = Passed()
    assert below(folder, passed) == ["a.jpg", "b.jpg"]
    (row,) = passed.rows
    assert (row.path, row.reason, row.detail) == (
        f"{folder}/deep",
        CLOSED,
        "Permission denied",
    )
