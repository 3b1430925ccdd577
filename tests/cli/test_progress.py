"""What the command line shows while a pass runs."""

import pytest

from synthset.cli import progress
from synthset.cli.progress import RichBar


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_where_output_is_piped_a_line_comes_now_and_then(clock, capfd):
    bar = RichBar()
    bar.start("images", 1000)
    for clock[0] in (10.0, 40.0, 50.0):
        bar.advance(200)
    bar.stop()
    assert capfd.readouterr().err.splitlines() == [
        "images   400 of 1,000 records (10.0/s, 1 min 0 s left)",
        "images   600 records in 50.0 s (12.0/s)",
    ]


def test_before_the_first_step_no_time_is_foretold(clock, capfd):
    bar = RichBar()
    bar.start("training", 420)
    clock[0] = 40.0
    bar.advance(0)
    assert capfd.readouterr().err == "training 0 of 420 updates (loading)\n"


def test_a_training_counts_updates(clock, capfd):
    bar = RichBar()
    bar.start("training", 420)
    clock[0] = 4.0
    bar.advance(420)
    bar.stop()
    assert capfd.readouterr().err == "training 420 updates in 4.0 s (105.0/s)\n"
