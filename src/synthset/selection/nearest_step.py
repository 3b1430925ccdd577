"""The step `nearest_set`: targets out of a reference, a choice in each class, and how near it came.

Test data never chooses: of a reference with images only a part decides, and what was reached is
measured on the rest as well, beside a random draw of the same size and the certified bound, and as
the other encoders of the recipe see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synthset.encoders.feature_reader import FeatureReader, RealImages
from synthset.errors import RecipeError
from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.recipe.steps import NearestSet
from synthset.results.reason import Reason
from synthset.seeds import digest
from synthset.selection.bound import frank_wolfe_bound
from synthset.selection.candidates import Candidates, Outcome
from synthset.selection.kernel import TargetKernel
from synthset.selection.kernel_mean import nearest_kernel_mean
from synthset.selection.nearest import Term, choose
from synthset.selection.other_encoders import (
    ClassName,
    OtherEncoder,
    find_other_encoders,
    fit_gaussian,
    measure_distance,
)
from synthset.selection.shrink import Shrunk, shrink_covariance
from synthset.selection.target import Floats, ProjectedImages, Rows, Sums, Target

SWEEPS = 2  # over the classes, where only the whole has a target


@dataclass(eq=False)
class _Class:
    """The candidates of one class, and what is chosen of them."""

    names: tuple[ClassName, ...]  # one, or all of them where it stands for the whole
    rows: Rows  # of the records
    features: Features
    count: int
    worth: Floats  # (n,) in shares of a variance
    fixed: Rows  # places in `rows` of what a reviewer keeps
    chosen: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # places in `rows`
    real: Features | None = None
    held_out: Features | None = None
    target: Shrunk | None = None
    whole: bool = False

    @property
    def key(self) -> str:
        """Key of the class; empty where it stands for the whole."""
        return "" if self.whole else self.names[0][0]


def apply_nearest_set(
    candidates: Candidates, settings: NearestSet, step: str, reader: FeatureReader
) -> list[Outcome]:
    """Keep, of each class, the images that as a set lie nearest to the real ones.

    Returns:
        How near, for each class or for the whole: distances to the target, to the real images that
        chose and to those held out, each of all candidates, of a random draw and of the chosen set;
        the bound; what real images reach; and the held-out distances by other encoders.

    Raises:
        RecipeError: a target for each class is wanted, and the reference has none.
    """
    features = reader.features(settings.encoder)
    _drop_incomparable(candidates, settings, features, step)
    reference = reader.real(settings.reference, settings.encoder)
    if isinstance(reference, Gaussian) and settings.target != "all":
        raise RecipeError(
            f"selection: {step}",
            f"the reference {settings.reference!r} holds statistics of all classes together",
            "name a reference of kind images, or set `target: all`",
        )
    classes = _classes(candidates, settings, features)
    if not classes:
        return []
    if isinstance(reference, RealImages):
        _share_out(classes, settings, reference)
    whole = _whole_target(classes, settings, reference)
    if settings.target == "all":
        _choose_over_all(classes, settings, whole)
    else:
        for one in classes:
            one.chosen = _choose_in_class(one, settings)
        if settings.target == "both":
            _sweep(classes, settings, whole, with_classes=True)
    others = find_other_encoders(settings, reader) if isinstance(reference, RealImages) else []
    outcomes = [_outcome(one, settings, others) for one in classes if one.target is not None]
    if settings.target != "class":
        outcomes.append(_outcome(_join(classes, whole), settings, others))
    for one in classes:
        reason = Reason(step, "not nearest", settings.encoder, bound=len(one.chosen))
        candidates.drop(np.delete(one.rows, one.chosen), reason)
    return [{"step": step, **outcome} for outcome in outcomes]


def _drop_incomparable(
    candidates: Candidates, settings: NearestSet, features: Features, step: str
) -> None:
    """Drop what cannot be compared."""
    missing = np.flatnonzero(np.isnan(features[:, 0]))
    candidates.drop(missing, Reason(step, "no features", settings.encoder))
    for column in settings.prefer:
        missing = np.flatnonzero(np.isnan(candidates.values(column)))
        candidates.drop(missing, Reason(step, "missing", column))


def _classes(candidates: Candidates, settings: NearestSet, features: Features) -> list[_Class]:
    worth = np.zeros(len(candidates.keep))
    for column, weight in settings.prefer.items():
        worth += weight * np.nan_to_num(candidates.values(column))
    found = []
    keys, names = (candidates.records.column(name) for name in ("class_key", "class_name"))
    for rows in candidates.by_class().values():
        fixed = np.flatnonzero(candidates.fixed[rows])
        count = max(settings.count_of(len(rows)), len(fixed))
        key, name = (str(column[int(rows[0])].as_py()) for column in (keys, names))
        found.append(_Class(((key, name),), rows, features[rows], count, worth[rows], fixed))
    return found


def _share_out(classes: list[_Class], settings: NearestSet, reference: RealImages) -> None:
    """Give each class its real images, and its target."""
    chooses = reference.split(settings.use)
    for one in classes:
        rows = reference.find_rows(*one.names[0])
        one.real = reference.features[rows[chooses[rows]]]
        one.held_out = reference.features[rows[~chooses[rows]]]
        if settings.target != "all" and len(one.rows) > 1:
            guess = gaussian(one.features)
            # Without a real image the candidates stand for themselves.
            one.target = (
                shrink_covariance(one.real, guess) if len(one.real) else Shrunk(guess, 1.0, 1.0)
            )


def _whole_target(
    classes: list[_Class], settings: NearestSet, reference: RealImages | Gaussian
) -> Shrunk | None:
    if settings.target == "class":
        return None
    if isinstance(reference, Gaussian):
        return Shrunk(reference, 0.0, 0.0)
    features = np.concatenate([one.features for one in classes])
    real = np.concatenate([one.real for one in classes if one.real is not None])
    guess = gaussian(features)
    return shrink_covariance(real, guess) if len(real) else Shrunk(guess, 1.0, 1.0)


def _choose_in_class(one: _Class, settings: NearestSet) -> Rows:
    if one.count >= len(one.rows) or one.target is None:
        return np.arange(min(one.count, len(one.rows)))
    seed = _seed(settings, one.key)
    if settings.objective == "mmd" and one.real is not None and len(one.real) > 1:
        return nearest_kernel_mean(
            one.features, one.real, one.count, prefer=one.worth, seed=seed, fixed=one.fixed
        )
    target = Target.of(one.target.gaussian, settings.directions)
    term = Term(TargetKernel.of(target), target.see(one.features))
    return choose([term], one.count, one.worth * target.trace, seed=seed, fixed=one.fixed)


def _choose_over_all(classes: list[_Class], settings: NearestSet, whole: Shrunk | None) -> None:
    for one in classes:
        one.chosen = _random(one, settings)
    for _ in range(SWEEPS):
        _sweep(classes, settings, whole, with_classes=False)


def _sweep(
    classes: list[_Class], settings: NearestSet, whole: Shrunk | None, with_classes: bool
) -> None:
    """Choose anew in each class, so that all together come nearer to the whole's target."""
    assert whole is not None
    target = Target.of(whole.gaussian, settings.directions)
    pairs = TargetKernel.of(target)
    seen: list[ProjectedImages] = [target.see(one.features) for one in classes]
    sums: list[Sums] = [s.sums(one.chosen) for s, one in zip(seen, classes, strict=True)]
    total = sums[0]
    for more in sums[1:]:
        total = total + more
    size = sum(len(one.chosen) for one in classes)
    for i, one in enumerate(classes):
        if len(one.chosen) == len(one.rows):
            continue
        others = total - sums[i]
        terms = [Term(pairs, seen[i], others if others.n else None)]
        worth = one.worth * target.trace * len(one.chosen) / size
        if with_classes and one.target is not None:
            own = Target.of(one.target.gaussian, settings.directions)
            weight = 1 / len(classes)
            terms.append(Term(TargetKernel.of(own), own.see(one.features), None, weight))
            worth = worth + one.worth * own.trace * weight
        one.chosen = choose(
            terms,
            len(one.chosen),
            worth,
            start=one.chosen,
            seed=_seed(settings, one.key),
            fixed=one.fixed,
            tangents=1,
        )
        sums[i] = seen[i].sums(one.chosen)
        total = others + sums[i]


def _join(classes: list[_Class], whole: Shrunk | None) -> _Class:
    """All classes as one, for what was reached."""
    starts = np.cumsum([0, *(len(one.rows) for one in classes)])
    chosen = [one.chosen + start for one, start in zip(classes, starts[:-1], strict=True)]
    parts = [(one.real, one.held_out) for one in classes if one.real is not None]
    return _Class(
        tuple(name for one in classes for name in one.names),
        np.concatenate([one.rows for one in classes]),
        np.concatenate([one.features for one in classes]),
        sum(len(rows) for rows in chosen),
        np.concatenate([one.worth for one in classes]),
        np.concatenate(
            [one.fixed + start for one, start in zip(classes, starts[:-1], strict=True)]
        ),
        np.concatenate(chosen),
        np.concatenate([real for real, _ in parts]) if parts else None,
        np.concatenate([held for _, held in parts if held is not None]) if parts else None,
        whole,
        whole=True,
    )


def _outcome(one: _Class, settings: NearestSet, others: list[OtherEncoder]) -> Outcome:
    assert one.target is not None
    goal = one.target.gaussian
    sets = {
        "all": np.arange(len(one.rows)),
        "random": _random(one, settings),
        "nearest": one.chosen,
    }
    measured = {
        "target": goal,
        "chosen_by": fit_gaussian(one.real),
        "held_out": fit_gaussian(one.held_out),
    }
    return {
        "class_key": one.key or None,
        "encoder": settings.encoder,
        "reference": settings.reference,
        "objective": settings.objective,
        "candidates": len(one.rows),
        "chosen": len(one.chosen),
        "real_chosen_by": None if one.real is None else len(one.real),
        "real_held_out": None if one.held_out is None else len(one.held_out),
        "guessed_mean": one.target.of_mean,
        "guessed_cov": one.target.of_cov,
        **{
            part: {name: measure_distance(at, one.features[rows]) for name, at in measured.items()}
            for part, rows in sets.items()
        },
        "real": _real(one, settings, measured["held_out"]),
        "by_other": {
            other.name: other.measure_held_out(
                one.names, {part: one.rows[r] for part, r in sets.items()}
            )
            for other in others
        },
        "bound": frank_wolfe_bound(
            one.features, goal, len(one.chosen), start=one.chosen, directions=settings.directions
        ),
    }


def _real(one: _Class, settings: NearestSet, held_out: Gaussian | None) -> dict[str, Any]:
    """How far real images lie from those held out: as many as were chosen, of those that chose."""
    if one.real is None:
        return {"held_out": None, "n": 0}
    rng = np.random.default_rng(_seed(settings, one.key))
    some = one.real[rng.permutation(len(one.real))[: len(one.chosen)]]
    return {"held_out": measure_distance(held_out, some), "n": len(some)}


def _random(one: _Class, settings: NearestSet) -> Rows:
    rng = np.random.default_rng(_seed(settings, one.key))
    drawn = rng.permutation(len(one.rows))
    first = np.concatenate([one.fixed, drawn[~np.isin(drawn, one.fixed)]])
    return np.sort(first[: one.count])


def _seed(settings: NearestSet, key: str) -> int:
    return int(digest([settings.seed, key], size=8), 16)
