"""A command that is asked to end does so tidily, whichever signal asks."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from synthset.store.folder import open_folder
from synthset.store.lock import read_holder

WORK = """
import signal, sys
sys.path.insert(0, sys.argv[2])
import synthset.cli.app as cli
from side_work import begin_trouble
from synthset.processes import Processes
from synthset.store.folder import open_folder
from synthset.store.lock import hold
from synthset.workers import run_list

def work():
    with hold(open_folder(sys.argv[1])), Processes(2, begin_trouble) as processes:
        list(run_list(processes, ["waits", "fine"], lambda pid: print(pid, flush=True)))

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs behind a shell ignores it
    cli.app = work
    cli.main()
"""
HERE = Path(__file__).parents[1] / "engine"
KEPT = "finished work is kept, and the same command continues from there"


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
    command = [sys.executable, tmp_path / "work.py", tmp_path / "d", HERE]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as running:
        child = int(running.stdout.readline())
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (code, words)
    assert not psutil.pid_exists(child)
    assert read_holder(open_folder(tmp_path / "d")) is None
