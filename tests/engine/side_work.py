"""Work that other processes can import."""

import os
import signal
import time

from synthset.errors import StageError


def begin_squares(offset):
    return lambda task, tell: tell(task) or task**2 + offset


def begin_pids():
    return lambda task, tell: os.getpid()


def begin_trouble():
    def work(task, tell):
        if task == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if task == "waits":
            tell(os.getpid())
            time.sleep(60)
        if task == "complains":
            raise StageError("there is no such image")
        return task

    return work
