"""Stored mean and covariance of a reference set: where the file lies, and which encoder made it."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open

from synthset.encoders.models import hash_weights
from synthset.errors import DatasetError, Problem, did_you_mean
from synthset.metrics.sets.gaussian import Gaussian
from synthset.models.miniatures import Split, find_reference_statistics
from synthset.recipe.encoders import Encoder, InceptionEncoder
from synthset.recipe.references import Statistics

SHIPPED: dict[str, Split] = {"cifar10-train": "train", "cifar10-test": "test"}


def find_statistics_file(settings: Statistics, encoder: Encoder) -> Path:
    """Find a statistics file: one of ours by its name and the encoder, or a path."""
    if settings.file in SHIPPED and encoder.miniature is not None:
        return find_reference_statistics(encoder.miniature, SHIPPED[settings.file])
    return Path(settings.file).expanduser()


def check_statistics(where: str, settings: Statistics, encoder: Encoder) -> list[Problem]:
    """Find out before a run whether stored statistics exist and fit the encoder."""
    path = find_statistics_file(settings, encoder)
    if not path.is_file():
        found = f"there are no statistics {settings.file!r} for an encoder of kind {encoder.kind}"
        right = (
            "name a .safetensors file, or one that comes with synthset; "
            f"{did_you_mean(settings.file, SHIPPED)}"
        )
        return [Problem(where, found, right)]
    with safe_open(str(path), framework="np") as file:
        facts = file.metadata() or {}
    made_by = facts.get("encoder_sha256")
    if isinstance(encoder, InceptionEncoder) and facts.get("resize") != encoder.resize:
        found = f"{path.name} was made with resize {facts.get('resize')!r}, not {encoder.resize!r}"
        return [Problem(where, found, "set the encoder's resize to the same value")]
    mine = hash_weights(encoder)
    if made_by != mine:
        found = (
            f"{path.name} was made with other weights ({(made_by or 'unnamed')[:12]}) than this "
            f"encoder has ({mine[:12]})"
        )
        return [
            Problem(where, found, "use the encoder that made it, or a reference of kind images")
        ]
    return []


def read_statistics(settings: Statistics, encoder: Encoder) -> tuple[Gaussian, str]:
    """Read stored statistics, and what they were made of.

    Raises:
        DatasetError: they don't belong to this encoder.
    """
    problems = check_statistics("reference", settings, encoder)
    if problems:
        raise DatasetError(str(problems[0]))
    with safe_open(str(find_statistics_file(settings, encoder)), framework="np") as file:
        facts = file.metadata()
        found = Gaussian(file.get_tensor("mean"), file.get_tensor("cov"), int(facts["n"]))
    return found, facts["source"]
