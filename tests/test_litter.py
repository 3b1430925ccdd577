"""What systems leave in folders is nobody's data."""

import pytest

from synthset.litter import is_litter
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder

THEIRS = [
    *("Thumbs.db", "THUMBS.DB", "Desktop.ini", ".DS_Store", "._cat.jpg", "Icon\r", ".git"),
    *("@eaDir", "@EADIR", "SYNOPHOTO_THUMB_M.png", "#recycle", "$RECYCLE.BIN", "__MACOSX"),
    *(".ipynb_checkpoints", "__pycache__", "lost+found", "System Volume Information", ".nfs0001"),
]


@pytest.mark.parametrize("name", THEIRS)
def test_the_systems_own_files_are_litter(name):
    assert is_litter(name)


@pytest.mark.parametrize(
    "name", ["cat.jpg", "Thumbs.jpg", "thumbs", "recycle", "#1", "@home", "_cat", "icon", "git"]
)
def test_what_people_name_is_none(name):
    assert not is_litter(name)


def test_a_folder_that_holds_litter_only_is_empty(tmp_path):
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "@eaDir").mkdir()
    assert LocalFolder(tmp_path).names() == []
    assert Dataset.create(tmp_path, "pets", 8).name == "pets"
    assert (tmp_path / "Thumbs.db").exists()
