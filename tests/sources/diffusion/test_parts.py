from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion import models

BROKEN = {
    "an empty tokenizer": ("tokenizer/*", "tokenizer contains no vocabulary (tokenizer.json, "),
    "no weights of the UNet": ("unet/*.safetensors", "unet contains no weights"),
    "no configuration of the autoencoder": ("vae/config.json", "vae/config.json is missing"),
    "no text encoder": ("text_encoder/*", "text_encoder/config.json is missing"),
    "no scheduler": ("scheduler/*", "scheduler/scheduler_config.json is missing"),
}


def problems(folder: Path, **changes: object) -> list[str]:
    content = {"kind": "txt2img", "model": str(folder)} | changes
    return [str(problem) for problem in models.check(Settings.model_validate(content))]


@pytest.fixture
def copy(family: Callable[[str], Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(family("sd"), tmp_path / "model"))


@pytest.mark.parametrize("what", BROKEN)
def test_a_part_that_is_missing_is_named_before_anything_is_loaded(what: str, copy: Path) -> None:
    pattern, message = BROKEN[what]
    for file in copy.glob(pattern):
        file.unlink()
    (problem,) = problems(copy)
    assert problem.startswith(f"source.model: {copy}/{message}")


@pytest.mark.parametrize(
    "file", ["tokenizer/tokenizer.json", "unet/diffusion_pytorch_model.safetensors"]
)
def test_a_part_that_is_damaged_is_named(file: str, copy: Path) -> None:
    (copy / file).write_bytes(b"{")
    (problem,) = problems(copy)
    assert problem.startswith(f"source.model: {copy}/{file} is no")


def test_a_variant_that_is_not_there_or_not_asked_for_is_named(copy: Path) -> None:
    assert problems(copy, variant="fp16")[0].startswith(
        "source.variant: the model has no weights of variant"
    )
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert problems(copy) == [
        "source.variant: missing, but some weights exist only as a variant; write variant: fp16"
    ]
    assert problems(copy, variant="fp16") == []
