"""Tiny pipelines with random weights, one of each family, saved in the diffusers layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from synthset.recipe.sources import Txt2Img as Settings
from synthset.stage import Rows

WIDTH = 32  # of every tiny layer
CLIP_TOKENS = 16
BETAS = {
    "beta_start": 0.00085,
    "beta_end": 0.02,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "clip_sample": False,
    "set_alpha_to_one": False,
}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a tiny pipeline by the name of its family, built once a session."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name) / name
            torch.manual_seed(0)
            BUILDERS[name](made[name].parent).save_pretrained(made[name])
        return made[name]

    return folder


@pytest.fixture(scope="session")
def settings(family: Callable[[str], Path]) -> Callable[..., Settings]:
    """Give settings for a family's tiny pipeline, quick unless told otherwise."""

    def make(name: str = "sd", **changes: Any) -> Settings:
        quick = {"num_steps": 2, "guidance_scale": 2.0, "batch_size": 4, "device": "cpu"}
        content = {"kind": "txt2img", "model": str(family(name)), "encoding": {"format": "png"}}
        return Settings.model_validate(content | quick | changes)

    return make


def rows(*prompts: str | None, negative: str | None = None, seeds: list[int] | None = None) -> Rows:
    """Plan rows for prompts; row i has seed i unless told otherwise."""
    seeds = seeds or list(range(len(prompts)))
    columns = {
        "id": [f"id-{seed}" for seed in seeds],
        "prompt": pa.array(prompts, pa.string()),
        "negative_prompt": pa.array([negative] * len(prompts), pa.string()),
        "seed": pa.array(seeds, pa.int64()),
    }
    return Rows(pa.table(columns))


@pytest.fixture(name="rows", scope="session")
def rows_fixture() -> Callable[..., Rows]:
    return rows


def _clip(place: Path, projected: bool = False) -> tuple[Any, CLIPTokenizer]:
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    (place / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(place / "vocab.json"), str(place / "merges.txt"), model_max_length=CLIP_TOKENS
    )
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=CLIP_TOKENS,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config), tokenizer


def _t5() -> tuple[T5EncoderModel, T5Tokenizer]:
    letters = [("▁" + chr(code), -2.0) for code in range(ord("a"), ord("z") + 1)]
    letters += [(chr(code), -3.0) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *letters]
    tokenizer = T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)
    config = T5Config(
        vocab_size=len(vocabulary), d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2
    )
    return T5EncoderModel(config), tokenizer


def _vae(stages: int = 2) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8,) * stages,
        latent_channels=4,
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * stages,
        up_block_types=("UpDecoderBlock2D",) * stages,
        sample_size=32,
        shift_factor=0.0,
    )


def _unet(**more: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
        attention_head_dim=1,
        **({"cross_attention_dim": WIDTH} | more),
    )


def _sd(place: Path) -> StableDiffusionPipeline:
    text_encoder, tokenizer = _clip(place)
    return StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=_unet(),
        scheduler=DDIMScheduler(**BETAS),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _checked(place: Path) -> StableDiffusionPipeline:
    """With a safety checker whose thresholds flag everything."""
    vision = {"hidden_size": WIDTH, "intermediate_size": WIDTH, "image_size": 32, "patch_size": 16}
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": WIDTH}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(vision_config=vision | layers, projection_dim=WIDTH)
    )
    checker.concept_embeds_weights.data.fill_(-2)
    extractor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    parts = {"safety_checker": checker, "feature_extractor": extractor}
    return StableDiffusionPipeline(**(_sd(place).components | parts))


def _turbo(place: Path) -> StableDiffusionPipeline:
    pipeline = _sd(place)
    betas = {key: BETAS[key] for key in ("beta_start", "beta_end", "beta_schedule", "steps_offset")}
    pipeline.register_modules(
        scheduler=EulerDiscreteScheduler(timestep_spacing="trailing", **betas)
    )
    return pipeline


def _lcm(place: Path) -> LatentConsistencyModelPipeline:
    text_encoder, tokenizer = _clip(place)
    return LatentConsistencyModelPipeline(
        vae=_vae(),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=_unet(time_cond_proj_dim=WIDTH),
        scheduler=LCMScheduler(**BETAS),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl(place: Path) -> StableDiffusionXLPipeline:
    text_encoder, tokenizer = _clip(place)
    text_encoder_2, tokenizer_2 = _clip(place, projected=True)
    unet = _unet(
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
    )
    return StableDiffusionXLPipeline(
        vae=_vae(),
        text_encoder=text_encoder,
        text_encoder_2=text_encoder_2,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        unet=unet,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
        ),
        add_watermarker=False,
    )


def _sd3(place: Path) -> StableDiffusion3Pipeline:
    text_encoder, tokenizer = _clip(place, projected=True)
    text_encoder_2, tokenizer_2 = _clip(place, projected=True)
    text_encoder_3, tokenizer_3 = _t5()
    transformer = SD3Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=WIDTH,
        pooled_projection_dim=2 * WIDTH,
        pos_embed_max_size=32,
    )
    text_encoder_3 = T5EncoderModel(
        T5Config(**(text_encoder_3.config.to_dict() | {"d_model": 2 * WIDTH}))
    )
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        text_encoder_2=text_encoder_2,
        tokenizer_2=tokenizer_2,
        text_encoder_3=text_encoder_3,
        tokenizer_3=tokenizer_3,
    )


def _flux(place: Path, guidance: bool = True) -> FluxPipeline:
    text_encoder, tokenizer = _clip(place)
    text_encoder_2, tokenizer_2 = _t5()
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=guidance,
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=_vae(),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        text_encoder_2=text_encoder_2,
        tokenizer_2=tokenizer_2,
        transformer=transformer,
    )


def _schnell(place: Path) -> FluxPipeline:
    return _flux(place, guidance=False)


def _pixart(place: Path) -> PixArtSigmaPipeline:
    text_encoder, tokenizer = _t5()
    transformer = PixArtTransformer2DModel(
        sample_size=32,  # the pipeline knows four sizes; this is the smallest
        num_layers=1,
        patch_size=2,
        attention_head_dim=16,
        num_attention_heads=2,
        cross_attention_dim=WIDTH,
        caption_channels=WIDTH,
        in_channels=4,
        out_channels=8,
        use_additional_conditions=False,
    )
    return PixArtSigmaPipeline(
        tokenizer=tokenizer,
        text_encoder=text_encoder,
        vae=_vae(4),
        transformer=transformer,
        scheduler=DDIMScheduler(**BETAS),
    )


BUILDERS: dict[str, Callable[[Path], Any]] = {
    "sd": _sd,
    "checked": _checked,
    "turbo": _turbo,
    "lcm": _lcm,
    "sdxl": _sdxl,
    "sd3": _sd3,
    "flux": _flux,
    "schnell": _schnell,
    "pixart": _pixart,
}
