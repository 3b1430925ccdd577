"""Do synthset's picture faults agree with cleanvision's, and how many good photos do they flag?

    TQDM_DISABLE=1 OMP_NUM_THREADS=1 python benchmarks/quality.py PHOTOS.parquet

The file needs an `image` column in the Hugging Face layout. Every photo is checked as it is; one in
nine is also damaged to several degrees. Both packages check the same decoded pixels with their own
default thresholds. It writes a section of benchmarks/RESULTS.md, and takes about one CPU minute for
900 photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from cleanvision.issue_managers.image_property_issue_manager import ImagePropertyIssueManager
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from synthset.images import Pixels, decode
from synthset.metrics.statistics.intervals import wilson
from synthset.recipe.scores import Quality
from synthset.scores.quality import find_faults, measure
from turns import conditions, write_section

THEIRS = {
    "dark": "dark",
    "bright": "light",
    "low_information": "low_information",
    "blurry": "blurry",
    "odd_size": "odd_aspect_ratio",
}
DAMAGED = 9  # one photo in so many
PACKAGES = ("cleanvision", "numpy", "pillow")
Verdicts = NDArray[np.bool_]  # (N images, 5 faults)


@dataclass(frozen=True)
class Judged:
    """Images of one kind of damage, and what both said of them."""

    damage: str
    fault: str
    ours: Verdicts
    theirs: Verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    asked = parser.parse_args()
    cells = pq.read_table(asked.photos, columns=["image"]).column("image").to_pylist()
    photos = [decode(cell["bytes"]) for cell in cells]
    judged = [Judged("none", "", *both(photos))]
    for damage, fault, change in damages():
        judged.append(Judged(damage, fault, *both([change(one) for one in photos[::DAMAGED]])))
    body = "\n\n".join([alarms(judged[0]), agreement(judged), grades(judged[1:]), NOTE])
    footer = f"`python benchmarks/quality.py`. {conditions(PACKAGES)}"
    write_section("Picture faults compared with cleanvision", f"{body}\n\n{footer}")
    print(body)


def damages() -> Iterator[tuple[str, str, Callable[[Pixels], Pixels]]]:
    """What was done, the fault that it should end in, and how."""
    for share in (0.5, 0.35, 0.3, 0.2, 0.1, 0.05):
        yield f"dimmed to {share:g}", "dark", lambda p, s=share: levels(p * s)
    for share in (0.5, 0.2, 0.1, 0.07, 0.05, 0.03):
        yield f"washed out to {share:g}", "bright", lambda p, s=share: levels(255 - (255.0 - p) * s)
    for share in (0.3, 0.1, 0.04, 0.02, 0.01):
        fade = lambda p, s=share: levels(128 + (p - 128.0) * s)  # noqa: E731
        yield f"contrast of {share:g}", "low_information", fade
    for share in (0.5, 0.3, 0.2, 0.1):
        yield (
            f"all but a corner of {share:g} grey",
            "low_information",
            lambda p, s=share: corner(p, s),
        )
    for radius in (0.7, 1, 1.5, 2, 3, 4, 6, 10):
        yield f"blurred by {radius:g} px", "blurry", lambda p, r=radius: blurred(p, r)
    for ratio in (1.5, 2, 2.5, 2.8, 2.9, 3.2, 4, 6):
        yield f"cut to {ratio:g} : 1", "odd_size", lambda p, r=ratio: strip(p, r)


def levels(values: NDArray[np.float64]) -> Pixels:
    return np.rint(values).astype(np.uint8)


def corner(pixels: Pixels, share: float) -> Pixels:
    left = np.full_like(pixels, 200)
    height, width = (int(share * side) for side in pixels.shape[:2])
    left[:height, :width] = pixels[:height, :width]
    return left


def blurred(pixels: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def strip(pixels: Pixels, ratio: float) -> Pixels:
    height, width = pixels.shape[:2]
    long = max(height, width)
    short = round(long / ratio)
    if short > min(height, width):
        short = min(height, width)
        long = round(short * ratio)
    high, wide = (long, short) if height > width else (short, long)
    return np.ascontiguousarray(pixels[:high, :wide])


def both(pictures: list[Pixels]) -> tuple[Verdicts, Verdicts]:
    """Our verdicts and cleanvision's."""
    settings = Quality(kind="quality")
    found = [find_faults(measure(picture), settings) for picture in pictures]
    ours = np.array([[fault in mine for fault in THEIRS] for mine in found])
    judge = ImagePropertyIssueManager()
    asked = {name: {} for name in THEIRS.values()}
    images = Held([Image.fromarray(picture) for picture in pictures])
    judge.find_issues(
        params=asked, dataset=images, imagelab_info={"statistics": {}}, n_jobs=1, verbose=False
    )
    columns = [judge.issues[f"is_{name}_issue"] for name in THEIRS.values()]
    return ours, np.column_stack(columns).astype(bool)


class Held:
    """Images in memory, as cleanvision's datasets give them."""

    def __init__(self, images: list[Image.Image]) -> None:
        self._images = images
        self.index = list(range(len(images)))

    def __getitem__(self, place: int) -> Image.Image:
        return self._images[place]

    def __len__(self) -> int:
        return len(self._images)


def alarms(photos: Judged) -> str:
    """How many undamaged photos are flagged as faulty."""
    rows = ["### Good photos flagged as faulty", "", "| fault | synthset | cleanvision |"]
    rows.append("|---|---|---|")
    count = len(photos.ours)
    for place, fault in enumerate(THEIRS):
        ours, theirs = (int(v[:, place].sum()) for v in (photos.ours, photos.theirs))
        rows.append(f"| {fault} | {ours} | {theirs} |")
    shares = [wilson(int(v.any(axis=1).sum()), count) for v in (photos.ours, photos.theirs)]
    said = [f"{100 * s.value:.2f} % [{100 * s.low:.2f}, {100 * s.high:.2f}]" for s in shares]
    rows.append(f"| any, of {count:,} | {said[0]} | {said[1]} |")
    return "\n".join(rows)


def agreement(judged: list[Judged]) -> str:
    """How often both give an image the same verdict, by fault."""
    ours, theirs = (
        np.concatenate([getattr(j, side) for j in judged]) for side in ("ours", "theirs")
    )
    blurs = np.concatenate([np.full(len(j.ours), j.fault == "blurry") for j in judged])
    rows = ["### Agreement", "", f"Of {len(ours):,} images, damaged and undamaged:", ""]
    rows += ["| fault | same verdict | only synthset | only cleanvision |", "|---|---|---|---|"]
    parts = {"": np.ones(len(ours), dtype=bool)}
    for place, fault in enumerate(THEIRS):
        if fault == "blurry":
            parts = {", blurred images": blurs, ", all other images": ~blurs}
        for what, mask in parts.items():
            mine, other = ours[mask, place], theirs[mask, place]
            same, only = (mine == other).mean(), [(mine & ~other).sum(), (other & ~mine).sum()]
            rows.append(f"| {fault}{what} | {100 * same:.2f} % | {only[0]} | {only[1]} |")
        parts = {"": np.ones(len(ours), dtype=bool)}
    return "\n".join(rows)


def grades(judged: list[Judged]) -> str:
    """How many photos with each damage get the fault that it should cause, or another one."""
    rows = [
        "### By damage",
        "",
        f"Share of {len(judged[0].ours)} damaged photos with the fault:",
        "",
    ]
    rows += ["| damage | fault | synthset | cleanvision | same |", "|---|---|---|---|---|"]
    for one in judged:
        place = list(THEIRS).index(one.fault)
        mine, other = one.ours[:, place], one.theirs[:, place]
        shares = [f"{100 * share:.0f} %" for share in (mine.mean(), other.mean())]
        same = f"{100 * (mine == other).mean():.0f} %"
        rows.append(f"| {one.damage} | {one.fault} | {shares[0]} | {shares[1]} | {same} |")
    return "\n".join(rows)


NOTE = """\
Where they differ: cleanvision passes seven of eight photos blurred by 4 px (it measures the spread
of the edges, and tolerates an uneven histogram), and it calls some sharp photos blurry when they
are dimmed to half. synthset compares the edges with the contrast."""


if __name__ == "__main__":
    main()
