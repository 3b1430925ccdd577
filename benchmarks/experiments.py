"""Results of the shipped experiments: one table each, for benchmarks/RESULTS.md.

    synthset experiment imbalance-digits -o digits
    python benchmarks/experiments.py digits …

It reads `report/judgement.json` and `report/arms.csv` of finished experiments, and trains nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

from turns import conditions, write_section

SECTION = "Does it help?"
PACKAGES = ("torch", "timm", "accelerate", "numpy")
MEASURES = ("focus_recall", "balanced_accuracy", "accuracy", "macro_f1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="finished experiments")
    asked = parser.parse_args()
    head = f"`python benchmarks/experiments.py …`. {conditions(PACKAGES)} Intervals: 95 %, "
    head += "Student's t over seeds; each draws splits, rare images and trainings anew. In percent."
    body = "\n\n".join([head, *(table(folder) for folder in asked.folders)])
    print(body)
    write_section(SECTION, body)
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)


def table(folder: Path) -> str:
    """Make the table of one experiment, the base arm first."""
    said = json.loads((folder / "report" / "judgement.json").read_text(encoding="utf-8"))
    with open(folder / "report" / "arms.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in MEASURES if rows[0].get(name)]
    focus = ", ".join(said["classes"][number] for number in said["focus"])
    titles = [name.replace("focus", focus or "focus").replace("_", " ") for name in names]
    lines = [
        f"### {said['name']}: {len(said['seeds'])} seeds, {sum(said['test_images']):,} test images",
        "",
        f"| arm | trained on | {' | '.join(titles)} | less base, {titles[0]}, paired |",
        "|" + "---|" * (len(names) + 3),
    ]
    for row in rows:
        cells = [_interval(row, name) for name in names]
        lines.append(
            f"| {row['text']} | {_images(row)} | {' | '.join(cells)} | {_gain(row, names)} |"
        )
    return "\n".join(lines)


def _interval(row: dict[str, str], name: str) -> str:
    if not row[name]:
        return "–"
    if not row[f"{name}_low"]:
        return f"{100 * float(row[name]):.1f}"
    low, high = (100 * float(row[f"{name}_{end}"]) for end in ("low", "high"))
    return f"{100 * float(row[name]):.1f} [{low:.1f}, {high:.1f}]"


def _images(row: dict[str, str]) -> str:
    """Training images by origin, those of the pre-training first."""

    def of(prefix: str) -> str:
        counts = {key: float(row[key] or 0) for key in row if key.startswith(prefix)}
        return " + ".join(f"{n:,.0f} {key.removeprefix(prefix)}" for key, n in counts.items() if n)

    before = of("pretrain_")
    return f"{before}, then {of('train_')}" if before else of("train_")


def _gain(row: dict[str, str], names: list[str]) -> str:
    key = f"difference_{names[0]}"
    if not row.get(key):
        return ""
    low, high = (100 * float(row[f"{key}_{end}"]) for end in ("low", "high"))
    p = f", p = {float(row[f'{key}_p_holm']):.3f}" if row[f"{key}_p_holm"] else ""
    return f"{100 * float(row[key]):+.1f} [{low:+.1f}, {high:+.1f}]{p}"


if __name__ == "__main__":
    main()
