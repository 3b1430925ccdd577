"""What is known about a diffusion model before it is loaded: mistakes, size, prompt length.

Reads JSON files only, so that a recipe is checked in milliseconds and without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from synthset.errors import Problem
from synthset.models.miniatures import locate
from synthset.recipe.sources import Diffusion, Img2Img
from synthset.sources.diffusion import adapters, samplers
from synthset.sources.diffusion.guidance import NO_GUIDANCE, Acting, find_acting
from synthset.sources.diffusion.hub import look_up
from synthset.sources.diffusion.parts import check_parts
from synthset.sources.encoded_size import estimate_bytes

MINIATURE = "miniature"
HUB_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$")

#: `max_sequence_length` of the pipelines that have one (their own defaults, diffusers 0.42).
SEQUENCE_LENGTH = {
    "FluxPipeline": 512,
    "StableDiffusion3Pipeline": 256,
    "PixArtAlphaPipeline": 120,
    "PixArtSigmaPipeline": 300,
    "SanaPipeline": 300,
}
#: Text-to-image pipelines that diffusers 0.42 has no image-to-image pipeline for.
NO_IMAGE_TO_IMAGE = frozenset(
    {
        "AuraFlowPipeline",
        "ChromaPipeline",
        "CogView3PlusPipeline",
        "CogView4Pipeline",
        "HunyuanDiTPipeline",
        "Lumina2Pipeline",
        "LuminaPipeline",
        "PixArtAlphaPipeline",
        "PixArtSigmaPipeline",
        "SanaPipeline",
        "StableCascadeCombinedPipeline",
        "WuerstchenCombinedPipeline",
    }
)
FLUX_LATENT_SIZE = 128  # FluxPipeline.default_sample_size; its transformer has no sample_size
UNKNOWN_LENGTH = 10**9  # transformers writes 1e30 where a tokenizer has no limit of its own

UNKNOWN_SIZE_PX = 1024


def find_local_folder(settings: Diffusion) -> Path | None:
    """Give the folder of the miniature or of a local model; None for a hub model."""
    if settings.model == MINIATURE:
        return locate("txt2img")
    local = Path(settings.model).expanduser()
    return local if local.exists() else None


def find_folder(settings: Diffusion) -> Path | None:
    """Find the model on this disk, a hub model that was (perhaps partly) downloaded included."""
    local = find_local_folder(settings)
    if local is not None or not HUB_ID.match(settings.model):
        return local
    from huggingface_hub import try_to_load_from_cache  # a tenth of a second, for hub models alone

    cached = try_to_load_from_cache(settings.model, "model_index.json", revision=settings.revision)
    return Path(cached).parent if isinstance(cached, str) else None


def check(settings: Diffusion, negative: str = "") -> list[Problem]:
    """Find what would stop the model from loading or fitting, as far as this disk can tell, and
    settings that would change nothing.

    Args:
        settings: the source.
        negative: the negative prompt of all its prompts; empty for none.

    Returns:
        Problems with places such as `source.model`; empty where none is seen (a hub model that was
        never downloaded is checked by its name only).
    """
    problem = _name_problem(settings)
    if problem:
        return [problem]
    place = find_folder(settings)
    added = [*adapters.check(settings, place), *_inert_problems(settings, negative)]
    if place is None:
        return added
    index = _read(place / "model_index.json")
    if find_local_folder(settings) is not None:  # of a hub model the rest may still be downloaded
        added += check_parts(settings, place, index)
    problems = [
        _revision_problem(settings),
        _text_problem(index),
        _call_problem(index),
        _scheduler_problem(settings, place, index),
    ]
    problems += [_size_problem(settings, place, index), _tokens_problem(settings, index)]
    problems += [_image_problem(settings, place, index)]
    return [*(problem for problem in problems if problem), *added]


def read_native_size(settings: Diffusion) -> tuple[int, int] | None:
    """Give the size that the model makes unless told otherwise.

    Returns:
        (width, height) in pixels, or None where it cannot be known without a download.
    """
    place, listed = find_folder(settings), look_up(settings.model)
    if place is None or not _denoiser(place):  # a download may have been cut short
        return None if listed is None else (listed.size_px, listed.size_px)
    factor = _latent_pixels(place)
    latent: Any = _denoiser(place).get("sample_size")
    if str(_read(place / "model_index.json").get("_class_name", "")).startswith("Flux"):
        latent = FLUX_LATENT_SIZE
    if latent is None or factor is None:
        return None
    height, width = latent if isinstance(latent, list) else (latent, latent)
    return int(width) * factor, int(height) * factor


def read_acting(settings: Diffusion) -> Acting | None:
    """Tell what guidance and negative prompt do with the model; None where nobody knows before a
    download."""
    place, listed = find_folder(settings), look_up(settings.model)
    scale = settings.guidance_scale
    if place is not None and _denoiser(place):
        index = _read(place / "model_index.json")
        distilled = index.get("is_distilled") is True
        return find_acting(str(index.get("_class_name")), _denoiser(place), scale, distilled)
    if listed is None:
        return None
    return find_acting(listed.pipeline, {"guidance_embeds": listed.guidance_embeds}, scale)


def count_parameters(settings: Diffusion) -> int | None:
    """Count the numbers in the model's UNet or transformer; None where nobody knows before a
    download."""
    place, listed = find_folder(settings), look_up(settings.model)
    counted = 0 if place is None else adapters.count_parameters(place)
    return counted or (None if listed is None else listed.parameters)


def knows_size(settings: Diffusion) -> bool:
    """Whether the size of the images is known, by the recipe or the model."""
    return settings.size_px is not None or read_native_size(settings) is not None


def count_tokens(settings: Diffusion) -> tuple[Callable[[list[str]], list[int]], int] | None:
    """Tell how long prompts are for the model's text encoder, and how long they may be.

    Of several text encoders the most patient one counts: the others of its family cut early by
    design.

    Returns:
        (counter, limit): the counter gives each prompt's tokens, start and end marks included; what
        goes past the limit is cut off by the model. None where it cannot be known without a
        download.
    """
    place = find_folder(settings)
    if place is None:
        return None
    index = _read(place / "model_index.json")
    longest = SEQUENCE_LENGTH.get(str(index.get("_class_name")))
    found = []
    for name in sorted(key for key in index if key.startswith("tokenizer")):
        counter = _counter(place / name, settings)
        if counter is None:
            return None
        found.append((_limit(place, name, settings, longest), counter))
    if not found:
        return None
    limit, counter = max(found, key=lambda pair: pair[0])
    return counter, limit


def estimate(settings: Diffusion) -> int:
    """Guess the bytes of one encoded image. Where the size is not known, it is taken as
    `UNKNOWN_SIZE_PX`."""
    size = (settings.size_px, settings.size_px) if settings.size_px else read_native_size(settings)
    return estimate_bytes(*(size or (UNKNOWN_SIZE_PX, UNKNOWN_SIZE_PX)), settings.encoding)


def list_sampler_changes(settings: Diffusion) -> dict[str, Any]:
    """Give the fields that the recipe's sampler is told although the model's files lack them.

    What a hub model's files hold isn't asked, since that would change with its download: a sampler
    that clips unless told otherwise counts as told.
    """
    if settings.scheduler is None:
        return {}
    place = find_local_folder(settings)
    if place is None:
        return samplers.list_added_fields(settings.scheduler, samplers.BETAS, latent=True)
    config, index = _sampler_config(place), _read(place / "model_index.json")
    return samplers.list_added_fields(settings.scheduler, config, samplers.is_latent(index))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _name_problem(settings: Diffusion) -> Problem | None:
    model = settings.model
    if model == MINIATURE:
        return None
    local = Path(model).expanduser()
    if local.is_file():
        right = (
            "name a folder in the diffusers layout (make one with from_single_file and "
            "save_pretrained)"
        )
        return Problem("source.model", f"{model} is a file", right)
    if local.is_dir():
        return _folder_problem(model, local)
    if HUB_ID.match(model) and not _model_folders(local.parent):
        return None
    if not HUB_ID.match(model) and local.parent == Path() and not model.startswith((".", "~")):
        right = (
            _find_nearest(local)
            or "use 'miniature', a hub id such as 'stabilityai/sd-turbo', or a local folder"
        )
        return Problem(
            "source.model", f"{model!r} is neither a local folder nor a hub id (owner/name)", right
        )
    right = (
        _find_nearest(local)
        or "use 'miniature', a hub id such as 'stabilityai/sd-turbo', or a folder that exists"
    )
    return Problem("source.model", f"there is no folder {model}", right)


def _folder_problem(model: str, local: Path) -> Problem | None:
    if (local / "model_index.json").is_file():
        if _read(local / "model_index.json"):
            return None
        return Problem(
            "source.model",
            f"{model}/model_index.json is not readable JSON",
            "save the pipeline again",
        )
    inside = _model_folders(local) or _model_folders(local / "snapshots")
    if inside:
        return Problem(
            "source.model", f"{model} has no model_index.json", f"did you mean {inside[0]}?"
        )
    right = "name a folder written by save_pretrained of a diffusers pipeline"
    if any(local.glob("*.safetensors")) or any(local.glob("*.ckpt")):
        right = (
            "it contains single-file weights: convert them with from_single_file and "
            "save_pretrained"
        )
    return Problem("source.model", f"{model} has no model_index.json", right)


def _find_nearest(local: Path) -> str | None:
    names = {path.name: path for path in _model_folders(local.parent)}
    near = get_close_matches(local.name, names, n=1, cutoff=0.5)
    return f"did you mean {names[near[0]]}?" if near else None


def _model_folders(place: Path) -> list[Path]:
    return sorted(path.parent for path in place.glob("*/model_index.json"))


def _revision_problem(settings: Diffusion) -> Problem | None:
    if settings.revision is None or (
        settings.model != MINIATURE and not Path(settings.model).expanduser().is_dir()
    ):
        return None
    return Problem(
        "source.revision",
        f"{settings.revision!r} is given for a local model",
        "leave it out: only models on the hub have revisions",
    )


def _text_problem(index: dict[str, Any]) -> Problem | None:
    if any(key.startswith(("tokenizer", "text_encoder", "processor")) for key in index):
        return None
    found = f"it is a {index.get('_class_name')}, which has no text encoder"
    return Problem("source.model", found, "name a text-to-image model")


def _call_problem(index: dict[str, Any]) -> Problem | None:
    name = str(index.get("_class_name"))
    if not name.startswith(NO_GUIDANCE):
        return None
    return Problem("source.model", f"a {name} takes no guidance_scale", "name another model")


def _inert_problems(settings: Diffusion, negative: str) -> list[Problem]:
    """Settings that change no pixel are refused: kept with an image, they would be no fact."""
    found, problems = read_acting(settings), []
    if found is None:
        return []
    if not found.guidance and settings.guidance_scale > 1:
        problems.append(explain_inert_guidance(settings.guidance_scale))
    if negative and not found.negative:
        problems.append(explain_inert_negative(negative, found.why))
    return problems


def explain_inert_guidance(scale: float) -> Problem:
    """Say that a model was distilled to do without guidance."""
    found = f"{scale:g} has no effect: the model was distilled to work without guidance"
    return Problem("source.guidance_scale", found, "write 0, which is what the model uses")


def explain_inert_negative(negative: str, why: str) -> Problem:
    """Say that a negative prompt wouldn't change an image."""
    return Problem("prompts.negative", f"{negative!r} has no effect: {why}", "leave it out")


def _scheduler_problem(settings: Diffusion, place: Path, index: dict[str, Any]) -> Problem | None:
    config = _sampler_config(place)
    if settings.scheduler is None or not config:
        return None
    wrong = samplers.explain_misfit(settings.scheduler, config, str(index.get("_class_name")))
    return None if wrong is None else Problem("source.scheduler", *wrong)


def _sampler_config(place: Path) -> dict[str, Any]:
    return _read(place / "scheduler" / "scheduler_config.json")


def _size_problem(settings: Diffusion, place: Path, index: dict[str, Any]) -> Problem | None:
    factor = _latent_pixels(place)
    size, patch = settings.size_px, _denoiser(place).get("patch_size") or 1
    if size is None or factor is None or not isinstance(patch, int):
        return None
    if str(index.get("_class_name", "")).startswith("Flux"):
        patch = 2  # FLUX packs 2 x 2 latents itself and rounds other sizes down
    multiple = factor * patch
    if size % multiple == 0:
        return None
    near = max(multiple, size // multiple * multiple), (size // multiple + 1) * multiple
    right = f"this model needs a multiple of {multiple}, such as {near[0]} or {near[1]}"
    return Problem("source.size_px", f"found {size}", right)


def _tokens_problem(settings: Diffusion, index: dict[str, Any]) -> Problem | None:
    name = str(index.get("_class_name"))
    if settings.max_tokens is None or not name.startswith(
        ("StableDiffusionPipeline", "StableDiffusionXL", "Latent")
    ):
        return None
    return Problem("source.max_tokens", f"a {name} reads a fixed number of tokens", "leave it out")


def _image_problem(settings: Diffusion, place: Path, index: dict[str, Any]) -> Problem | None:
    """Whether the model can start from an image, and runs a step from there."""
    name = str(index.get("_class_name"))
    if not isinstance(settings, Img2Img):
        return None
    if name in NO_IMAGE_TO_IMAGE:
        found = f"it is a {name}, which cannot start from an image in diffusers"
        return Problem("source.model", found, "name another model, or use kind: txt2img")
    config = _sampler_config(place)
    most = int(config.get("original_inference_steps", 50) * min(settings.strengths))
    if name.startswith("LatentConsistency") and settings.num_steps > most:
        found = f"found {settings.num_steps} at strength {min(settings.strengths):g}"
        right = f"there, this model takes at most {most} steps, and it always runs all of them"
        return Problem("source.num_steps", found, right)
    return None


def _denoiser(place: Path) -> dict[str, Any]:
    return _read(place / "unet" / "config.json") or _read(place / "transformer" / "config.json")


def _latent_pixels(place: Path) -> int | None:
    """Pixels to a latent, along one side: the autoencoder halves once between two stages."""
    config = _read(place / "vae" / "config.json")
    stages = config.get("block_out_channels") or config.get("encoder_block_out_channels")
    return 2 ** (len(stages) - 1) if stages else None


def _limit(place: Path, name: str, settings: Diffusion, longest: int | None) -> int:
    config = _read(place / name / "tokenizer_config.json")
    limit = float(config.get("model_max_length") or UNKNOWN_LENGTH)
    if str(config.get("tokenizer_class", "")).startswith("CLIP") or longest is None:
        encoder = _read(place / name.replace("tokenizer", "text_encoder") / "config.json")
        return int(min(limit, encoder.get("max_position_embeddings") or UNKNOWN_LENGTH))
    return settings.max_tokens or longest


def _counter(place: Path, settings: Diffusion) -> Callable[[list[str]], list[int]] | None:
    """Count tokens; a learned word takes as many as it has vectors."""
    counted = _plain_counter(place, [word.token for word in settings.textual_inversion])
    more = {
        word.token: adapters.count_vectors(word) - 1
        for word in settings.textual_inversion
        if adapters.count_vectors(word) > 1
    }
    if counted is None or not more:
        return counted
    return lambda prompts: [
        tokens + sum(prompt.count(token) * count for token, count in more.items())
        for prompt, tokens in zip(prompts, counted(prompts), strict=True)
    ]


def _plain_counter(place: Path, added: list[str]) -> Callable[[list[str]], list[int]] | None:
    if not (place / "tokenizer.json").is_file():
        return _slow_counter(place, added)
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.add_tokens(added)
    return lambda prompts: [len(encoding.ids) for encoding in tokenizer.encode_batch(prompts)]


def _slow_counter(place: Path, added: list[str]) -> Callable[[list[str]], list[int]] | None:
    """Older models carry only their vocabulary; transformers knows how to read it."""
    from transformers import AutoTokenizer  # seconds of import that most models never need

    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
    except (OSError, ValueError, ImportError):
        return None
    tokenizer.add_tokens(added)
    return lambda prompts: [len(ids) for ids in tokenizer(prompts, truncation=False)["input_ids"]]
