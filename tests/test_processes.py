"""Workers do each task once, outlive nothing, and end nobody else's processes."""

import multiprocessing
import os
import subprocess
import sys
import time

import psutil
import pytest
from side_work import begin_pids, begin_squares, begin_trouble

from synthset.processes import Processes
from synthset.workers import Fault, ListFeed, run_list


@pytest.mark.parametrize("count", [1, 2])
def test_each_task_is_done_and_tells_on_its_way(count):
    heard = []
    with Processes(count, begin_squares, (10,)) as processes:
        done = dict(run_list(processes, range(5), heard.append))
    assert done == {task: task**2 + 10 for task in range(5)}
    assert sorted(heard) == list(range(5))


def test_workers_are_kept_from_one_call_to_the_next():
    with Processes(2, begin_pids) as processes:
        first = {pid for _, pid in run_list(processes, range(8))}
        second = {pid for _, pid in run_list(processes, range(8))}
    assert second <= first
    assert os.getpid() not in first
    assert not any(map(psutil.pid_exists, first))


def test_a_task_that_fails_is_told_and_the_others_go_on():
    with Processes(2, begin_trouble) as processes:
        done = dict(run_list(processes, ["complains", "fine"]))
    assert done == {"complains": Fault("StageError", "there is no such image"), "fine": "fine"}


def test_a_task_on_which_workers_keep_dying_is_given_up_alone():
    with Processes(2, begin_trouble) as processes:
        done = dict(run_list(processes, ["dies", "fine", "good"]))
    assert done.pop("dies").message.startswith("3 workers died while they ran it")
    assert done == {"fine": "fine", "good": "good"}


class Handfuls(ListFeed):
    """A list of which a worker has three tasks at a time."""

    def next(self, worker, in_hand):
        return super().next(worker, 0) if in_hand < 3 else None


def test_of_the_tasks_in_hand_only_the_one_that_workers_die_of_is_given_up():
    tasks = ["dies", *(str(number) for number in range(7))]
    with Processes(2, begin_trouble) as processes:
        done = dict(processes.work(Handfuls(tasks)))
    assert done.pop("dies").kind == "Died"
    assert done == {task: task for task in tasks[1:]}


def test_who_is_stopped_ends_its_own_workers_only():
    def stop(pid):
        ours.append(pid)
        raise KeyboardInterrupt

    ours, foreign = [], subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt), Processes(2, begin_trouble) as processes:
            list(run_list(processes, ["waits", "fine"], stop))
        assert not psutil.pid_exists(ours[0])
        assert foreign.poll() is None
        assert other.is_alive()
    finally:
        other.kill()
        other.join()
        foreign.communicate(b"\n")


def test_a_script_without_a_main_guard_may_use_workers(tmp_path):
    script = "from synthset.processes import Processes\nfrom synthset.workers import run_list\n"
    script += "print('once')\n"
    script += (
        "with Processes(2, eval, ('lambda task, tell: task',)) as p: list(run_list(p, [1, 2]))"
    )
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("once\n", "")
