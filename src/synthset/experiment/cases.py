"""Picks test images that an arm gets right or wrong, and shows why."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synthset.experiment.images import ClassNames
from synthset.experiment.trials import Job, read_trial
from synthset.images import decode
from synthset.pages.experiment.parts import ExplainedImage, Neighbour, Steps
from synthset.recipe.experiment import Experiment
from synthset.results.trial import Trial
from synthset.seeds import fingerprint
from synthset.store.files import replace_file
from synthset.training.labelled import LabelledImages

VERSION = 1
NEAREST = 4  # training images beside each case
SIDE_PX = 96  # of a picture in the page, at most
LIKELIEST = 3  # classes whose probability is shown
HEAT = 0.55  # weight of the heat over the image
STEPPED_PX = 160  # of a picture in the page of preprocessing

Pixels = NDArray[np.uint8]


def explain_answers(
    experiment: Experiment, jobs: Sequence[Job], classes: Sequence[ClassNames]
) -> list[ExplainedImage]:
    """Explain the most confident right and wrong answers of each arm, of its first seed, for the
    focus classes. What was explained is kept beside the trial.
    """
    if not experiment.explain:
        return []
    first = [job for job in jobs if job.seed == experiment.seeds[0]]
    focus = _choose_focus(experiment, first[0], classes)
    return [case for job in first for case in _read_cases(experiment, job, classes, focus)]


def _choose_focus(experiment: Experiment, job: Job, classes: Sequence[ClassNames]) -> list[int]:
    """Labels of the focus classes; without any the class that the first arm knows least."""
    named = [k for k, names in enumerate(classes) if set(names) & set(experiment.focused)]
    if named:
        return named
    trial = read_trial(job.folder)
    right = trial.probabilities.argmax(axis=1) == trial.labels
    recalls = [right[trial.labels == k].mean() for k in range(len(classes))]
    return [int(np.argmin(recalls))]


def _read_cases(
    experiment: Experiment, job: Job, classes: Sequence[ClassNames], focus: Sequence[int]
) -> list[ExplainedImage]:
    asked = fingerprint([VERSION, experiment.explain, list(focus)])
    path = job.folder / f"cases-{asked}.json"
    if not path.exists():
        found = _explain(experiment, job, classes, focus)
        replace_file(path, json.dumps([_encode_value(asdict(case)) for case in found]).encode())
    return [_case(one) for one in json.loads(path.read_text(encoding="utf-8"))]


def _explain(
    experiment: Experiment, job: Job, classes: Sequence[ClassNames], focus: Sequence[int]
) -> list[ExplainedImage]:
    import torch

    from synthset.training.explain import find_nearest, grad_cam
    from synthset.training.predict import extract_features, load_classifier, to_batch
    from synthset.training.preprocess import Draw, preprocess

    trial = read_trial(job.folder)
    rows = [row for label in focus for row in _find_confident(trial, label, experiment.explain)]
    if not rows:
        return []
    model, settings = load_classifier(job.folder), experiment.preprocessing
    tests, train = job.test.take(rows), job.train.images
    pixels = np.stack(
        [
            preprocess(decode(tests.read(i)), settings, Draw.testing(tests.keys[i]))
            for i in range(len(rows))
        ]
    )
    said = trial.probabilities[rows].argmax(axis=1)
    heat = grad_cam(model, to_batch(pixels, torch.device("cpu")), torch.from_numpy(said))
    near = find_nearest(
        extract_features(model, tests, settings),
        extract_features(model, train, settings),
        min(NEAREST, len(train)),
    )
    names = [one[0] for one in classes]
    return [
        ExplainedImage(
            arm=job.arm.name,
            image=_png(pixels[i]),
            label=names[trial.labels[row]],
            predicted=names[said[i]],
            probabilities=_name_likeliest(trial.probabilities[row], names),
            overlay=None if heat is None else _png(_overlay_heat(pixels[i], heat[i])),
            nearest=_show_neighbours(train, near[0][i], near[1][i], names),
            seed=job.seed,
        )
        for i, row in enumerate(rows)
    ]


def _find_confident(trial: Trial, label: int, count: int) -> list[int]:
    """Test images of a class: the most confident wrong ones, then the most confident right ones."""
    rows = np.flatnonzero(trial.labels == label)
    said = trial.probabilities[rows].argmax(axis=1)
    order = np.argsort(-trial.probabilities[rows].max(axis=1), kind="stable")
    wrong = [int(rows[i]) for i in order if said[i] != label][: (count + 1) // 2]
    right = [int(rows[i]) for i in order if said[i] == label][: count - len(wrong)]
    return [*wrong, *right]


def _name_likeliest(probabilities: NDArray[np.float32], names: Sequence[str]) -> tuple[Any, ...]:
    top = np.argsort(-probabilities, kind="stable")[:LIKELIEST]
    return tuple((names[k], float(probabilities[k])) for k in top)


def _show_neighbours(
    train: LabelledImages,
    rows: NDArray[np.int64],
    distances: NDArray[np.float32],
    names: Sequence[str],
) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            image=_png(decode(train.read(int(row)))),
            origin=train.names[train.origins[row]],
            label=names[train.labels[row]],
            distance=float(distance),
        )
        for row, distance in zip(rows, distances, strict=True)
    )


def _overlay_heat(image: Pixels, heat: NDArray[np.float32]) -> Pixels:
    """Lay heat over a grey image: from nothing to red, yellow where it is hottest."""
    grey = np.asarray(Image.fromarray(image).convert("L").convert("RGB"), np.float32)
    colour = np.stack([np.full_like(heat, 255), 255 * heat**2, np.zeros_like(heat)], axis=-1)
    weight = HEAT * heat[..., None]  # (S, S, 1)
    return np.rint((1 - weight) * grey + weight * colour).astype(np.uint8)


def _png(pixels: Pixels, side_px: int = SIDE_PX) -> bytes:
    image = Image.fromarray(pixels)
    if max(image.size) > side_px:
        image.thumbnail((side_px, side_px))
    written = io.BytesIO()
    image.save(written, "png")
    return written.getvalue()


def _encode_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"png": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: _encode_value(inner) for name, inner in value.items()}
    return [_encode_value(inner) for inner in value] if isinstance(value, list | tuple) else value


def _decode_value(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"png"}:
        return base64.b64decode(value["png"])
    if isinstance(value, dict):
        return {name: _decode_value(inner) for name, inner in value.items()}
    return tuple(map(_decode_value, value)) if isinstance(value, list) else value


def _case(content: dict[str, Any]) -> ExplainedImage:
    found = _decode_value(content)
    return ExplainedImage(
        **{**found, "nearest": tuple(Neighbour(**one) for one in found["nearest"])}
    )


def show_preprocessing(experiment: Experiment, jobs: Sequence[Job]) -> list[Steps]:
    """Show what a training image of every set goes through, the real ones first."""
    from synthset.training.preprocess import Draw, apply_steps

    found: dict[str, Steps] = {}
    for job in jobs:
        images = job.train.images
        for code, name in enumerate(images.names):
            rows = np.flatnonzero(images.origins == code)
            if name in found or not len(rows):
                continue
            row = int(rows[0])
            draw = Draw.train(images.keys[row], job.seed, 0)
            taken = apply_steps(decode(images.read(row)), experiment.preprocessing, draw)
            shown = tuple((step, _png(after, STEPPED_PX)) for step, after in taken)
            found[name] = Steps(name, shown)
    return sorted(found.values(), key=lambda one: one.set != "real")
