"""A folder is listed once, and seen in one way with archives and what lies behind a URL."""

import os

import pytest

from synthset.formats.columns import Columns
from synthset.formats.manifest import Passed
from synthset.formats.resolve import resolve
from synthset.formats.tree import Disk


def rows_of(path):
    layout, passed = resolve(path, Columns(), "here"), Passed()
    rows = [row for unit in layout.units for row in unit.rows(passed)]
    layout.leftover(passed)
    return rows, passed


@pytest.fixture
def listings(monkeypatch):
    """The folders that were listed, in turn."""
    asked, scandir = [], os.scandir

    def listed(place):
        asked.append(str(place).rstrip("/"))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", listed)
    return asked


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_each_folder_is_listed_once_whatever_is_asked_of_it(tmp_path, listings):
    write(tmp_path, "train/cat/a.jpg", "train/dog/deep/b.jpg", "val/cat/c.jpg", ".git/d.jpg")
    rows, passed = rows_of(tmp_path)
    listed = list(listings)
    assert (len(rows), len(passed)) == (3, 1)
    folders = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    assert sorted(listed) == sorted(map(str, folders))


def test_many_files_beside_a_table_cost_no_listing_each(tmp_path, listings):
    write(tmp_path, *(f"{number}.jpg" for number in range(50)))
    said = "".join(f"{number}.jpg,cat\n" for number in range(50))
    (tmp_path / "metadata.csv").write_text(f"file_name,label\n{said}")
    assert len(rows_of(tmp_path)[0]) == 50
    assert listings == [str(tmp_path)]


def test_what_is_hidden_counts_in_hidden_folders_too_and_once_where_a_link_leads_to_it(tmp_path):
    write(tmp_path, "cat/a.jpg", "cat/.b.jpg", "cat/@eaDir/deep/c.jpg", ".git/d", "other/.e")
    (tmp_path / "cat" / "link").symlink_to(tmp_path / "other")
    litter = [".git/d", "cat/.b.jpg", "cat/@eaDir/deep/c.jpg", "other/.e"]
    assert list(Disk(tmp_path).list_litter("")) == litter
    assert list(Disk(tmp_path).list_litter("cat")) == litter[1:3]
