from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import diffusers
import pyarrow as pa
import pytest

from synthset.engine.catalog import make_source
from synthset.images import decode
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion import samplers
from synthset.sources.diffusion.pipelines import load
from synthset.sources.diffusion.txt2img import Txt2ImgStage
from synthset.stage import Rows

BARE = {"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "linear"}


def recipe(**source: Any) -> Recipe:
    content = {"name": "x", "classes": ["cat"], "images_per_class": 1}
    return load_recipe(content | {"source": {"kind": "txt2img"} | source})


@pytest.mark.parametrize("name", samplers.NAMES)
def test_the_defaults_that_are_known_are_those_of_diffusers(name: str) -> None:
    takes = inspect.signature(getattr(diffusers, samplers.name_class(name)).__init__).parameters
    betas = samplers.OTHER_BETAS.get(samplers.name_class(name), samplers.BETAS)
    assert {field: takes[field].default for field in betas} == betas
    clips = "clip_sample" in takes and takes["clip_sample"].default
    assert clips == (name in samplers.CLIPPING)
    assert ("rescale_betas_zero_snr" in takes) == (name not in samplers.NO_PURE_NOISE)


@pytest.mark.parametrize("name", samplers.NAMES)
def test_no_sampler_clips_latents_unless_the_model_says_so(name: str) -> None:
    pipeline = load(Settings(kind="txt2img", scheduler=name, device="cpu"))  # type: ignore[arg-type]
    assert not pipeline.scheduler.config.get("clip_sample")
    assert not pipeline.scheduler.config.get("thresholding")
    assert (
        samplers.list_added_fields(name, BARE | {"clip_sample": True}, latent=True).get(
            "clip_sample"
        )
        is None
    )
    assert "clip_sample" not in samplers.list_added_fields(name, BARE, latent=False)


def test_a_sampler_keeps_the_betas_that_the_models_own_class_takes_for_granted() -> None:
    told = samplers.list_added_fields("Euler", {"_class_name": "LCMScheduler"}, latent=True)
    assert told == {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    assert samplers.list_added_fields("Heun", BARE, latent=True)["beta_end"] == 0.02
    assert samplers.list_added_fields("Euler", BARE, latent=True) == {}


def test_samplers_that_pass_over_what_a_model_was_trained_to_do_do_not_fit() -> None:
    assert "PNDM" not in samplers.list_fitting(BARE | {"rescale_betas_zero_snr": True})
    assert "PNDM" not in samplers.list_fitting(BARE | {"prediction_type": "sample"})
    assert samplers.list_fitting(BARE | {"use_flow_sigmas": True}) == samplers.FLOW
    assert samplers.list_fitting(BARE | {"timestep_type": "continuous"}) == ("Euler",)
    assert samplers.list_fitting({"_class_name": "FlowMatchEulerDiscreteScheduler"}) == ()
    assert samplers.list_fitting({"_class_name": "PNDMScheduler"}) == samplers.NAMES


def test_images_have_other_ids_where_a_sampler_is_told_more_and_only_there(tmp_path: Path) -> None:
    assert make_source(recipe(scheduler="DDIM")).identity()["sampler"] == {"clip_sample": False}
    assert "sampler" not in make_source(recipe(scheduler="Euler")).identity()
    assert "sampler" not in make_source(recipe()).identity()
    assert "sampler" in make_source(recipe(scheduler="DDPM", model="owner/name")).identity()
    assert "sampler" not in make_source(recipe(scheduler="UniPC", model="owner/name")).identity()


def test_the_miniature_keeps_its_contrast_under_another_sampler() -> None:
    spread = {}
    for name in (None, "DDIM"):
        stage = Txt2ImgStage(
            Settings(kind="txt2img", scheduler=name, num_steps=8, batch_size=1, device="cpu")
        )
        stage.open()
        rows = Rows(
            pa.table(
                {
                    "id": ["0"],
                    "prompt": ["a photo of a ship"],
                    "negative_prompt": pa.array([None], pa.string()),
                    "seed": [0],
                }
            )
        )
        spread[name] = decode(stage(rows).column("image")[0].as_py()["bytes"]).std()
    assert spread["DDIM"] > 0.8 * spread[None]
