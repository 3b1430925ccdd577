"""Time several ways to compute one number, in turns and in one process, and format the table."""

from __future__ import annotations

import os
import platform
import random
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def cpu_seconds() -> float:
    """CPU time of this process and of the children that it has waited for."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


CLOCKS = {"cpu-s": cpu_seconds, "seconds": time.perf_counter}
unit = "cpu-s"  # set to "seconds" for wall-clock time, on an otherwise idle machine


@dataclass(frozen=True)
class Timing:
    """Seconds by the clock that `unit` names, over the turns, and the number that came out."""

    name: str
    fastest: float
    median: float
    value: float


def in_turns(ways: dict[str, Callable[[], float]], turns: int) -> list[Timing]:
    """Run every way once per turn, in a new random order, so that drift affects all alike.

    CPU time is what counts: on a machine with other jobs, wall-clock time measures those too.
    """
    clock = CLOCKS[unit]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    values: dict[str, float] = {}
    order = random.Random(0)
    for _ in range(turns):
        for name in order.sample(list(ways), len(ways)):
            start = clock()
            values[name] = ways[name]()
            seconds[name].append(clock() - start)
    return [
        Timing(name, min(taken), statistics.median(taken), values[name])
        for name, taken in seconds.items()
    ]


def table(timings: Sequence[Timing], ours: str, reference: str, bars: dict[str, float]) -> str:
    """A Markdown table: ours first, the others as multiples of it, values against `reference`."""
    by_name = {timing.name: timing for timing in timings}
    rows = [
        f"| | min {unit} | median | relative to synthset (min) | target | value | rel. difference |"
    ]
    rows.append("|---|---|---|---|---|---|---|")
    for timing in timings:
        ratio = timing.fastest / by_name[ours].fastest
        bar = f"≥ {bars[timing.name]:g}×" if timing.name in bars else ""
        off = timing.value / by_name[reference].value - 1
        rows.append(
            f"| {timing.name} | {timing.fastest:.3f} | {timing.median:.3f} | {ratio:.1f}× | {bar} "
            f"| {timing.value:.9g} | {off:.0e} |"
        )
    return "\n".join(rows)


def conditions(packages: Sequence[str]) -> str:
    """Machine, threads, versions and date, as one line."""
    cores = f"{os.cpu_count()} cores, {os.environ.get('OMP_NUM_THREADS', 'all')} BLAS threads"
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    today = datetime.now(UTC).date()
    return f"{_processor()}, {cores}; Python {platform.python_version()}, {versions}; {today}."


def write_section(title: str, body: str) -> None:
    """Put a section into RESULTS.md, in place of the one with the same title."""
    text = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    sections = ("\n" + text).split("\n## ")
    kept = [part.strip("\n") for part in sections if not part.startswith(title + "\n")]
    kept.append(f"{title}\n\n{body.strip()}")
    RESULTS.write_text("\n\n## ".join(kept) + "\n")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
