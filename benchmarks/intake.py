"""How fast is a path with many files resolved, listed and read, and how much of it is overhead?

    OMP_NUM_THREADS=1 python benchmarks/intake.py FOLDER
    OMP_NUM_THREADS=1 python benchmarks/intake.py FOLDER --classes 100 --turns 1

It makes its images in FOLDER, which must be empty or from an earlier run: class folders of 100
small images each, the same images in one folder with a `metadata.csv` and with a table of labels,
and in a zip archive. Each way runs in its own process. torchvision's ImageFolder only lists, and
reads nothing; `load_dataset("imagefolder")` copies paths into a table and reads no image either. It
writes a section of benchmarks/RESULTS.md, and takes about ten CPU minutes for 100,000 images.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from turns import conditions, write_section

PER_CLASS = 100
WORLDS = {
    "class folders": "folders",
    "one folder, metadata.csv": "flat",
    "one folder, a table of labels": "sheet",
    "zip archive": "pets.zip",
}
HASHING = "reading and hashing alone"
PEERS = ("torchvision ImageFolder", "datasets imagefolder")  # of class folders
PACKAGES = ("torchvision", "datasets", "pyarrow")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(timed(asked.one[0], asked.folder / WORLDS[asked.one[1]])))
        return
    count = asked.classes * PER_CLASS
    make(asked.folder, asked.classes)
    jobs = [
        (way, world)
        for world in WORLDS
        for way in WAYS_TO_RUN
        if way not in PEERS or world == "class folders"
    ]
    found: dict[tuple[str, str], list[dict[str, float]]] = {job: [] for job in jobs}
    order = random.Random(0)
    for _ in range(asked.turns):
        for job in order.sample(jobs, len(jobs)):
            found[job].append(in_a_process(asked.folder, *job))
    body = "\n\n".join([head(asked, count), *(table(found, world, count) for world in WORLDS)])
    print(body)
    write_section("Importing", body)
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)


def make(root: Path, classes: int) -> None:
    """Write the worlds, where they are not there yet."""
    if (root / "made.json").exists():
        assert json.loads((root / "made.json").read_text()) == classes, f"{root}: of other classes"
        return
    assert not root.exists() or not any(root.iterdir()), f"{root} holds something else"
    pictures = [_jpeg(number) for number in range(50)]
    for folder in ("folders", "flat", "sheet/images"):
        (root / folder).mkdir(parents=True)
    rows = {"flat/metadata.csv": ["file_name,label"], "sheet/labels.csv": ["id,breed"]}
    with zipfile.ZipFile(root / "pets.zip", "w") as archive:
        for number in range(classes * PER_CLASS):
            label, stem = f"class_{number // PER_CLASS:04d}", f"{number:07d}"
            data = pictures[number % 50] + number.to_bytes(4, "big")  # no two are the same
            first = root / "folders" / label / f"{stem}.jpg"
            first.parent.mkdir(exist_ok=True)
            first.write_bytes(data)
            os.link(first, root / "flat" / first.name)
            os.link(first, root / "sheet/images" / first.name)
            archive.writestr(f"{label}/{first.name}", data)
            rows["flat/metadata.csv"].append(f"{first.name},{label}")
            rows["sheet/labels.csv"].append(f"{stem},{label}")
    for name, lines in rows.items():
        (root / name).write_text("\n".join(lines) + "\n")
    (root / "made.json").write_text(json.dumps(classes))


def _jpeg(number: int) -> bytes:
    picture, out = Image.new("RGB", (16, 16), (number * 5, 255 - number * 5, 99)), io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def in_a_process(root: Path, way: str, world: str) -> dict[str, float]:
    """Time one way in a new process."""
    command = [sys.executable, __file__, str(root), "--one", way, world]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(said.splitlines()[-1])
    return result


def timed(way: str, path: Path) -> dict[str, float]:
    """Run one way: CPU seconds without imports, images found, and bytes of memory kept for each."""
    run = WAYS_TO_RUN[way](path)
    before, start = _memory(), time.process_time()
    kept, count = run()
    seconds, grown = time.process_time() - start, _memory() - before
    del kept  # its memory was measured
    return {"seconds": seconds, "count": count, "bytes": grown / max(count, 1)}


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


Run = Callable[[], tuple[object, int]]


def _bytes_alone(path: Path) -> Run:
    from hashlib import sha256

    def run() -> tuple[object, int]:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return [sha256(archive.read(name)).hexdigest() for name in archive.namelist()], 0
        hashes = []
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                with open(f"{folder}/{name}", "rb") as file:
                    hashes.append(sha256(file.read()).hexdigest())
        return hashes, len(hashes)

    return run


def _resolve(path: Path) -> Run:
    from synthset.formats.columns import Columns
    from synthset.formats.resolve import resolve

    return lambda: (resolve(path, Columns(), "here"), 0)


def _list(path: Path) -> Run:
    from synthset.formats.columns import Columns
    from synthset.formats.manifest import Passed
    from synthset.formats.resolve import resolve

    def run() -> tuple[object, int]:
        layout, passed = resolve(path, Columns(), "here"), Passed()
        rows = [row for unit in layout.units for row in unit.rows(passed)]
        layout.leftover(passed)
        return (layout, rows), len(rows)

    return run


def _scan(path: Path) -> Run:
    from synthset.formats.scan import scan
    from synthset.recipe.paths import FolderPath
    from synthset.recipe.sources import Folder

    def run() -> tuple[object, int]:
        rows = list(scan(Folder(kind="folder", paths=(FolderPath(path=str(path), origin="x"),))))
        return rows, len(rows)

    return run


def _plan(path: Path) -> Run:
    from synthset.engine.plan import settle_material
    from synthset.recipe.recipe import load_recipe

    paths = [{"path": str(path), "origin": "x"}]
    content = {"classes": {"kind": "source"}, "source": {"kind": "folder", "paths": paths}}
    recipe = load_recipe({"name": "intake", **content})

    def run() -> tuple[object, int]:
        found = settle_material(recipe)
        return (found, found.said), len(found.there)

    return run


def _image_folder(path: Path) -> Run:
    from torchvision.datasets import ImageFolder

    def run() -> tuple[object, int]:
        found = ImageFolder(str(path))
        return found, len(found)

    return run


def _imagefolder(path: Path) -> Run:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets

    datasets.disable_progress_bars()

    def run() -> tuple[object, int]:
        with tempfile.TemporaryDirectory() as cache:
            found = datasets.load_dataset(
                "imagefolder", data_dir=str(path), cache_dir=cache, split="train"
            )
            return found, len(found)

    return run


WAYS_TO_RUN = {
    HASHING: _bytes_alone,
    "resolve": _resolve,
    "resolve and list": _list,
    "scan": _scan,
    "plan": _plan,
    "torchvision ImageFolder": _image_folder,
    "datasets imagefolder": _imagefolder,
}


def head(asked: argparse.Namespace, count: int) -> str:
    return (
        f"`python benchmarks/intake.py … --classes {asked.classes} --turns {asked.turns}`. "
        f"{conditions(PACKAGES)} {count:,} JPEG files of about 600 bytes. cpu-s is CPU time of a "
        "process that does nothing else, without its imports; all alternatives ran in turns, and "
        "the machine had other jobs. Bytes are the growth of the process's memory per image, with "
        "its rows kept."
    )


def table(found: dict[tuple[str, str], list[dict[str, float]]], world: str, count: int) -> str:
    """One world: each way relative to reading and hashing the bytes, which every way needs."""
    mine = {way: runs for (way, one), runs in found.items() if one == world}
    needed = min(run["seconds"] for run in mine[HASHING])
    rows = [
        f"### {world}\n",
        "| | relative to reading and hashing | min cpu-s | median | µs per file | bytes |",
    ]
    rows.append("|---|---|---|---|---|---|")
    for way, runs in mine.items():
        seconds = [run["seconds"] for run in runs]
        kept = round(statistics.median(run["bytes"] for run in runs)) if runs[0]["count"] else ""
        rows.append(
            f"| {way} | {min(seconds) / needed:.2f}× | {min(seconds):.2f} "
            f"| {statistics.median(seconds):.2f} | {1e6 * min(seconds) / count:.1f} | {kept} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
