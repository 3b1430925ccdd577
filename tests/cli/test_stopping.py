"""A command that is asked to end does so tidily, whichever signal asks."""

import signal
import subprocess
import sys

import psutil
import pytest

from synthset.store.lock import holder

WORK = """
import signal, sys, time
import synthset.cli.app as cli
from synthset.engine.processes import Spawn, process_pool
from synthset.store.folder import folder_at
from synthset.store.lock import locked

def work():
    context = Spawn()
    with locked(folder_at(sys.argv[1])), process_pool(1, context, time.sleep, (0,)) as pool:
        waiting = pool.submit(time.sleep, 60)
        print(context.started[0].pid, flush=True)
        waiting.result()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell ignores it
    cli.app = work
    cli.main()
"""
KEPT = "what is finished is kept, the same command goes on from there"


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGTERM, 143, f"stopped by SIGTERM; {KEPT}\n"),
        (signal.SIGINT, 130, f"stopped; {KEPT}\n"),
    ],
)
def test_a_signal_ends_the_children_and_frees_the_lock(tmp_path, number, code, words):
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "d").mkdir()
    command = [sys.executable, tmp_path / "work.py", tmp_path / "d"]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as running:
        child = int(running.stdout.readline())
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (code, words)
    assert not psutil.pid_exists(child)
    assert holder(tmp_path / "d") is None
