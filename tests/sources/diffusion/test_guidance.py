from __future__ import annotations

from collections.abc import Callable

import pytest

from synthset.errors import ModelError
from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion import models
from synthset.sources.diffusion.guidance import find_acting
from synthset.sources.diffusion.hub import look_up
from synthset.sources.diffusion.txt2img import Txt2ImgStage
from synthset.stage import Rows

Made = Callable[..., Settings]
Rowed = Callable[..., Rows]
INERT = {
    "flux": {},
    "lcm": {},
    "schnell": {"guidance_scale": 0},
    "sd": {"guidance_scale": 1},
    "sdxl": {"guidance_scale": 0.5},
    "sd3": {"guidance_scale": 1},
    "pixart": {"guidance_scale": 0},
}


@pytest.mark.parametrize("model", INERT)
def test_a_negative_prompt_that_changes_nothing_is_refused_before_the_first_image(
    model: str, settings: Made, rows: Rowed
) -> None:
    source = settings(model, size_px=None, **INERT[model])
    assert models.check(source) == []
    (problem,) = models.check(source, "blurry")
    assert str(problem).startswith("prompts.negative: 'blurry' has no effect: ")
    stage = Txt2ImgStage(source)
    stage.open()
    with pytest.raises(ModelError, match=r"^prompts\.negative: 'blurry' has no effect"):
        stage(rows("a cat", negative="blurry"))


@pytest.mark.parametrize("model", ["sd", "sdxl", "sd3", "pixart"])
def test_a_negative_prompt_that_acts_is_taken(model: str, settings: Made) -> None:
    assert models.check(settings(model), "blurry") == []


def test_guidance_that_a_distilled_model_passes_over_is_refused(settings: Made) -> None:
    (problem,) = models.check(settings("schnell", guidance_scale=5))
    assert str(problem).startswith("source.guidance_scale: 5 has no effect")
    with pytest.raises(ModelError, match=r"source\.guidance_scale: 5 has no effect"):
        Txt2ImgStage(settings("schnell", guidance_scale=5)).open()
    assert models.check(settings("flux", guidance_scale=5)) == []


def test_hub_models_of_known_families_are_judged_before_their_download() -> None:
    source = Settings(kind="txt2img", model="black-forest-labs/flux.1-schnell")
    assert [problem.where for problem in models.check(source)] == ["source.guidance_scale"]
    assert models.check(Settings(kind="txt2img", model="nobody/knows-it"), "blurry") == []
    listed = look_up("stabilityai/SD-Turbo")
    assert listed is not None
    assert listed.size_px == 512


def test_what_acts_follows_the_network_and_not_only_the_name() -> None:
    assert not find_acting("StableDiffusionXLPipeline", {"time_cond_proj_dim": 256}, 5).negative
    assert not find_acting("QwenImagePipeline", {"guidance_embeds": False}, 5).guidance
    assert find_acting("ZImagePipeline", {}, 0.5).negative
    assert find_acting("Flux2KleinPipeline", {}, 4, distilled=True).passes == 1
    assert find_acting("StableDiffusionPipeline", {}, 2).passes == 2
