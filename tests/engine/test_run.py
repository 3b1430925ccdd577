"""Running a recipe: what is missing is done, and nothing else."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from shapes import cells, recipe

import synthset
from synthset.errors import DatasetError, DatasetLocked, NotAccepted, RecipeError, StageError
from synthset.store.lock import hold


def stamps(path):
    return {f: (f.stat().st_ino, f.stat().st_mtime_ns) for f in path.rglob("*.parquet")}


def stages(dataset):
    return [event["role"] for event in dataset.events() if event["event"] == "stage"]


def test_a_run_plans_makes_selects_and_reports(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    records = dataset.records()
    assert records.num_rows == 24
    assert records.column("keep").to_pylist().count(True) == len(
        set(records.column("sha256").to_pylist())
    )
    assert (tmp_path / "d" / "report" / "index.html").exists()
    assert dataset.read_images(records.column("id").to_pylist()[:2])[0][:4] == b"\x89PNG"


def test_a_second_run_does_nothing(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    before, done = stamps(tmp_path / "d"), stages(dataset)
    synthset.run(recipe(), tmp_path / "d")
    assert stamps(tmp_path / "d") == before
    assert stages(dataset) == done


def test_a_changed_limit_redoes_the_selection_only(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    before = stamps(tmp_path / "d")
    synthset.run(recipe("selection.target_per_class=3"), tmp_path / "d")
    after = stamps(tmp_path / "d")
    assert {f: after[f] for f in before} == before
    assert {f.parent.name for f in set(after) - set(before)} == {"selections"}
    assert dataset.kept().num_rows == 9


def test_more_images_per_class_add_shards_and_touch_none(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    before, first = stamps(tmp_path / "d"), dataset.records().column("id").to_pylist()
    synthset.run(recipe("images_per_class=12"), tmp_path / "d")
    after = stamps(tmp_path / "d")
    assert {f: after[f] for f in before} == before
    ids = dataset.records().column("id").to_pylist()
    assert ids[:24] == first
    fresh = synthset.run(recipe("images_per_class=12"), tmp_path / "fresh").records()
    assert sorted(ids) == sorted(fresh.column("id").to_pylist())


def test_a_class_added_at_the_end_adds_rows(tmp_path):
    synthset.run(recipe(), tmp_path / "d")
    dataset = synthset.run(recipe("classes=[circle, square, star, ring]"), tmp_path / "d")
    assert np.bincount(np.asarray(dataset.records().column("label"))).tolist() == [8, 8, 8, 8]


def test_a_class_that_moves_is_refused_and_nothing_changes(tmp_path):
    synthset.run(recipe(), tmp_path / "d")
    before = cells(tmp_path / "d", but=("run.jsonl", ".lock"))
    with pytest.raises(DatasetError, match="label 0 is 'circle' in this dataset and 'star'"):
        synthset.run(recipe("classes=[star, circle, square]"), tmp_path / "d")
    assert cells(tmp_path / "d", but=("run.jsonl", ".lock")) == before


def test_other_pixels_lie_beside_the_old_ones(tmp_path):
    synthset.run(recipe(), tmp_path / "d")
    before = stamps(tmp_path / "d")
    dataset = synthset.run(recipe("source.size_px=24"), tmp_path / "d")
    after = stamps(tmp_path / "d")
    assert {f: after[f] for f in before} == before
    assert set(dataset.records().column("width").to_pylist()) == {24}
    assert len([name for name in os.listdir(tmp_path / "d") if name.startswith("images-")]) == 2


def test_failed_images_are_counted_and_never_kept(tmp_path):
    dataset = synthset.run(recipe("source.fail_every=4"), tmp_path / "d")
    rows = dataset.records().to_pylist()
    failed = [row for row in rows if row["error"]]
    assert 0 < len(failed) < 24
    assert all(not row["keep"] and row["reason"]["step"] == "image" for row in failed)


def test_rounds_fill_up_the_classes_that_fall_short(tmp_path):
    changes = ("source.fail_every=3", "selection.target_per_class=8", "selection.max_rounds=5")
    dataset = synthset.run(recipe(*changes), tmp_path / "d")
    kept = dataset.kept()
    assert np.bincount(np.asarray(kept.column("label"))).tolist() == [8, 8, 8]
    rounds = set(dataset.records().column("round").to_pylist())
    assert rounds > {0}
    assert max(rounds) <= 5


def test_no_further_rounds_than_allowed(tmp_path):
    none = "selection.steps=[{kind: limits, limits: {width: {min: 99}}}]"
    changes = (none, "selection.target_per_class=8", "selection.max_rounds=2")
    dataset = synthset.run(recipe(*changes), tmp_path / "d")
    assert max(dataset.records().column("round").to_pylist()) == 2


def test_a_set_that_must_be_accepted_and_is_not_goes_nowhere(tmp_path):
    asked = recipe(
        encoders={"eye": {"kind": "pixels", "size_px": 2}},
        metrics=[{"kind": "vendi", "encoder": "eye"}],
        accept={"Vendi score (pixels fake)": {"min": 1000}},
        exports=[{"kind": "imagefolder"}],
    )
    with pytest.raises(NotAccepted, match="required at least 1000; nothing is exported"):
        synthset.run(asked, tmp_path / "d", require_accepted=True)
    assert "Not accepted" in (tmp_path / "d" / "report" / "index.html").read_text()
    assert not (tmp_path / "d" / "exports").exists()


@pytest.mark.parametrize("workers", [2, 4])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, workers):
    synthset.run(recipe(), tmp_path / "one")
    synthset.run(recipe(), tmp_path / "many", workers=workers)
    assert cells(tmp_path / "one") == cells(tmp_path / "many")


def test_workers_share_a_shard_and_give_the_same_bytes(tmp_path):
    asked = recipe("engine.rows_per_shard=100", scores=[{"kind": "quality"}])
    synthset.run(asked, tmp_path / "one")
    two = synthset.run(asked, tmp_path / "two", workers=2)
    images = next(event for event in two.events() if event.get("role") == "images")
    assert (images["shards"], images["workers"]) == (1, 2)
    assert cells(tmp_path / "one") == cells(tmp_path / "two")


def test_a_second_process_is_refused_with_the_first_ones_id(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    code = (
        "import sys, synthset; from synthset.errors import DatasetLocked\n"
        "for _ in sys.stdin:\n"
        f"    try: synthset.run(r'{tmp_path / 'd' / 'recipe.yaml'}', r'{tmp_path / 'd'}')\n"
        "    except DatasetLocked as error: print(error, flush=True)\n"
        "    else: print('ran', flush=True)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, bufsize=1) as other:
        with hold(dataset.folder):
            other.stdin.write("once\n")
            assert f"process {os.getpid()} on" in other.stdout.readline()
        other.stdin.write("again\n")
        assert other.stdout.readline() == "ran\n"
        other.stdin.close()
    assert other.returncode == 0


def test_a_lock_is_no_reason_to_refuse_oneself_twice(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    with hold(dataset.folder), pytest.raises(DatasetLocked), hold(dataset.folder):
        pass


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RecipeError, match="contains other files"):
        synthset.run(recipe(), tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_bad_shard_fails_alone_and_loudly(tmp_path, monkeypatch):
    from synthset.sources.shapes import ShapesStage

    made = ShapesStage.compute

    def compute(self, rows, prepared):
        if ("star", 4) in zip(rows.column("class_key"), rows.column("index"), strict=True):
            raise ValueError("the kiln is cold")
        return made(self, rows, prepared)

    monkeypatch.setattr(ShapesStage, "compute", compute)
    with pytest.raises(
        StageError, match=r"1 of 3 shards failed, .* shard 1: ValueError: the kiln is cold"
    ):
        synthset.run(recipe(), tmp_path / "d")
    dataset = synthset.open(tmp_path / "d")
    assert dataset.shards(dataset.view.images) == [0, 2]
    monkeypatch.undo()
    before = stamps(tmp_path / "d")
    synthset.run(recipe(), tmp_path / "d")
    after = stamps(tmp_path / "d")
    assert {f: after[f] for f in before if ".spool" not in f.parts} == {
        f: stamp for f, stamp in before.items() if ".spool" not in f.parts
    }
    assert dataset.records().num_rows == 24


def test_the_log_tells_versions_and_times(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    events = dataset.events()
    assert events[0]["versions"]["synthset"] == synthset.__version__
    images = next(event for event in events if event.get("role") == "images")
    assert images["rows"] == 24
    assert json.dumps(events)
