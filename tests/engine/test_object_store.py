"""The same run on an object store, here fsspec's memory."""

from shapes import recipe

import synthset


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
