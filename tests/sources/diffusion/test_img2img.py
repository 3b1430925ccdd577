from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pytest
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from diffusers.pipelines.auto_pipeline import (
    AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
)
from PIL import Image

from synthset.errors import ModelError
from synthset.images import decode
from synthset.recipe.sources import Img2Img as Settings
from synthset.recipe.sources import Scheduler
from synthset.sources.diffusion import models
from synthset.sources.diffusion.img2img import Img2ImgStage
from synthset.sources.square import cut_square
from synthset.stage import Rows

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"  # diffusers
)

FAMILIES = ("sd", "turbo", "lcm", "sdxl", "sd3", "flux")
Opened = Callable[..., Img2ImgStage]
Asked = tuple[str, str, int, float]  # parent, prompt, seed, strength


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of soft spots: two squares, and one that is twice as wide as high."""
    place = tmp_path_factory.mktemp("photos") / "cat"
    place.mkdir()
    draw = np.random.default_rng(0)
    for name, size in (("a", (32, 32)), ("b", (32, 32)), ("wide", (96, 48))):
        spots = Image.fromarray(draw.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        spots.resize(size, Image.Resampling.BICUBIC).save(place / f"{name}.png")
    return place


@pytest.fixture
def edits(family: Callable[[str], Path], photos: Path) -> Callable[..., Settings]:
    """Give settings for a family's tiny pipeline."""

    def make(name: str = "sd", **changes: Any) -> Settings:
        content: dict[str, Any] = {"kind": "img2img", "model": str(family(name)), "device": "cpu"}
        content |= {"paths": [{"path": str(photos.parent)}], "encoding": {"format": "png"}}
        quick = {"num_steps": 4, "strength": 0.5, "batch_size": 2, "size_px": 32}
        return Settings.model_validate(content | quick | changes)

    return make


@pytest.fixture
def opened(edits: Callable[..., Settings]) -> Opened:
    def make(name: str = "sd", **changes: Any) -> Img2ImgStage:
        stage = Img2ImgStage(edits(name, **changes))
        stage.open()
        return stage

    return make


def rows(photos: Path, *asked: Asked) -> Rows:
    files = [photos / f"{parent}.png" for parent, *_ in asked]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    columns = {
        "id": [f"id-{i}" for i in range(len(asked))],
        "prompt": [prompt for _, prompt, *_ in asked],
        "negative_prompt": pa.nulls(len(asked), pa.string()),
        "seed": [seed for *_, seed, _ in asked],
        "parent": hashes,
        "source": [file.as_posix() for file in files],
        "strength": [strength for *_, strength in asked],
    }
    return Rows(pa.table(columns))


def images(stage: Img2ImgStage, rows: Rows) -> list[bytes]:
    return [image["bytes"] for image in stage(rows).column("image").to_pylist()]


@pytest.mark.parametrize("family_name", FAMILIES)
def test_a_picture_depends_on_parent_prompt_seed_and_strength(
    family_name: str, opened: Opened, photos: Path
) -> None:
    first = ("a", "a cat", 1, 0.5)
    others = [("b", *first[1:]), ("a", "a dog", 1, 0.5), ("a", "a cat", 2, 0.5), (*first[:3], 0.75)]
    table = opened(family_name)(rows(photos, first, *others)).to_pylist()
    assert [(row["width"], row["height"], row["error"]) for row in table] == [(32, 32, None)] * 5
    assert len({row["sha256"] for row in table}) == 5


@pytest.mark.parametrize("family_name", FAMILIES)
def test_a_picture_is_the_same_in_any_place_and_company(
    family_name: str, opened: Opened, photos: Path
) -> None:
    stage = opened(family_name)
    cat, dog, owl = ("a", "a cat", 7, 0.5), ("b", "a long dog", 8, 0.75), ("wide", "an owl", 9, 0.5)
    together = images(stage, rows(photos, cat, dog, owl))
    assert images(stage, rows(photos, owl, cat)) == [together[2], together[0]]
    assert [images(stage, rows(photos, one))[0] for one in (cat, dog, owl)] == together


def test_the_pipeline_called_alone_makes_the_same_picture(
    opened: Opened, family: Callable[[str], Path], photos: Path
) -> None:
    ours = images(opened(batch_size=1), rows(photos, ("wide", "a cat", 5, 0.5)))[0]
    pipeline = StableDiffusionImg2ImgPipeline.from_pretrained(family("sd"), dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    with Image.open(photos / "wide.png") as image:
        parent = image.crop((24, 0, 72, 48)).resize((32, 32), Image.Resampling.LANCZOS)
    theirs = pipeline(
        "a cat",
        image=parent,
        strength=0.5,
        num_inference_steps=4,
        guidance_scale=2.0,
        generator=torch.Generator("cpu").manual_seed(5),
        output_type="np",
    ).images[0]
    assert (decode(ours) == (theirs * 255).round()).all()


def test_calls_have_one_strength_and_one_batch_shape(opened: Opened, photos: Path) -> None:
    stage, seen = opened(batch_size=2), []
    inner = stage.pipeline.prepare_latents

    def look(image: Any, timestep: Any, *rest: Any) -> Any:
        seen.append((len(image), int(timestep[0])))
        return inner(image, timestep, *rest)

    stage.pipeline.prepare_latents = look
    stage(rows(photos, *[("a", "a cat", seed, (0.25, 1.0)[seed % 2]) for seed in range(6)]))
    assert seen == [(2, 1), (2, 1), (2, 751), (2, 751)]


def test_the_miniature_goes_farther_from_its_parent_the_stronger(photos: Path) -> None:
    settings = {"kind": "img2img", "paths": [{"path": str(photos)}], "batch_size": 4}
    stage = Img2ImgStage(Settings.model_validate(settings | {"encoding": {"format": "png"}}))
    stage.open()
    asked = [("b", "a photo of a cat", 1, strength) for strength in (0.25, 0.5, 0.75, 1.0)]
    with Image.open(photos / "b.png") as image:
        parent = np.asarray(image, dtype=float)
    far = [np.abs(decode(data) - parent).mean() for data in images(stage, rows(photos, *asked))]
    assert far == sorted(far)
    assert far[0] < 0.6 * far[-1]


def test_the_models_own_size_is_taken_where_none_is_named(opened: Opened, photos: Path) -> None:
    stage = opened(size_px=None)
    (row,) = stage(rows(photos, ("wide", "a cat", 1, 0.5))).to_pylist()
    assert (stage.size_px, row["width"], row["height"]) == (32, 32, 32)


def test_the_parent_is_cut_at_its_centre_and_averaged_over() -> None:
    stripes = np.zeros((64, 128, 3), np.uint8)
    stripes[:, 32:96:2] = 255  # lines of one pixel within the centre
    stripes[:, :32] = stripes[:, 96:] = 77
    small = cut_square(stripes, 16)
    assert small.shape == (16, 16, 3)
    assert np.abs(small[:, 2:-2].astype(int) - 127).max() < 16


def test_a_parent_that_changed_or_went_is_no_data(opened: Opened, photos: Path) -> None:
    asked = rows(photos, ("a", "a cat", 1, 0.5), ("b", "a cat", 1, 0.5))
    table = asked.table.set_column(4, "parent", pa.array(["0" * 64, asked.column("parent")[1]]))
    gone = [asked.column("source")[0], (photos / "gone.png").as_posix()]
    errors = opened()(Rows(table.set_column(5, "source", pa.array(gone)))).column("error")
    assert "changed since it was planned" in errors[0].as_py()
    assert "gone.png: missing or unreadable" in errors[1].as_py()


def test_a_family_without_image_to_image_is_refused_before_and_while_loading(
    edits: Callable[..., Settings],
) -> None:
    settings = edits("pixart", size_px=64)
    (problem,) = models.check(settings)
    assert "PixArtSigmaPipeline, which cannot start from an image in diffusers" in str(problem)
    with pytest.raises(ModelError, match=r"source\.model: .* could not be loaded"):
        Img2ImgStage(settings).open()


def test_the_families_that_are_refused_have_no_such_pipeline_in_diffusers() -> None:
    names = {
        pipeline.__name__: name for name, pipeline in AUTO_TEXT2IMAGE_PIPELINES_MAPPING.items()
    }
    assert names.keys() >= models.NO_IMAGE_TO_IMAGE
    refused = {names[pipeline] for pipeline in models.NO_IMAGE_TO_IMAGE}
    assert not refused & AUTO_IMAGE2IMAGE_PIPELINES_MAPPING.keys()


def test_consistency_models_run_all_steps_and_say_so(edits: Callable[..., Settings]) -> None:
    assert models.check(edits("lcm", num_steps=4, strength=0.25)) == []
    (problem,) = models.check(edits("lcm", num_steps=20, strength=0.25))
    assert str(problem).startswith(
        "source.num_steps: found 20 at strength 0.25; there, this model takes at most 12 steps"
    )


@pytest.mark.parametrize("scheduler", get_args(Scheduler))
def test_every_sampler_starts_from_a_picture_even_for_a_single_step(
    scheduler: str, opened: Opened, photos: Path
) -> None:
    stage = opened(scheduler=scheduler)
    table = stage(rows(photos, ("a", "a cat", 1, 0.25), ("a", "a cat", 1, 1.0))).to_pylist()
    assert [row["error"] for row in table] == [None, None]
    assert table[0]["sha256"] != table[1]["sha256"]
