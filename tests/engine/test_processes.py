"""Who stops a pool ends its processes, and nothing else."""

import multiprocessing
import subprocess
import sys
import time

import psutil
import pytest

from synthset.engine.processes import Spawn, process_pool


def stopped(context):
    with process_pool(1, context, print, ()) as pool:
        pool.submit(time.sleep, 60)
        raise KeyboardInterrupt


def test_a_stopped_pool_ends_its_own_processes_only():
    context, foreign = Spawn(), subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            stopped(context)
        [ours] = context.started
        assert not psutil.pid_exists(ours.pid)
        assert foreign.poll() is None
        assert other.is_alive()
    finally:
        other.kill()
        other.join()
        foreign.communicate(b"\n")
