"""What the system refuses is explained, and never ends in a traceback."""

import errno
import os

import pytest

from synthset.cli import app
from synthset.errors import DatasetError, StorageError, raise_storage_errors, to_storage_error
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder

REFUSED = {
    errno.ENOSPC: "free some space, or name a folder on another disk; finished work is kept",
    errno.EROFS: "name a folder on a disk that you can write to",
    errno.EACCES: "get permission for it, or name another folder",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.EMFILE: "allow more open files",
    errno.EIO: "fix that and run the command again",
}


@pytest.mark.parametrize("number", REFUSED, ids=errno.errorcode.__getitem__)
def test_each_refusal_names_the_file_and_what_to_do(number):
    told = str(to_storage_error(OSError(number, os.strerror(number), "pets/run.jsonl")))
    assert told.startswith(f"pets/run.jsonl: {os.strerror(number)}; {REFUSED[number]}")
    assert str(to_storage_error(OSError("no cable"))).startswith("no cable; fix that")


def test_a_function_raises_what_the_system_refuses_as_an_error_of_ours():
    @raise_storage_errors()
    def write() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "a")

    with pytest.raises(StorageError, match=r"^a: No space left on device; free some space"):
        write()
    assert issubclass(StorageError, DatasetError)


@pytest.mark.parametrize("words", [["status", "x" * 999], ["report", "a/dataset.json/b"]])
def test_no_command_ends_in_a_traceback(words, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    Dataset.create("a", "a", 2)
    monkeypatch.setattr("sys.argv", ["synthset", *words])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_a_full_disk_leaves_what_is_finished_and_no_half_file(tmp_path, monkeypatch):
    folder = LocalFolder(tmp_path)
    folder.create("a", b"whole")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (folder.create, folder.replace):
        with pytest.raises(OSError, match=f"No space left on device: '{tmp_path / 'b'}'"):
            write("b", b"half")
    assert os.listdir(tmp_path) == ["a"]


def test_a_line_that_was_cut_short_takes_no_other_with_it(tmp_path):
    folder = LocalFolder(tmp_path)
    folder.append("log", "one")
    with open(tmp_path / "log", "a") as log:
        log.write('{"tw')
    folder.append("log", "three")
    assert folder.lines("log") == ["one", '{"tw', "three"]
