"""Is choosing a set better than drawing one? Images by Stable Diffusion 1.4 against real photos.

    OMP_NUM_THREADS=1 python benchmarks/selection.py GENERATED.parquet REAL.parquet
    OMP_NUM_THREADS=1 python benchmarks/selection.py GENERATED.parquet REAL.parquet --classes 3

Both files need `image` and `label` columns in the Hugging Face layout (CIFAKE's generated half, and
CIFAR-10). The encoders are the miniatures. It writes a section of benchmarks/RESULTS.md, and takes
about ten CPU minutes for two classes, mostly for encoding.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from synthset.encoders.classifier import ClassifierStage
from synthset.encoders.clip import Clip
from synthset.encoders.encoder import Encoder
from synthset.encoders.models import fingerprint_encoder
from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.metrics.sets.kid import kid_full
from synthset.recipe.encoders import ClassifierEncoder, ClipEncoder
from synthset.selection.bound import frank_wolfe_bound
from synthset.selection.diverse import facility_location
from synthset.selection.kernel_mean import nearest_kernel_mean
from synthset.selection.nearest import choose_nearest_set
from synthset.selection.other_encoders import population_gaussian
from synthset.selection.shrink import shrink_covariance
from synthset.stage import Rows, list_column
from turns import conditions, write_section

CANDIDATES, CHOSEN, REAL = 2000, 1000, 1500  # of a class; twice REAL are used, half held out
BAR = 0.35
DRAWS = 2  # of the few real images
MADE = "images by Stable Diffusion"
SPOILT = "real images, four in five of them corrupted"
PACKAGES = ("numpy", "scipy", "torch")
Cloud = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass
class World:
    """One class: candidates, real images that choose, and real images that measure, by encoder."""

    label: int
    generated: dict[str, Cloud]
    real: dict[str, Cloud]
    held_out: dict[str, Cloud]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generated", type=Path)
    parser.add_argument("real", type=Path)
    parser.add_argument("--classes", type=int, nargs="+", default=[3, 0])
    parser.add_argument("--cache", type=Path, help="folder to keep features in between runs")
    parser.add_argument("--largest", type=int, default=100_000, help="candidates in the time test")
    asked = parser.parse_args()
    encoders = {
        "classifier": ClassifierStage(ClassifierEncoder(kind="classifier")),
        "clip": Clip(ClipEncoder(kind="clip")),
    }
    worlds = [world(asked, encoders, label) for label in asked.classes]
    spoilt = [spoilt_world(asked, encoders, at) for at in worlds]
    sections = [
        nearest(worlds, "classifier", "clip", MADE),
        nearest(worlds, "clip", "classifier", MADE),
        nearest(spoilt, "classifier", "clip", SPOILT),
        nearest(spoilt, "clip", "classifier", SPOILT),
        pools(worlds),
        few(worlds),
        growth(asked.largest),
    ]
    for section in sections:
        print(section, end="\n\n")
    head = (
        f"`python benchmarks/selection.py … --classes {' '.join(map(str, asked.classes))}`. "
        f"{conditions(PACKAGES)} cpu-s is CPU time of the process. "
        f"Each class has {CANDIDATES:,} images by Stable Diffusion 1.4 (CIFAKE, 32 px) and "
        f"{2 * REAL:,} real ones (CIFAR-10); half of these guide the choice, and half only "
        "measure. Encoders: the miniature classifier and CLIP. FD uses their features, with "
        "covariances divided by n; it is not FID."
    )
    write_section("Choosing the nearest set", "\n\n".join([head, *sections]))
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)


def world(asked: argparse.Namespace, encoders: dict[str, Encoder], label: int) -> World:
    """Encode what is needed of a class."""
    found: dict[str, dict[str, Cloud]] = {"generated": {}, "real": {}}
    for name, encoder in encoders.items():
        for part, count in (("generated", 2 * CANDIDATES), ("real", 2 * REAL)):
            path = getattr(asked, part)
            found[part][name] = features(encoder, path, label, count, asked.cache)
    order = np.random.default_rng(label).permutation(2 * REAL)
    chooses, measures = order[:REAL], order[REAL:]
    return World(
        label,
        found["generated"],
        {name: rows[chooses] for name, rows in found["real"].items()},
        {name: rows[measures] for name, rows in found["real"].items()},
    )


def features(encoder: Encoder, path: Path, label: int, count: int, cache: Path | None) -> Cloud:
    """Encode the first distinct images of a class."""
    name = f"{encoder.kind}-{path.parent.name}-{label}-{count}"
    kept = cache / f"{name}-{fingerprint_encoder(encoder.settings)}.npy" if cache else None
    if kept and kept.exists():
        return np.load(kept)
    found = encode(encoder, distinct(path, label)[:count])
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, found)
    return found


def distinct(path: Path, label: int) -> pa.Table:
    """The distinct images of a class, in the order of the file."""
    images = pq.read_table(path, columns=["image", "label"])
    images = images.filter(pc.equal(images["label"], label))
    first: dict[bytes, int] = {}
    for row, image in enumerate(images["image"].to_pylist()):
        first.setdefault(image["bytes"], row)
    return images.take(list(first.values()))


def encode(encoder: Encoder, images: pa.Table) -> Cloud:
    """Features of some images."""
    nothing = pa.nulls(len(images), pa.string())
    images = images.append_column("error", nothing).append_column("id", nothing)
    encoder.open()
    blocks = [encoder(Rows(images.slice(at, 256))) for at in range(0, len(images), 256)]
    return np.concatenate([list_column(block, "features") for block in blocks])


def spoilt_world(asked: argparse.Namespace, encoders: dict[str, Encoder], at: World) -> World:
    """The same real images, and candidates that are further real ones, most of them spoilt."""
    images = distinct(asked.real, at.label)[2 * REAL : 2 * REAL + CANDIDATES]
    rng = np.random.default_rng(at.label)
    cells = [
        {"bytes": spoil(image["bytes"], rng), "path": None} for image in images["image"].to_pylist()
    ]
    images = images.set_column(0, "image", pa.array(cells, images["image"].type))
    generated = {name: encode(encoder, images) for name, encoder in encoders.items()}
    return World(at.label, generated, at.real, at.held_out)


def spoil(data: bytes, rng: np.random.Generator) -> bytes:
    """What an imperfect generator would do to an image: one of six faults; one in five has none."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    strength = rng.uniform(0.5, 1)
    fault = rng.choice(["", "blur", "colour", "contrast", "resample", "noise", "brightness"],
                       p=[0.2, *[0.8 / 6] * 6])  # fmt: skip
    match fault:
        case "blur":
            image = image.filter(ImageFilter.GaussianBlur(1.6 * strength))
        case "colour":
            image = ImageEnhance.Color(image).enhance(1 + 1.8 * strength)
        case "contrast":
            image = ImageEnhance.Contrast(image).enhance(1 + 1.2 * strength)
        case "resample":
            small = max(round(image.width * (1 - 0.65 * strength)), 4)
            image = image.resize((small, small)).resize(image.size, Image.Resampling.NEAREST)
        case "noise":
            noise = rng.normal(0, 40 * strength, (image.height, image.width, 3))
            image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
        case "brightness":
            image = ImageEnhance.Brightness(image).enhance(1 + 0.7 * strength)
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def nearest(worlds: list[World], by: str, other: str, what: str) -> str:
    """Every way to take half of the candidates, and how near it comes."""
    rows = [
        f"| class | strategy | FD, choosing half | FD, held-out half | relative to random "
        f"| FD by {other} | relative to random | 1,000 × KID, held-out half | cpu-s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for at in worlds:
        pool = at.generated[by][:CANDIDATES]
        goal = gaussian(at.real[by])
        ways: dict[str, Callable[[], Indices]] = {
            "random": lambda pool=pool: drawn(len(pool), CHOSEN),
            "nearest to the real mean": lambda pool=pool, goal=goal: closest(pool, goal),
            "most diverse": lambda pool=pool: facility_location(pool, CHOSEN),
            "nearest set, kernel means": lambda pool=pool, at=at: nearest_kernel_mean(
                pool, at.real[by], CHOSEN
            ),
            "nearest set": lambda pool=pool, goal=goal: choose_nearest_set(pool, goal, CHOSEN),
            "nearest set, 64 axes": lambda pool=pool, goal=goal: choose_nearest_set(
                pool, goal, CHOSEN, directions=64
            ),
        }
        chance: tuple[float, ...] = ()
        best = np.arange(CHOSEN)
        for name, way in ways.items():
            start = time.process_time()
            chosen = way()
            taken = time.process_time() - start
            found = distances(at, by, other, chosen)
            chance = chance or found
            best = chosen if name == "nearest set" else best
            kid = 1000 * kid_full(at.held_out[by], pool[chosen]).value
            rows.append(
                f"| {at.label} | {name} | {found[0]:.4g} | {found[1]:.4g} | "
                f"{found[1] / chance[1]:.2f} | {found[2]:.4g} | {found[2] / chance[2]:.2f} | "
                f"{kid:.4g} | {taken:.2f} |"
            )
        start = time.process_time()
        bound = frank_wolfe_bound(pool, goal, CHOSEN, start=best)
        taken = time.process_time() - start
        rows.append(
            f"| {at.label} | *bound: no {CHOSEN:,} of these images are nearer* | {bound:.4g} | | "
            f"{bound / chance[0]:.2f} | | | | {taken:.2f} |"
        )
        floor = frechet_distance(goal, population_gaussian(at.held_out[by]))
        theirs = frechet_distance(gaussian(at.real[other]), population_gaussian(at.held_out[other]))
        rows.append(
            f"| {at.label} | *held-out real images* | {floor:.4g} | | | {theirs:.4g} | | | |"
        )
    return (
        f"### {CHOSEN:,} of {CANDIDATES:,} {what}, chosen by {by} (target: ≤ {BAR} of random)\n\n"
        + "\n".join(rows)
    )


def pools(worlds: list[World]) -> str:
    """The more candidates, the nearer: 500 of more and more."""
    sizes = (625, 1000, 2000, 4000)
    rows = [
        "| class | by | " + " | ".join(f"of {size:,}" for size in sizes) + " |",
        "|---|---|" + "---|" * len(sizes),
    ]
    for at in worlds:
        for by in at.generated:
            goal, held_out = gaussian(at.real[by]), gaussian(at.held_out[by])
            cells = []
            for size in sizes:
                pool = at.generated[by][:size]
                chosen = pool[choose_nearest_set(pool, goal, 500)]
                chance = pool[drawn(len(pool), 500)]
                ratio = frechet_distance(held_out, population_gaussian(chosen)) / frechet_distance(
                    held_out, population_gaussian(chance)
                )
                bound = frank_wolfe_bound(pool, goal, 500) / frechet_distance(
                    goal, population_gaussian(chance)
                )
                cells.append(f"{ratio:.2f} (bound {bound:.2f})")
            rows.append(f"| {at.label} | {by} | " + " | ".join(cells) + " |")
    return (
        "### 500 of how many? FD to the held-out half, relative to random; the bound is for the "
        "choosing half\n\n" + "\n".join(rows)
    )


def few(worlds: list[World]) -> str:
    """Few real images: as they are, and shrunk towards the candidates."""
    rows = [
        "| class | by | real images | random | not shrunk | shrunk | other encoder: random "
        "| not shrunk | shrunk |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for at in worlds:
        for by, other in (("classifier", "clip"), ("clip", "classifier")):
            pool = at.generated[by][:CANDIDATES]
            for count in (5, 20, 100):
                found = np.array(
                    [_few(at, by, other, pool, count, draw) for draw in range(DRAWS)]
                ).mean(axis=0)
                cells = " | ".join(f"{value:.4g}" for value in found)
                rows.append(f"| {at.label} | {by} | {count:,} | {cells} |")
    return (
        f"### {CHOSEN:,} of {CANDIDATES:,}, chosen by few real images: FD to held-out images, "
        f"mean of {DRAWS} draws\n\n" + ("\n".join(rows))
    )


def _few(at: World, by: str, other: str, pool: Cloud, count: int, draw: int) -> list[float]:
    real = at.real[by][np.random.default_rng(draw).permutation(REAL)[:count]]
    sets = [
        drawn(len(pool), CHOSEN, draw),
        choose_nearest_set(pool, gaussian(real), CHOSEN),
        choose_nearest_set(pool, shrink_covariance(real, gaussian(pool)).gaussian, CHOSEN),
    ]
    found = [distances(at, by, other, chosen) for chosen in sets]
    return [each[1] for each in found] + [each[2] for each in found]


def growth(largest: int) -> str:
    """Time against the number of candidates; synthetic features, half of them good."""
    rows = ["| candidates | cpu-s | per candidate, ms |", "|---|---|---|"]
    rng = np.random.default_rng(0)
    spectrum = (np.arange(1, 257) ** -0.5).astype(np.float32)
    goal = Gaussian(np.zeros(256), np.diag(spectrum.astype(np.float64) ** 2), 10**6)
    size = 2500
    while size <= largest:
        pool = rng.standard_normal((size, 256), dtype=np.float32) * spectrum
        pool[size // 2 :] = pool[size // 2 :] * 0.7 + 0.3 * spectrum
        start = time.process_time()
        choose_nearest_set(pool, goal, size // 2)
        taken = time.process_time() - start
        rows.append(f"| {size:,} | {taken:.1f} | {1000 * taken / size:.2f} |")
        size = size * 4 if size * 4 <= largest or size == largest else largest
    return "### Time, half of N chosen, D=256, one class\n\n" + "\n".join(rows)


def distances(at: World, by: str, other: str, chosen: Indices) -> tuple[float, float, float]:
    """FD to the real images that chose, to those held out, and to those by the other encoder."""
    own = population_gaussian(at.generated[by][chosen])
    theirs = population_gaussian(at.generated[other][chosen])
    return (
        frechet_distance(gaussian(at.real[by]), own),
        frechet_distance(gaussian(at.held_out[by]), own),
        frechet_distance(gaussian(at.held_out[other]), theirs),
    )


def drawn(total: int, count: int, seed: int = 0) -> Indices:
    """A random draw."""
    return np.random.default_rng(seed).permutation(total)[:count]


def closest(pool: Cloud, goal: Gaussian) -> Indices:
    """Rank image by image: the nearest to the real mean."""
    return np.argsort(((pool - goal.mean) ** 2).sum(axis=1), kind="stable")[:CHOSEN]


if __name__ == "__main__":
    main()
