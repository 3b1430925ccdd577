"""Which way of picking images makes the better training set? The table for RESULTS.md.

    synthset bench recipes/select-laptop.yaml -o compared
    python benchmarks/strategies.py compared $SYNTHSET_POOL/pool.parquet

It reads `benchmark/benchmark.json` of a finished benchmark and, from the pool that select_pool.py
made, what each image shows, to compute the share of each set's images that show their class. It
trains nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import synthset
from turns import conditions, write_section

SECTION = "Strategies for making a training set"
PACKAGES = ("torch", "imagecorruptions-imaug", "open_clip_torch", "numpy")
SHOWN = ("base", "corruptions", "digits", "fruits", "neighbours")


def main() -> None:
    """Print the section and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a finished benchmark")
    parser.add_argument("pool", type=Path, help="pool.parquet")
    asked = parser.parse_args()
    said = json.loads((asked.folder / "benchmark" / "benchmark.json").read_text(encoding="utf-8"))
    truth = truths(asked.pool)
    rights = {name: right(path, truth) for name, path in sets(asked.folder)}
    head = f"`python benchmarks/strategies.py …`. {conditions(PACKAGES)} "
    head += f"{len(said['seeds'])} seeds. In percent, with 95 % intervals over seeds; "
    head += "“right” is the share of a set's images that show their class."
    body = f"{head}\n\n{table(said, rights)}"
    print(body)
    write_section(SECTION, body)
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)


def truths(pool: Path) -> dict[str, str]:
    """What each image of the pool shows, by its key; empty for none of the classes."""
    rows = pq.read_table(pool, columns=["key", "truth"]).to_pylist()
    return {row["key"]: row["truth"] for row in rows}


def sets(folder: Path) -> Iterator[tuple[str, Path]]:
    """The sets that were made, by name."""
    for path in sorted((folder / "sets").iterdir()):
        yield path.name.rpartition("-")[0], path


def right(path: Path, truth: Mapping[str, str]) -> float | None:
    """Share of a set's images that show their class; None if they are not of the pool."""
    rows = synthset.open(str(path)).kept().to_pylist()
    found = [truth[row["pool_key"]] == row["class_name"] for row in rows if row.get("pool_key")]
    return sum(found) / len(found) if found else None


def table(said: Mapping[str, Any], rights: Mapping[str, float | None]) -> str:
    """A row for each training set."""
    texts = {figure["name"]: figure["text"] for figure in said["figures"]}
    names = [name for name in texts if name.startswith(SHOWN)]
    arms = said["arms"]
    known = arms if isinstance(arms, dict) else {arm["name"]: arm["text"] for arm in arms}
    lines = [
        f"| training set | share right | {' | '.join(texts[name] for name in names)} |",
        "|" + "---|" * (len(names) + 2),
    ]
    for arm, text in known.items():
        share = rights.get(arm)
        cells = [cell(said["cells"][name][arm]) for name in names]
        shown = "–" if share is None else f"{share:.0%}".replace("%", "")
        lines.append(f"| {text} | {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(found: Mapping[str, Any]) -> str:
    """A share, its interval, and the difference to the base if it is beyond chance."""
    if found["value"] is None:
        return "–"
    text = f"{100 * found['value']:.1f}"
    if found["low"] is not None:
        text += f" [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"
    if found["p"] is not None and found["p"] < 0.05:
        text += f", {100 * found['difference']:+.1f} (p = {found['p']:.3f})"
    return text


if __name__ == "__main__":
    main()
