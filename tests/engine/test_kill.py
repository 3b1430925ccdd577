"""A killed run: finished work is kept, and the end is the same."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from kills import Killed, kill_at
from shapes import cells, recipe

import synthset
from synthset.errors import StageError

KILLS = 20
DELAY = 0.004  # seconds an image

#: Runs the recipe in a process of its own for each line that it reads, and says the process and how
#: it ended; the modules are imported once. Writes down the id of every record that is computed.
TRACED = """
import contextlib
import os
import sys
import synthset
from synthset.engine import what_if as consider
from synthset.engine import measure, run
with contextlib.suppress(ImportError):
    import pandas  # which pyarrow looks for
from synthset.sources.shapes import ShapesStage
made = ShapesStage.compute
def compute(self, rows, prepared):
    computed = made(self, rows, prepared)
    with open(sys.argv[3], "a") as trace:
        trace.write("".join(name + "\\n" for name in rows.column("id")))
    return computed
ShapesStage.compute = compute
for _ in sys.stdin:
    process = os.fork()
    if not process:
        synthset.run(sys.argv[1], sys.argv[2])
        os._exit(0)
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


def committed(path: Path) -> set[str]:
    """Ids whose images lie in a finished cell or a finished chunk."""
    files = [*path.glob("images-*/*.parquet"), *path.glob(".spool/images-*/*/*.parquet")]
    return {
        name for file in files for name in pq.read_table(file, columns=["id"])["id"].to_pylist()
    }


def test_twenty_kills_lose_nothing_that_was_committed(tmp_path):
    asked = recipe("images_per_class=200", f"source.delay_s={DELAY}", "engine.rows_per_shard=100")
    (tmp_path / "recipe.yaml").write_text(asked.to_yaml())
    trace = tmp_path / "trace"
    trace.touch()
    command = [sys.executable, "-c", TRACED, tmp_path / "recipe.yaml", tmp_path / "killed", trace]
    draw, kills, again, runs, code = random.Random(7), 0, 0, 0, None
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, bufsize=1) as server:
        while code != 0:
            safe = committed(tmp_path / "killed")
            seen = len(trace.read_text().splitlines())
            server.stdin.write("run\n")
            process = int(server.stdout.readline())
            runs += 1
            if kills < KILLS:
                wait_for_work(trace, seen, process)
                time.sleep(draw.uniform(0, 0.15))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            code = int(server.stdout.readline())
            kills += code == -signal.SIGKILL
            computed = trace.read_text().splitlines()[seen:]
            assert not safe & set(computed), "a committed record was computed again"
            again += len(computed)
            assert runs < 3 * KILLS
        server.stdin.close()
    assert kills == KILLS
    synthset.run(asked, tmp_path / "whole", overrides=["source.delay_s=0"])
    assert cells(tmp_path / "killed") == cells(tmp_path / "whole")
    # At most the chunks in flight are made twice: one in the model, two being written.
    assert again - 600 <= kills * 3 * asked.source.batch_size


def wait_for_work(trace: Path, seen: int, process: int) -> None:
    """Wait until the run has begun to make images (what comes before teaches nothing)."""
    while psutil.pid_exists(process) and len(trace.read_text().splitlines()) == seen:
        time.sleep(0.002)


def test_a_kill_between_any_two_shards_of_a_plan_ends_at_the_same_bytes(tmp_path, monkeypatch):
    """Each run is killed at its second write, so that every write but the first is interrupted."""
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)
    asked = recipe(
        *("classes=[circle, star]", "images_per_class=3", "source.fail_every=2"),
        *("selection.target_per_class=4", "selection.max_rounds=1", "engine.rows_per_shard=3"),
    )
    whole, kills = synthset.run(asked, tmp_path / "whole"), 0
    assert whole.read(whole.view.plan, ["round"]).column("round").to_pylist().count(1) > 3
    while True:
        with monkeypatch.context() as killing:
            kill_at(killing, 2, "/plan-")
            try:
                synthset.run(asked, tmp_path / "killed")
            except Killed:
                kills += 1
                continue
        break
    assert kills >= len(whole.shards(whole.view.plan))
    assert cells(tmp_path / "killed") == cells(tmp_path / "whole")


def test_a_kill_at_the_first_writes_of_a_new_dataset_leaves_one_that_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)
    for write in range(1, 10):
        with monkeypatch.context() as killing:
            kill_at(killing, write)
            with pytest.raises(Killed):
                synthset.run(recipe(), tmp_path / "d")
    images = synthset.run(recipe(), tmp_path / "d").folder
    assert len(images.names(synthset.open(tmp_path / "d").view.images)) == 3
    assert not [name for name in os.listdir(tmp_path / "d") if name.startswith(".tmp-")]


def test_a_lost_shard_comes_back_identical(tmp_path, monkeypatch):
    monkeypatch.setattr("synthset.engine.conclude.write_report", lambda *_: None)
    asked = recipe("source.fail_every=3", "selection.target_per_class=8", "selection.max_rounds=2")
    before = cells(synthset.run(asked, tmp_path / "d").folder.root)
    for table in ("plan", "images"):
        lost = next(name for name in before if name.startswith(table) and "/00001." in name)
        (tmp_path / "d" / lost).unlink()
        synthset.run(asked, tmp_path / "d")
        assert cells(tmp_path / "d") == before


def test_a_damaged_image_is_looked_at_by_no_score(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    cell = tmp_path / "d" / dataset.view.images / "00001.parquet"
    whole = cell.read_bytes()
    cell.write_bytes(whole[:500] + bytes([whole[500] ^ 8]) + whole[501:])
    with pytest.raises(StageError, match=r"shard 1: DatasetError: .*00001\.parquet: is damaged"):
        synthset.run(recipe(scores=[{"kind": "quality"}]), tmp_path / "d")
    cell.rename(tmp_path / "moved")
    synthset.run(recipe(scores=[{"kind": "quality"}]), tmp_path / "d")
    assert cell.read_bytes() == whole


def test_a_worker_that_is_killed_is_replaced(tmp_path):
    code = (
        "import os, sys, synthset\n"
        "from synthset.processes import _Worker\n"
        "started = _Worker.__init__\n"
        "def start(self, *arguments):\n"
        "    started(self, *arguments)\n"
        "    if not os.path.exists(sys.argv[3]):\n"
        "        open(sys.argv[3], 'w').close()\n"
        "        self._popen.kill()\n"
        "_Worker.__init__ = start\n"
        "synthset.run(sys.argv[1], sys.argv[2], workers=2)\n"
    )
    asked = recipe()
    (tmp_path / "recipe.yaml").write_text(asked.to_yaml())
    command = [
        sys.executable,
        "-c",
        code,
        tmp_path / "recipe.yaml",
        tmp_path / "d",
        tmp_path / "mark",
    ]
    subprocess.run(command, check=True)
    assert (tmp_path / "mark").exists()
    synthset.run(asked, tmp_path / "whole")
    assert cells(tmp_path / "d") == cells(tmp_path / "whole")


def test_no_worker_outlives_a_killed_parent(tmp_path):
    asked = recipe("source.delay_s=0.5")
    (tmp_path / "recipe.yaml").write_text(asked.to_yaml())
    code = "import sys, synthset; synthset.run(sys.argv[1], sys.argv[2], workers=2)"
    parent = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "recipe.yaml", tmp_path / "d"]
    )
    family = psutil.Process(parent.pid)
    deadline = time.monotonic() + 60
    while len(family.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = family.children()
    assert len(workers) == 2
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def test_a_log_line_cut_short_by_a_kill_is_left_out(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    whole = dataset.events()
    with open(tmp_path / "d" / "run.jsonl", "a") as log:
        log.write(json.dumps({"event": "stage"})[:9])
    assert dataset.events() == whole
