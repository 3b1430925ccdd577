"""Metrics of sets compared with the packages people use for them: same numbers, less time.

    OMP_NUM_THREADS=1 python benchmarks/metrics.py            all of them, about ten CPU minutes
    OMP_NUM_THREADS=1 python benchmarks/metrics.py kid prdc   only these
    python benchmarks/metrics.py fid --wall                   all cores, wall-clock time
    OMP_NUM_THREADS=1 python benchmarks/metrics.py --small    half a minute, for a first look

It needs the `dev` extra. Each part replaces its own section of benchmarks/RESULTS.md; small runs
write nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial

import cleanfid.fid
import numpy as np
import torch
from numpy.typing import NDArray
from prdc import compute_prdc
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import calculate_precision_recall_full
from torchmetrics.image.fid import FrechetInceptionDistance
from vendi_score import vendi

import turns
from synthset.metrics.sets.fid import (
    frechet_distance,
    frechet_distance_from_features,
)
from synthset.metrics.sets.gaussian import Gaussian, GaussianAccumulator, gaussian
from synthset.metrics.sets.inception_score import inception_score
from synthset.metrics.sets.influence import fd_influence
from synthset.metrics.sets.kid import kid, kid_full
from synthset.metrics.sets.pca import find_principal_axes
from synthset.metrics.sets.prdc import prdc
from synthset.metrics.sets.vendi import vendi_score
from turns import RESULTS, conditions, in_turns, table, write_section

PACKAGES = (
    "numpy", "scipy", "torch", "torch-fidelity", "clean-fid", "torchmetrics", "prdc", "vendi-score"
)  # fmt: skip
WIDTH = 2048

Cloud = NDArray[np.float32]


def draw(count: int, width: int = WIDTH, seed: int = 0, shift: float = 0.0) -> Cloud:
    """Features like an Inception network's: non-negative, correlated, power-law spectrum."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(1000).standard_normal((width, width), dtype=np.float32)
    spectrum = np.arange(1, width + 1, dtype=np.float32) ** -0.7
    rows = (rng.standard_normal((count, width), dtype=np.float32) * spectrum) @ mixing
    return np.maximum(rows / rows[:2000].std() * 0.35 + 0.3 + shift, 0, dtype=np.float32)


def fid(small: bool) -> str:
    """FID from two sets of features, and from stored statistics."""
    count, width = (1500, 256) if small else (10_000, WIDTH)
    real, generated = draw(count, width), draw(count, width, seed=1, shift=0.05)
    ways: dict[str, Callable[[], float]] = {
        "synthset": lambda: frechet_distance_from_features(real, generated),
        "synthset, all float64": lambda: frechet_distance(_exact(real), _exact(generated)),
        "torch-fidelity": lambda: torch_fidelity_fid(real, generated),
        "torchmetrics, batches of 2,048": lambda: torchmetrics_fid(real, generated),
        "clean-fid": lambda: clean_fid(real, generated),
    }
    bars = {"clean-fid": 8, "torch-fidelity": 2.5, "torchmetrics, batches of 2,048": 2.5}
    from_features = table(
        in_turns(ways, 3), "synthset", reference="synthset, all float64", bars=bars
    )
    a, b = _exact(real), _exact(generated)
    stored: dict[str, Callable[[], float]] = {
        "synthset": lambda: frechet_distance(a, b),
        "torch-fidelity": lambda: _torch_fidelity_formula(a, b),
        "clean-fid": lambda: _clean_fid_formula(a, b),
    }
    from_statistics = table(in_turns(stored, 3), "synthset", "synthset", {})
    return (
        f"### FID from 2 × {count:,} float32 features, D={width:,}\n\n{from_features}\n\n"
        f"The same from stored means and covariances (float64):\n\n{from_statistics}\n\n"
        f"{_fid_digits(real, generated)}"
    )


def _fid_digits(real: Cloud, generated: Cloud) -> str:
    """Whose rounding a relative difference is."""
    wide = real.astype(np.float64), generated.astype(np.float64)
    ours = frechet_distance_from_features(*wide)
    theirs = {"torch-fidelity": torch_fidelity_fid(*wide), "clean-fid": clean_fid(*wide)}
    off = ", ".join(f"{name} {value / ours - 1:.0e}" for name, value in theirs.items())
    return (
        f"From float64 features, all agree: {off}. With float32 features, neither side can reach a "
        "relative difference of 1e-9: the peers compute means in float32, synthset computes "
        "products. If you need it, use float64 features, stored statistics, or "
        "`GaussianAccumulator(exact=True)` (the row “all float64”)."
    )


def per_class(small: bool) -> str:
    """FID of one class: fewer images than features."""
    n_real, n_generated, width = (130, 30, 256) if small else (1300, 300, WIDTH)
    real, generated = draw(n_real, width), draw(n_generated, width, seed=1)
    ways = {
        "synthset": lambda: frechet_distance_from_features(real, generated),
        "torch-fidelity": lambda: torch_fidelity_fid(real, generated),
    }
    rows = table(in_turns(ways, 3), "synthset", "synthset", {"torch-fidelity": 30})
    return (
        f"### FID of one class, {n_real:,} real and {n_generated} generated, D={width:,}\n\n{rows}"
    )


def kid_rows(small: bool) -> str:
    """KID over the same 100 subsets."""
    size, width = (120, 256) if small else (1000, WIDTH)
    parts = []
    for count in (300, 600) if small else (2000, 5000):
        real, generated = draw(count, width), draw(count, width, seed=1, shift=0.05)
        ways: dict[str, Callable[[], float]] = {
            "synthset": partial(_kid_mean, real, generated, size),
            "synthset, all images at once": partial(_kid_full, real, generated),
            "torch-fidelity": partial(torch_fidelity_kid, real, generated, size),
        }
        bars = {"torch-fidelity": 5.0} if count == 5000 else {}
        timings = in_turns(ways, 3)
        rows = table(timings, "synthset", "torch-fidelity", bars)
        parts.append(
            f"### KID, 2 × {count:,}, D={width:,}, the same 100 subsets of {size:,}\n\n{rows}"
        )
    parts.append(_kid_floor(count, width, size, timings[-1].fastest))
    return "\n\n".join(parts)


def _kid_floor(count: int, width: int, size: int, theirs: float) -> str:
    """The least that synthset's method can cost: its matrix products at full speed."""
    a, b = draw(2048, width), draw(2048, width, seed=1)
    product: dict[str, Callable[[], float]] = {"product": lambda: float((a @ b.T)[0, 0])}
    speed = 2 * 2048 * 2048 * width / in_turns(product, 5)[0].fastest / 1e9  # Gflop/s
    kernels = 4 * count**2 * width / 1e9  # two are symmetric, and half of each is enough
    member = 2 * 100 * 2 * count**2 / 1e9  # 0/1 matrices of who is in which subset
    least = (kernels + member) / speed
    return (
        f"The row without subsets estimates the same number from all images at once. The time at "
        f"2 × {count:,}: the kernels take {kernels:.1f} Gflop "
        f"({400 * size**2 * width / 1e9:.1f} if each of the 100 subsets computes its own), and "
        f"sorting them into subsets {member:.1f}; a "
        f"plain numpy product reaches {speed:.0f} Gflop/s here. So the products alone take "
        f"{least:.3f} {turns.unit}, and torch-fidelity takes {theirs / least:.1f}× that: with "
        "float32 products, no method that computes the kernels can be faster."
    )


def prdc_rows(small: bool) -> str:
    """Precision, recall, density, coverage."""
    count, width = (1000, 256) if small else (10_000, WIDTH)
    real, generated = draw(count, width), draw(count, width, seed=1, shift=0.05)
    found = {}

    def ours() -> float:
        found["synthset"] = vars(prdc(real, generated))
        return found["synthset"]["precision"]

    def package() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            found["prdc"] = compute_prdc(real, generated, 5)
        return float(found["prdc"]["precision"])

    def torch_fidelity() -> float:
        pair = torch.from_numpy(generated), torch.from_numpy(real)
        precision, recall = calculate_precision_recall_full(*pair, neighborhood=5)
        found["torch-fidelity"] = {"precision": precision, "recall": recall}
        return float(precision)

    ways = {"synthset": ours, "prdc": package, "torch-fidelity, no D and C": torch_fidelity}
    bars = {"prdc": 3, "torch-fidelity, no D and C": 1.5}
    rows = table(in_turns(ways, 2), "synthset", "prdc", bars)
    values = "; ".join(
        f"{name}: " + ", ".join(f"{key} {float(value):.4f}" for key, value in figures.items())
        for name, figures in found.items()
    )
    return f"### PRDC, 2 × {count:,}, D={width:,}, k=5\n\n{rows}\n\n{values}."


def one_set(small: bool) -> str:
    """Metrics of the generated set alone."""
    count, classes = (5000, 100) if small else (50_000, 1000)
    logits = np.random.default_rng(0).standard_normal((count, classes), dtype=np.float32) * 3
    tensor = torch.from_numpy(logits)
    scores = {
        "synthset": lambda: inception_score(logits).mean,
        "torch-fidelity": lambda: isc_features_to_metric(tensor)["inception_score_mean"],
    }
    features = draw(*((500, 64) if small else (5000, 768)))
    diversity = {
        "synthset": lambda: vendi_score(features),
        "vendi-score, score_X": partial(_vendi, vendi.score_X, features),
        "vendi-score, score_dual": partial(_vendi, vendi.score_dual, features),
    }
    return (
        f"### Inception score, {count:,} × {classes:,} logits\n\n"
        f"{table(in_turns(scores, 3), 'synthset', 'torch-fidelity', {})}\n\n"
        f"### Vendi score, {len(features):,} images, D={features.shape[1]}\n\n"
        f"{table(in_turns(diversity, 2), 'synthset', 'vendi-score, score_dual', {})}"
    )


def influence(small: bool) -> str:
    """What every single image does to the FID: exact leave-one-out, all at once."""
    count, width = (600, 128) if small else (10_000, WIDTH)
    reference, generated = gaussian(draw(count, width)), draw(count, width, seed=1, shift=0.05)
    whole = frechet_distance(reference, _exact(generated))
    start = time.process_time()
    found = fd_influence(reference, generated)
    taken = time.process_time() - start
    start = time.process_time()
    checked = [0, count // 2, count - 1]
    really = [
        frechet_distance(reference, _exact(np.delete(generated, i, axis=0))) - whole
        for i in checked
    ]
    each = (time.process_time() - start) / len(checked)
    error = max(abs(found[i] - value) for i, value in zip(checked, really, strict=True))
    return (
        f"### Influence of each of {count:,} images on the FID, D={width:,}\n\n"
        f"All of them, exactly: {taken:.1f} cpu-s. Leaving out one image and measuring again takes "
        f"{each:.1f} cpu-s, so all would take {each * count:,.0f}: {each * count / taken:,.0f}×. "
        f"For {len(checked)} images left out in this way, the largest difference is {error:.0e}, "
        f"at a median influence of {np.median(np.abs(found)):.0e}."
    )


def counts(small: bool) -> str:
    """How much of each metric is bias: two sets of one distribution, whose true distance is 0."""
    sizes = [(1300, 50), (1300, 300), (1300, 1300), (5000, 5000)]
    width = 256 if small else WIDTH
    rows = [
        "| real / generated | FD, same | FD, shifted | share of bias | FD on 64 axes, same "
        "| shifted | 1,000 × KID, same | shifted |",
        "|---|---|---|---|---|---|---|---|",
    ]
    far = frechet_distance(
        _exact(draw(20_000, width, seed=10)), _exact(draw(20_000, width, seed=11, shift=0.05))
    )
    for n_real, n_generated in sizes[: 3 if small else None]:
        real = draw(n_real, width)
        sets = [draw(n_generated, width, seed=1, shift=shift) for shift in (0.0, 0.05)]
        same, shifted = (frechet_distance_from_features(real, rows_) for rows_ in sets)
        leading = find_principal_axes(real, 64)
        goal = gaussian(leading.project(real))
        axes = [frechet_distance(goal, gaussian(leading.project(rows_))) for rows_ in sets]
        kids = [1000 * kid_full(real, rows_).value for rows_ in sets]
        rows.append(
            f"| {n_real:,} / {n_generated:,} | {same:.2f} | {shifted:.2f} | "
            f"{(shifted - far) / shifted:.0%} | {axes[0]:.2f} | {axes[1]:.2f} | {kids[0]:.2f} | "
            f"{kids[1]:.2f} |"
        )
    return (
        f"### How many images are enough? D={width:,}\n\n"
        "Same: both sets are from one distribution, and the true distance is 0. Shifted: they are "
        f"from two distributions, {far:.2f} apart at 20,000 images per side.\n\n" + "\n".join(rows)
    )


def rounding(small: bool) -> str:
    """What float32 products cost, which is why small sets are multiplied in float64."""
    width = 128 if small else 1024
    rows = [
        "| images per feature | FD | float32 minus float64 | over the traces |",
        "|---|---|---|---|",
    ]
    for times in (2, 4, 10):
        real = draw(times * width, width)
        generated = draw(times * width, width, seed=1, shift=0.02)
        exact = [_exact(real), _exact(generated)]
        distance = frechet_distance(*exact)
        off = frechet_distance(_rounded(real), _rounded(generated)) - distance
        traces = sum(np.trace(each.cov) for each in exact)
        rows.append(f"| {times} | {distance:.6f} | {off:.0e} | {off / traces:.0e} |")
    return f"### float32 products in the covariance, D={width:,}\n\n" + "\n".join(rows)


def torch_fidelity_fid(real: Cloud, generated: Cloud) -> float:
    statistics = [fid_features_to_statistics(torch.from_numpy(rows)) for rows in (real, generated)]
    for each in statistics:  # the mean follows the features' dtype, the covariance does not
        each["mu"] = each["mu"].astype(np.float64)
    found = fid_statistics_to_metric(*statistics, verbose=False)
    return float(found["frechet_inception_distance"])


def torchmetrics_fid(real: Cloud, generated: Cloud) -> float:
    features = torch.nn.Identity()
    features.num_features = real.shape[1]
    metric = FrechetInceptionDistance(feature=features)
    for rows, is_real in ((real, True), (generated, False)):
        for block in torch.from_numpy(rows).split(2048):
            metric.update(block, real=is_real)
    return float(metric.compute())


def clean_fid(real: Cloud, generated: Cloud) -> float:
    means = [rows.mean(axis=0) for rows in (real, generated)]
    covariances = [np.cov(rows, rowvar=False) for rows in (real, generated)]
    return float(cleanfid.fid.frechet_distance(means[0], covariances[0], means[1], covariances[1]))


def torch_fidelity_kid(real: Cloud, generated: Cloud, size: int) -> float:
    found = kid_features_to_metric(
        torch.from_numpy(generated),
        torch.from_numpy(real),
        kid_subset_size=size,
        verbose=False,
    )
    return float(found["kernel_inception_distance_mean"])


def _torch_fidelity_formula(a: Gaussian, b: Gaussian) -> float:
    statistics = [{"mu": each.mean, "sigma": each.cov} for each in (a, b)]
    found = fid_statistics_to_metric(*statistics, verbose=False)
    return float(found["frechet_inception_distance"])


def _clean_fid_formula(a: Gaussian, b: Gaussian) -> float:
    return float(cleanfid.fid.frechet_distance(a.mean, a.cov, b.mean, b.cov))


def _kid_mean(real: Cloud, generated: Cloud, size: int) -> float:
    return kid(real, generated, subset_size=size).mean


def _kid_full(real: Cloud, generated: Cloud) -> float:
    return kid_full(real, generated).value


def _vendi(score: Callable[[Cloud], float], features: Cloud) -> float:
    return float(score(features))


def _exact(features: Cloud) -> Gaussian:
    return _accumulated(features, exact=True)


def _rounded(features: Cloud) -> Gaussian:
    return _accumulated(features, exact=False)


def _accumulated(features: Cloud, exact: bool) -> Gaussian:
    accumulator = GaussianAccumulator(exact)
    accumulator.add(features)
    return accumulator.gaussian()


PARTS: dict[str, Callable[[bool], str]] = {
    "fid": fid,
    "per_class": per_class,
    "kid": kid_rows,
    "prdc": prdc_rows,
    "one_set": one_set,
    "influence": influence,
    "counts": counts,
    "rounding": rounding,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; default all")
    parser.add_argument("--wall", action="store_true", help="wall-clock time (on an idle machine)")
    parser.add_argument("--small", action="store_true", help="small sizes, nothing is written")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {unknown.pop()!r}; known: {', '.join(PARTS)}")
    turns.unit = "seconds" if asked.wall else "cpu-s"
    by_wall_clock = ", wall clock" if asked.wall else ""
    warnings.simplefilter("ignore")  # the peers' deprecations
    for name in asked.parts or PARTS:
        body = PARTS[name](asked.small)
        print(body, end="\n\n", flush=True)
        if not asked.small:
            write_section(f"Metrics of sets: {name}{by_wall_clock}", f"{body}\n\n{_footnote(name)}")
            print(f"wrote that part of {RESULTS.name}", file=sys.stderr)


def _footnote(name: str) -> str:
    wall = turns.unit == "seconds"
    clock = (
        "Seconds are wall-clock time on an otherwise idle machine"
        if wall
        else "cpu-s is CPU time of the process; the machine had other jobs"
    )
    return (
        f"`python benchmarks/metrics.py {name}{' --wall' if wall else ''}`. {conditions(PACKAGES)} "
        f"{clock}. All alternatives ran in turns in one process. Features are synthetic: "
        "non-negative, correlated, power-law spectrum."
    )


if __name__ == "__main__":
    main()
