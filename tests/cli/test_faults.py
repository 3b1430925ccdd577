"""What a run left out is said beside its results."""

import json

import pyarrow as pa
from PIL import Image

from synthset.cli.faults import say_faults
from synthset.cli.plan import plan
from synthset.cli.run import run
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


def test_plan_and_run_say_what_adds_up_to_all_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)  # takes longest
    for i, name in enumerate(("cat/a.png", "dog/b.png", "dog/c.png")):
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (i, 0, 0)).save(tmp_path / "pets" / name)
    for name in ("cat/a.heic", "cat/Thumbs.db", "notes.txt"):
        (tmp_path / "pets" / name).write_text("x")
    source = {"kind": "folder", "paths": [{"path": "pets"}]}
    content = {"name": "made", "classes": {"kind": "source"}, "source": source}
    (tmp_path / "r.yaml").write_text(json.dumps(content))
    for command in (plan, run):
        command("r.yaml")
        words = capsys.readouterr().err
        assert "found: 3 images + 3 passed over = 6 files\n" in words
        if command is plan:
            assert words.startswith(
                f"layout: class folders in {tmp_path}/pets\nclasses: 2 (cat, dog), by"
            )
        for name in ("cat/a.heic", "cat/Thumbs.db", "notes.txt"):
            assert f"/pets/{name}\n" in words
