"""Whether a model's folder holds all parts that its `model_index.json` names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthset.errors import Problem, RecipeError
from synthset.recipe.sources import Diffusion
from synthset.sources.diffusion.adapters import read_shapes

LIBRARIES = ("diffusers", "transformers", "stable_diffusion")
VOCABULARY = "tokenizer.json, a .model file, vocab.txt, or vocab.json with merges.txt"
WEIGHTS = re.compile(r"^[^.]+?(\.(?P<variant>\w+))?(-\d+-of-\d+)?\.safetensors$")
AGAIN = "copy the whole folder, or save the pipeline again with save_pretrained"


def check_parts(settings: Diffusion, place: Path, index: Mapping[str, Any]) -> list[Problem]:
    """Find parts of a local model that are missing, empty or damaged.

    Args:
        settings: the source.
        place: the model's folder.
        index: content of its `model_index.json`.
    """
    problems: list[Problem] = []
    variants: list[set[str | None]] = []
    for name, value in sorted(index.items()):
        if not isinstance(value, list) or len(value) != 2 or value[0] not in LIBRARIES:
            continue
        if name == "safety_checker" and not settings.safety_checker:
            continue
        folder, kind = place / name, str(value[1])
        if "Tokenizer" in kind:
            problems += _find_lacking(_tokenizer(folder))
        elif kind.endswith("Scheduler"):
            problems += _find_lacking(_json(folder / "scheduler_config.json"))
        elif "Processor" not in kind and "FeatureExtractor" not in kind:
            lacking = _json(folder / "config.json") or _weights(folder)
            problems += _find_lacking(lacking)
            if lacking is None:
                variants.append(_variants(folder))
    return problems or _variant_problems(settings, variants)


def _find_lacking(found: str | None) -> list[Problem]:
    return [] if found is None else [Problem("source.model", found, AGAIN)]


def _json(file: Path) -> str | None:
    if not file.is_file():
        return f"{file} is missing"
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{file} is not readable JSON"
    return None


def _tokenizer(folder: Path) -> str | None:
    if (folder / "tokenizer.json").is_file():
        return _json(folder / "tokenizer.json")
    pair = (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file()
    if pair or (folder / "vocab.txt").is_file() or any(folder.glob("*.model")):
        return None
    return f"{folder} contains no vocabulary ({VOCABULARY})"


def _weights(folder: Path) -> str | None:
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return f"{folder} contains no weights (a .safetensors file)"
    for file in files:
        try:
            read_shapes(file, "")
        except RecipeError:
            return f"{file} is not a readable safetensors file"
    return None


def _variants(folder: Path) -> set[str | None]:
    names = (WEIGHTS.match(file.name) for file in folder.glob("*.safetensors"))
    return {name["variant"] for name in names if name}


def _variant_problems(settings: Diffusion, variants: list[set[str | None]]) -> list[Problem]:
    there = {name for each in variants for name in each if name is not None}
    known = ", ".join(sorted(there))
    if settings.variant is not None and settings.variant not in there:
        right = (
            f"the model has {known}; name one of these or leave it out" if there else "leave it out"
        )
        return [
            Problem(
                "source.variant", f"the model has no weights of variant {settings.variant!r}", right
            )
        ]
    right = f"write variant: {known}"
    if settings.variant is None and any(each and None not in each for each in variants):
        return [
            Problem("source.variant", "missing, but some weights exist only as a variant", right)
        ]
    return []
