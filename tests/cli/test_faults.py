"""What a run left out is said beside its results."""

import pyarrow as pa

from synthset.cli.faults import say_faults
from synthset.store.dataset import Dataset, View


def test_failed_images_are_counted_and_the_first_are_named(tmp_path, capsys):
    dataset = Dataset.create(tmp_path / "toy", "toy", 10)
    errors = [None, *(f"/pets/{name}.png: missing or unreadable" for name in "abcd")]
    table = pa.table({"id": list("vwxyz"), "error": pa.array(errors, pa.string())})
    dataset.write_cell("images-1", 0, table)
    dataset.write_view(View("plan-1", "images-1"))
    dataset.log({"event": "run", "notes": ["passed over: 3 .txt"]})
    say_faults(dataset)
    words = capsys.readouterr()
    assert not words.out
    assert words.err.splitlines() == [
        "note: passed over: 3 .txt",
        "failed: 4 of 5 images",
        *(f"  /pets/{name}.png: missing or unreadable" for name in "abc"),
    ]
