"""Ctrl-C, SIGTERM and a closed terminal end a command in the same way: tidily, and with a word."""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the command to end. No Exception, so nothing but tidying up comes before.

    Attributes:
        name: of the signal.
        exit_code: as shells count: 128 and the signal's number.
    """

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number
        super().__init__(self.name)


def stop_on_signals() -> None:
    """Raise `Stopped` in the main thread at the first signal; those that are ignored stay so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    # `timeout` and service managers send it twice; the second must not cut the tidying short
    for other in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(number)
