"""Reads images with an encoder; what was read is kept, since arms share images."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthset.encoders.encoder import Encoded
from synthset.encoders.models import check
from synthset.errors import DatasetError, RecipeError
from synthset.experiment.trials import Job
from synthset.kinds import carry_out
from synthset.machine import fix_torch_threads
from synthset.recipe.encoders import Encoder
from synthset.seeds import digest
from synthset.stage import Rows, Stage, list_column
from synthset.store.files import write_aside
from synthset.training.labelled import LabelledImages


def check_encoder(where: str, settings: Encoder) -> None:
    """Look for what can be known to fail before anything is trained.

    Raises:
        RecipeError: the model isn't there.
    """
    problems = check(where, settings)
    if problems:
        raise RecipeError.of(problems)


def encode(settings: Encoder, images: LabelledImages, job: Job) -> Encoded:
    """Read features and logits of images, set by set.

    Args:
        settings: the encoder.
        images: N of them.
        job: of the experiment in whose folder features are kept, a file for each encoder and set of
            images.

    Returns:
        (N, D) features and (N, K) logits, K = 0 where the encoder doesn't classify.

    Raises:
        DatasetError: an image can't be read.
        ModelError: the encoder can't be had.
    """
    folder, threads = job.folder.parent.parent / "suites", job.experiment.training.threads
    groups = [np.flatnonzero(images.origins == code) for code in np.unique(images.origins)]
    found = [_encode_once(settings, images.take(rows), folder, threads) for rows in groups]
    order = np.argsort(np.concatenate(groups), kind="stable")
    return Encoded(
        np.concatenate([one.features for one in found])[order],
        np.concatenate([one.logits for one in found])[order],
    )


def _encode_once(settings: Encoder, images: LabelledImages, folder: Path, threads: int) -> Encoded:
    name = digest([settings.full_identity(), list(images.keys)], 12)
    path = folder / f"features-{settings.kind}-{name}.npz"
    if not path.exists():
        found = _read(settings, images, threads)
        with write_aside(path) as aside, aside.open("wb") as file:
            np.savez(file, features=found.features, logits=found.logits)
    with np.load(path, allow_pickle=False) as arrays:
        return Encoded(arrays["features"], arrays["logits"])


def _read(settings: Encoder, images: LabelledImages, threads: int) -> Encoded:
    with fix_torch_threads(threads):
        stage = _load_encoder(settings)  # frozen settings are hashed by their values
        size = 2 * settings.batch_size
        tables = [
            stage(Rows(_rows(images, start, min(start + size, len(images)))))
            for start in range(0, len(images), size)
        ]
    table = pa.concat_tables(tables)
    faults = [fault for fault in table.column("error").to_pylist() if fault]
    if faults:
        raise DatasetError(f"{len(faults)} images can't be read ({faults[0]}); remove them")
    features = list_column(table, "features")
    logits = (
        list_column(table, "logits")
        if "logits" in table.column_names
        else np.empty((len(features), 0), np.float32)
    )
    return Encoded(features, logits)


def _rows(images: LabelledImages, start: int, stop: int) -> pa.Table:
    keys = list(images.keys[start:stop])
    pictures = [{"bytes": images.read(i), "path": None} for i in range(start, stop)]
    return pa.table(
        {
            "id": keys,
            "image": pa.array(pictures, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "error": pa.nulls(len(keys), pa.string()),
        }
    )


@lru_cache(maxsize=2)
def _load_encoder(settings: Encoder) -> Stage:
    """Load an encoder once a process."""
    stage: Stage = carry_out(settings, settings)
    stage.open()
    return stage
