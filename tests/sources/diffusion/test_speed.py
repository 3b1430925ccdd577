"""Estimates of time follow what costs time, and say what they assume."""

from __future__ import annotations

from typing import Any

import pytest

from synthset.engine.check import forecast_run
from synthset.recipe.recipe import load_recipe
from synthset.sources.diffusion import speed

SD = "stable-diffusion-v1-5/stable-diffusion-v1-5"


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed.shutil, "which", lambda _: None)


def estimates(**source: Any) -> tuple[float, float, str]:
    """Seconds on this CPU and on a GPU, and what the latter rests on."""
    content = {"kind": "txt2img", "model": SD, "guidance_scale": 2.0} | source
    recipe = load_recipe(
        {"name": "x", "classes": ["cat"], "images_per_class": 1, "source": content}
    )
    here, _ = speed.estimate_seconds(recipe.source)
    there, basis = speed.estimate_gpu_seconds(recipe.source)
    assert here is not None
    return here, there or 0.0, basis


def test_guidance_steps_and_size_count() -> None:
    here, there, basis = estimates()
    assert "two passes per step" in basis
    assert estimates(guidance_scale=1)[:2] == (pytest.approx(here / 2), pytest.approx(there / 2))
    assert estimates(num_steps=40)[:2] == (pytest.approx(here * 2), pytest.approx(there * 2))
    assert estimates(size_px=1024)[:2] == (pytest.approx(here * 4), pytest.approx(there * 4))


def test_the_family_counts_and_a_model_that_nobody_knows_is_called_so() -> None:
    flux = estimates(model="black-forest-labs/FLUX.1-dev", size_px=512)
    assert flux[1] == pytest.approx(estimates()[1] / 2 * 11901 / 860)  # one pass a step
    unknown = estimates(model="nobody/knows-it", size_px=512)
    assert unknown[1] == estimates()[1]
    assert "isn't on this machine" in unknown[2]


def test_arithmetic_counts_where_it_was_measured() -> None:
    assert estimates(dtype="float32")[1] == pytest.approx(estimates()[1] * speed.GPU_FLOAT32)
    assert estimates(dtype="bfloat16")[1] == estimates()[1]


def test_the_miniature_takes_half_the_time_without_guidance() -> None:
    guided = estimates(model="miniature")[0]
    assert estimates(model="miniature", guidance_scale=1)[0] == pytest.approx(guided / 2)


@pytest.mark.parametrize(
    ("source", "bfloat16", "gpu", "offered"),
    [
        ({}, True, False, True),
        ({"dtype": "float32"}, True, False, True),
        ({"device": "cpu"}, True, True, True),
        ({}, False, False, False),
        ({}, True, True, False),
        ({"dtype": "bfloat16"}, True, False, False),
        ({"device": "cuda"}, True, False, False),
    ],
)
def test_bfloat16_is_offered_where_a_cpu_has_it(
    monkeypatch: pytest.MonkeyPatch,
    source: dict[str, Any],
    bfloat16: bool,
    gpu: bool,
    offered: bool,
) -> None:
    monkeypatch.setattr(speed, "computes_bfloat16", lambda: bfloat16)
    monkeypatch.setattr(speed, "may_have_gpu", lambda: gpu)
    content = {"kind": "txt2img", "model": "miniature"} | source
    recipe = load_recipe(
        {"name": "x", "classes": ["cat"], "images_per_class": 1, "source": content}
    )
    notes = forecast_run(recipe, "new-folder").notes
    assert any("bfloat16" in note for note in notes) == offered
