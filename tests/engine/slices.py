"""Makes slices of a dataset at once, each in a process of its own, as a cluster would."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image
from shapes import cells, recipe
from test_object_store import hash_objects

#: Forks a process for each slice once everything is imported; says their ids, and how each ended.
CODE = """
import os
import sys
import traceback
import synthset
from synthset.encoders import pixels
from synthset.engine import dataset_run, run
from synthset.sources import folder, shapes
asked = synthset.load_recipe(sys.argv[1])
go, gone = os.pipe()
slices = {}
for part in sys.argv[3:]:
    process = os.fork()
    if process:
        slices[process] = part
        continue
    os.close(gone)
    os.read(go, 1)
    try:
        synthset.run(asked, sys.argv[2], shards=part)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
print(*slices, flush=True)
os.close(gone)
for _ in slices:
    process, status = os.wait()
    print(slices[process], os.waitstatus_to_exitcode(status), flush=True)
"""


class Slices:
    """Slices that go at the same moment.

    Attributes:
        processes: id of each, in the order of the slices.
    """

    def __init__(self, recipe: Path, place: str | Path, slices: Sequence[str]) -> None:
        command = [sys.executable, "-c", CODE, recipe, place, *slices]
        self._server = subprocess.Popen(command, stdout=-1, stderr=-1, text=True)
        self.processes = list(map(int, self._server.stdout.readline().split()))

    def finish(self) -> dict[str, int]:
        """Wait for all; the exit code of each."""
        said, faults = self._server.communicate(timeout=120)
        assert not faults, faults
        return {part: int(code) for part, code in map(str.split, said.splitlines())}


def make_full_recipe(place, *changes):
    """A recipe with all that shards are made of, a reference, and what only the whole has."""
    for name, colour in (("circle", 40), ("square", 120), ("star", 200)):
        (place / "real" / name).mkdir(parents=True)
        for i in range(4):
            image = Image.new("RGB", (16, 16), (colour + i, 60, 9 * i))
            image.save(place / "real" / name / f"{i}.png")
    return recipe(
        "selection.target_per_class=12",
        *changes,
        encoders={"eye": {"kind": "pixels", "size_px": 2}},
        scores=[{"kind": "quality"}],
        references={"real": {"kind": "images", "paths": [{"path": str(place / "real")}]}},
        metrics=[{"kind": "kid", "encoder": "eye", "reference": "real"}],
        exports=[{"kind": "imagefolder"}],
    )


def contents(dataset):
    """Hash all but what tells times and places; and name the tables that belong together."""
    path = dataset.path
    found = hash_objects(path) if "://" in path else cells(Path(path))
    told = {"run.jsonl", "run.jsonl.d", ".lock", ".lock-holder", ".lease", "recipe.yaml"}
    told |= {"current.json"}
    kept = {name: one for name, one in found.items() if not told & {*Path(name).parts}}
    return kept, replace(dataset.view, exports=())
