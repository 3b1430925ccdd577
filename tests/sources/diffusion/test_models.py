from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from diffusers import DiffusionPipeline

from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion import models

Made = Callable[..., Settings]
PROMPTS = ["a cat", "a very large dog on a mat", ""]


def problems(settings: Settings) -> list[str]:
    return [str(problem) for problem in models.check(settings)]


def hub(name: str, **changes: object) -> Settings:
    return Settings.model_validate({"kind": "txt2img", "model": name} | changes)


def test_the_tiny_models_are_fine(settings: Made) -> None:
    for family in ("sd", "lcm", "sdxl", "sd3", "flux", "pixart"):
        assert problems(settings(family)) == []


def test_a_hub_id_is_believed_and_nonsense_is_not() -> None:
    assert problems(hub("stabilityai/sd-turbo")) == []
    (problem,) = problems(hub("sd turbo!"))
    assert problem.startswith("source.model: 'sd turbo!' is neither a local folder nor a hub id")
    assert "no folder a/b/c" in problems(hub("a/b/c"))[0]


def test_a_missing_folder_suggests_its_neighbour(family: Callable[[str], Path]) -> None:
    folder = family("sd")
    (problem,) = problems(hub(str(folder.parent / "sdd")))
    assert (
        problem
        == f"source.model: there is no folder {folder.parent / 'sdd'}; did you mean {folder}?"
    )


def test_a_relative_folder_beside_models_is_no_hub_id(
    family: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = family("sd")
    monkeypatch.chdir(folder.parent.parent)
    (problem,) = problems(hub(f"{folder.parent.name}/sdd"))
    assert f"did you mean {folder.parent.name}/sd?" in problem


def test_a_folder_that_holds_no_pipeline_says_what_to_do(tmp_path: Path) -> None:
    assert "has no model_index.json; name a folder" in problems(hub(str(tmp_path)))[0]
    (tmp_path / "v1-5.safetensors").write_bytes(b"")
    assert "single-file weights" in problems(hub(str(tmp_path)))[0]
    assert "is a file" in problems(hub(str(tmp_path / "v1-5.safetensors")))[0]
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "model_index.json").write_text("{")
    assert f"did you mean {tmp_path / 'inner'}?" in problems(hub(str(tmp_path)))[0]
    assert "not readable JSON" in problems(hub(str(tmp_path / "inner")))[0]


def test_a_model_without_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "DDPMPipeline", "unet": []}')
    (problem,) = problems(hub(str(tmp_path)))
    assert problem.startswith("source.model: it is a DDPMPipeline, which has no text encoder")


def test_a_size_that_does_not_fit_names_the_next(settings: Made) -> None:
    assert problems(settings("pixart", size_px=40)) == [
        "source.size_px: found 40; this model needs a multiple of 16, such as 32 or 48"
    ]
    assert problems(settings("pixart", size_px=48)) == []


def test_a_scheduler_that_does_not_fit_is_found_before_loading(settings: Made) -> None:
    (problem,) = problems(settings("sd3", scheduler="DDIM"))
    assert problem.startswith("source.scheduler: 'DDIM' cannot replace the model's FlowMatchEuler")
    assert problems(settings("sd", scheduler="LCM")) == []
    (problem,) = problems(settings("lcm", scheduler="DDIM"))
    assert problem.endswith("these fit: LCM; or leave it out")


def test_token_and_revision_settings_must_mean_something(settings: Made) -> None:
    assert "reads a fixed number of tokens" in problems(settings("sd", max_tokens=200))[0]
    assert problems(settings("flux", max_tokens=200)) == []
    assert problems(settings("sd", revision="main"))[0].startswith(
        "source.revision: 'main' is given"
    )


@pytest.mark.parametrize("name", ["sd", "lcm", "sdxl", "sd3", "flux", "pixart"])
def test_the_native_size_is_what_the_pipeline_would_make(name: str, settings: Made) -> None:
    pipeline = DiffusionPipeline.from_pretrained(settings(name).model)
    latent = getattr(pipeline, "default_sample_size", None) or (
        getattr(pipeline, "unet", None) or pipeline.transformer
    ).config.get("sample_size")
    size = latent * pipeline.vae_scale_factor
    assert models.read_native_size(settings(name)) == (size, size)


def test_a_size_in_two_numbers_is_height_first(
    family: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(family("sd"), tmp_path / "wide"))
    config = json.loads((folder / "unet" / "config.json").read_text())
    (folder / "unet" / "config.json").write_text(json.dumps(config | {"sample_size": [16, 24]}))
    assert models.read_native_size(hub(str(folder))) == (48, 32)


def test_what_only_a_download_would_tell_is_none() -> None:
    unknown = hub("nobody/never-downloaded")
    assert models.read_native_size(unknown) is None
    assert models.count_tokens(unknown) is None
    assert models.find_folder(unknown) is None


@pytest.mark.parametrize(
    ("name", "limit", "counted_by"),
    [
        ("sd", 16, "tokenizer"),
        ("sdxl", 16, "tokenizer"),
        ("sd3", 256, "tokenizer_3"),
        ("flux", 512, "tokenizer_2"),
        ("pixart", 300, "tokenizer"),
    ],
)
def test_tokens_are_counted_as_the_most_patient_encoder_does(
    name: str, limit: int, counted_by: str, settings: Made
) -> None:
    counter, found = models.count_tokens(settings(name)) or (None, None)
    tokenizer = getattr(DiffusionPipeline.from_pretrained(settings(name).model), counted_by)
    assert found == limit
    assert counter is not None
    assert counter(PROMPTS) == [len(tokenizer(prompt)["input_ids"]) for prompt in PROMPTS]


def test_a_longer_limit_is_taken_from_the_recipe(settings: Made) -> None:
    assert (models.count_tokens(settings("flux", max_tokens=200)) or (None, None))[1] == 200


def test_a_vocabulary_without_tokenizer_json_is_read_as_well(
    family: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(family("sd"), tmp_path / "old"))
    vocabulary = json.loads((folder / "tokenizer" / "tokenizer.json").read_text())["model"]["vocab"]
    (folder / "tokenizer" / "tokenizer.json").unlink()
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    new, _ = models.count_tokens(hub(str(family("sd")))) or (None, None)
    old, limit = models.count_tokens(hub(str(folder))) or (None, None)
    assert old is not None
    assert new is not None
    assert (old(PROMPTS), limit) == (new(PROMPTS), 16)


def test_disk_estimates_follow_size_and_format() -> None:
    photo = hub("owner/model", size_px=512)
    assert 90_000 < models.estimate(photo) < 150_000
    sizes = [
        models.estimate(hub("owner/model", size_px=512, encoding={"format": name, "quality": 100}))
        for name in ("jpeg", "webp", "png")
    ]
    assert sizes == sorted(sizes)
    assert models.estimate(hub("owner/model")) > 4 * models.estimate(photo) - 10_000


def test_checking_imports_no_torch() -> None:
    code = "import sys, synthset.sources.diffusion.models; print('torch' in sys.modules)"
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=paths, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
