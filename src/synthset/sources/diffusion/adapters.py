"""What is known about LoRA files and learned words before a model is loaded: mistakes and shapes.

Reads the headers of safetensors files only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open

from synthset.errors import Problem, RecipeError
from synthset.recipe.sources import Diffusion, Lora, TextualInversion

#: What `save_lora_weights` and the training scripts of diffusers call their files.
USUAL_NAMES = ("pytorch_lora_weights.safetensors", "learned_embeds.safetensors")
DOWN, UP = (".lora_A.weight", ".lora.down.weight"), (".lora_B.weight", ".lora.up.weight")
PARTS = ("unet", "transformer")
#: Keys of a word's embedding for several text encoders: the part of the pipeline, for each.
ENCODERS = {"clip_l": "text_encoder", "clip_g": "text_encoder_2"}

T = TypeVar("T")
Shapes = dict[str, tuple[int, ...]]


def check(settings: Diffusion, model: Path | None) -> list[Problem]:
    """Find what would stop adapters and words from loading, as far as this disk can tell.

    Args:
        settings: the source.
        model: its model's folder; None where that isn't on this disk.

    Returns:
        Problems with places such as `source.lora[0].path`.
    """
    problems: list[Problem] = []
    for i, lora in enumerate(settings.lora):
        problems += _find_problems(_lora, f"source.lora[{i}]", lora, model)
    for i, word in enumerate(settings.textual_inversion):
        where = f"source.textual_inversion[{i}]"
        problems += _find_problems(_word, where, word, model)
        if word.token in [other.token for other in settings.textual_inversion[:i]]:
            right = "give each word its own token"
            problems.append(Problem(f"{where}.token", f"{word.token!r} appears twice", right))
    return problems


def find_weight_file(path: str, where: str) -> Path:
    """Find the safetensors file that a path means.

    Raises:
        RecipeError: there is none, there are several, or it is of another kind.
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise RecipeError(
            f"{where}.path", f"there is nothing at {path}", "name a .safetensors file"
        )
    if place.is_file() and place.suffix == ".safetensors":
        return place
    if place.is_file():
        found = f"{path} is not a .safetensors file, and other formats could run code"
        raise RecipeError(f"{where}.path", found, "save it again in the safetensors format")
    files = sorted(place.glob("*.safetensors"))
    usual = [file for file in files if file.name in USUAL_NAMES]
    if len(usual) == 1 or len(files) == 1:
        return usual[0] if usual else files[0]
    names = ", ".join(file.name for file in files[:5])
    found = f"{path} contains {names}" if files else f"{path} contains no .safetensors file"
    raise RecipeError(f"{where}.path", found, "name the file")


def read_shapes(file: Path, where: str) -> Shapes:
    """Read the names and shapes of a safetensors file.

    Raises:
        RecipeError: it is damaged, or none.
    """
    try:
        with safe_open(file, framework="numpy") as opened:
            return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as fault:
        found = f"{file} is not a readable safetensors file ({fault})"
        raise RecipeError(f"{where}.path", found, "download or save it again") from None


def count_vectors(word: TextualInversion) -> int:
    """Count the vectors of a word: the tokens that a prompt spends on it; 1 where nobody knows."""
    try:
        shapes = read_shapes(find_weight_file(word.path, ""), "")
    except RecipeError:
        return 1
    return max((shape[0] for shape in shapes.values() if len(shape) == 2), default=1)


def count_parameters(model: Path) -> int:
    """Count the numbers in a model's UNet or transformer; 0 where its weights aren't there."""
    return sum(prod(shape) for part in PARTS for shape in _weights(model / part).values())


def name_unused(settings: Diffusion, prompts: Sequence[str]) -> list[str]:
    """Name the learned words that none of some prompts holds."""
    tokens = [word.token for word in settings.textual_inversion]
    return [token for token in tokens if not any(token in prompt for prompt in prompts)]


def _find_problems(
    look: Callable[[str, T, Path | None], list[Problem]], where: str, adapter: T, model: Path | None
) -> list[Problem]:
    try:
        return look(where, adapter, model)
    except RecipeError as error:
        return list(error.problems)


def _lora(where: str, lora: Lora, model: Path | None) -> list[Problem]:
    file = find_weight_file(lora.path, where)
    shapes = read_shapes(file, where)
    if not any("lora" in name for name in shapes):
        found = f"{file} contains no LoRA, only tensors such as {next(iter(shapes), 'none')!r}"
        return [Problem(f"{where}.path", found, "name a file written by save_lora_weights")]
    if find_spec("peft") is None:
        return [Problem(where, "the package peft is not installed", "pip install 'synthset[lora]'")]
    misfit = None if model is None else _explain_misfit(shapes, model)
    if misfit is None:
        return []
    return [Problem(f"{where}.path", misfit, "name one that was trained on this model's family")]


def _explain_misfit(shapes: Shapes, model: Path) -> str | None:
    """Compare a LoRA in diffusers' own names with the denoiser; other names are left to the
    loader."""
    for part in PARTS:
        weights = _weights(model / part)
        for name, shape in shapes.items() if weights else ():
            if not name.startswith(f"{part}."):
                continue
            module, end = _split(name.removeprefix(f"{part}."))
            if end is None:
                continue
            there = weights.get(f"{module}.weight")
            if there is None:
                return f"it changes {module}, which the model's {part} doesn't have"
            side, own = (1, shape[1]) if end in DOWN else (0, shape[0])
            if there[side] != own:
                return f"it has width {own} at {module}, but the model has {there[side]}"
    return None


def _split(name: str) -> tuple[str, str | None]:
    end = next((end for end in (*DOWN, *UP) if name.endswith(end)), None)
    return name.removesuffix(end or ""), end


def _weights(folder: Path) -> Shapes:
    found: Shapes = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            found |= read_shapes(file, "")
        except RecipeError:
            return {}  # loading says what is wrong with the model
    return found


def _word(where: str, word: TextualInversion, model: Path | None) -> list[Problem]:
    file = find_weight_file(word.path, where)
    shapes = read_shapes(file, where)
    if len(shapes) > 1 and not set(shapes) <= set(ENCODERS):
        found = (
            f"{file} contains {len(shapes)} tensors, but the embedding of a word is a single one"
        )
        return [Problem(f"{where}.path", found, "name a file that contains one word")]
    problems: list[Problem] = []
    if model is None:
        return []
    for name, shape in shapes.items():
        width = _width(model / ENCODERS.get(name, "text_encoder"))
        if width is not None and shape[-1] != width:
            found = (
                f"its vectors have {shape[-1]} numbers, but the model's text encoder takes {width}"
            )
            right = "name a word learned with a model of this family"
            problems.append(Problem(f"{where}.path", found, right))
    if word.token in _vocabulary(model / "tokenizer"):
        found = f"the model knows {word.token!r} already"
        problems.append(
            Problem(f"{where}.token", found, f"choose another token, such as '<{word.token}>'")
        )
    return problems


def _width(encoder: Path) -> int | None:
    """Numbers in a token's embedding."""
    config = _read(encoder / "config.json")
    width = config.get("hidden_size") or config.get("d_model")
    return int(width) if width else None


def _vocabulary(tokenizer: Path) -> frozenset[str]:
    whole = _read(tokenizer / "tokenizer.json")
    words = whole.get("model", {}).get("vocab") or _read(tokenizer / "vocab.json")
    added = {str(one.get("content")) for one in whole.get("added_tokens", ())}
    return frozenset(words if isinstance(words, dict) else ()) | added


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
