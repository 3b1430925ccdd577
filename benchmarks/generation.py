"""What does `synthset run` take beside a bare loop, and beside the script that a user would write?

    python benchmarks/generation.py

It takes six minutes on two quiet cores, prints a table, and writes it into benchmarks/RESULTS.md.
Each way is a process of its own, with the model that ships with synthset and everything at its
default: batches of 16, 10 steps, guidance 3.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from turns import Timing, conditions, in_turns, write_section

IMAGES, TURNS = 200, 2
HERE = Path(__file__).parent
LOOP, SCRIPT, SAME, DEMO, NOTHING, FIRST = (
    "bare loop",
    "user's script: CLIP filter, folders",
    "`synthset run`: the same",
    "`synthset run demo`",
    "`synthset run demo`, nothing to do",
    "`synthset run`, one image",
)
NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()  # noqa: SIM905
RECIPE = {
    "name": "generation",
    "classes": NAMES,
    "source": {"kind": "txt2img", "model": "miniature", "num_steps": 10, "guidance_scale": 3.0},
    "images_per_class": IMAGES // 10,
    "encoders": {"clip": {"kind": "clip", "model": "miniature"}},
    "scores": [{"kind": "clip_score", "encoder": "clip"}],
    "selection": {"steps": [{"kind": "limits", "limits": {"clip_score": {"min": 80}}}]},
    "exports": [{"kind": "imagefolder"}],
}
ONE = {"name": "one", "classes": ["cat"], "source": RECIPE["source"], "images_per_class": 1}
BARS = [
    (SAME, SCRIPT, "wall", "≤ 0.95×"),
    (SAME, SCRIPT, "CPU", ""),
    (LOOP, DEMO, "CPU", "≥ 0.75×"),
    (LOOP, SAME, "CPU", ""),
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        walls: dict[str, list[float]] = defaultdict(list)
        timings = in_turns(make_ways(Path(folder), walls), TURNS)
    body = format_results(timings, walls)
    print(body)
    write_section("Generation: a bare loop, a script, and a run", body)


def make_ways(folder: Path, walls: dict[str, list[float]]) -> dict[str, Callable[[], float]]:
    """Each way as a process of its own; its value is the number of its turns."""
    recipe, one = folder / "recipe.json", folder / "one.json"
    recipe.write_text(json.dumps(RECIPE))
    one.write_text(json.dumps(ONE))
    demo = ["run", "demo", "--set", f"images_per_class={IMAGES // 10}"]
    demo += ["--set", "selection.max_rounds=0"]
    commands = {
        LOOP: [str(HERE / "generation_loop.py"), "{new}", str(IMAGES)],
        SCRIPT: [str(HERE / "generation_script.py"), "{new}", str(IMAGES)],
        SAME: ["-m", "synthset", "run", str(recipe), "-o", "{new}"],
        DEMO: ["-m", "synthset", *demo, "-o", "{new}"],
        NOTHING: ["-m", "synthset", *demo, "-o", str(folder / "made")],
        FIRST: ["-m", "synthset", "run", str(one), "-o", "{new}"],
    }
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}

    def take(name: str) -> float:
        new = folder / f"{list(commands).index(name)}-{len(walls[name])}"
        words = [word.replace("{new}", str(new)) for word in commands[name]]
        begun = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, env=environment, capture_output=True)
        walls[name].append(time.perf_counter() - begun)
        return float(len(walls[name]))

    take(NOTHING)  # makes the set that has nothing to do afterwards
    walls[NOTHING].clear()
    return {name: lambda name=name: take(name) for name in commands}


def format_results(timings: list[Timing], walls: dict[str, list[float]]) -> str:
    """The table of all ways, and the shares that have a target."""
    cpu = {timing.name: timing.fastest for timing in timings}
    wall = {name: min(taken) for name, taken in walls.items()}
    rows = ["| | images | min cpu-s | median cpu-s | min wall s |", "|---|---|---|---|---|"]
    for timing in timings:
        images = {NOTHING: 0, FIRST: 1}.get(timing.name, IMAGES)
        rows.append(
            f"| {timing.name} | {images} | {timing.fastest:.1f} | {timing.median:.1f} "
            f"| {wall[timing.name]:.1f} |"
        )
    shares = ["| | of | clock | share | target |", "|---|---|---|---|---|"]
    for name, other, clock, bar in BARS:
        found = {"CPU": cpu, "wall": wall}[clock]
        shares.append(f"| {name} | {other} | {clock} | {found[name] / found[other]:.2f}× | {bar} |")
    packages = ["torch", "diffusers", "transformers", "open_clip_torch"]
    return (
        f"Fastest of {TURNS} turns; cpu-s is CPU time of a process and its workers, from the "
        "command on.\n\n"
        + "\n".join(rows)
        + "\n\n"
        + "\n".join(shares)
        + f"\n\n`python benchmarks/generation.py`. {conditions(packages)} Each way with its own "
        "default number of threads. The machine had other jobs, "
        f"{os.getloadavg()[2]:.1f} processes on average."
    )


if __name__ == "__main__":
    main()
