from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, StableDiffusionPipeline
from diffusers.pipelines.auto_pipeline import AUTO_TEXT2IMAGE_PIPELINES_MAPPING, _get_task_class
from transformers import CLIPImageProcessor

from synthset.errors import ModelError
from synthset.images import decode
from synthset.recipe.sources import Scheduler
from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion.embeddings import PromptEmbeddings, Request
from synthset.sources.diffusion.generation import AUTO_BATCH, to_uint8
from synthset.sources.diffusion.pipelines import TEXT_TO_IMAGE, choose_dtype, is_large
from synthset.sources.diffusion.txt2img import Txt2ImgStage
from synthset.stage import Rows

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"  # diffusers
)

Rowed = Callable[..., Rows]
Made = Callable[..., Settings]
PROMPTS = ("a cat", "a dog", "a red fox", "a bird", "an owl")
FAMILIES = {"sd": 32, "turbo": 32, "lcm": 32, "sdxl": 32, "sd3": 32, "flux": 32, "pixart": 64}


@pytest.fixture
def opened(settings: Made) -> Callable[..., Txt2ImgStage]:
    """Open a stage on a family's tiny pipeline."""

    def make(name: str = "sd", **changes: Any) -> Txt2ImgStage:
        stage = Txt2ImgStage(settings(name, **changes))
        stage.open()
        return stage

    return make


def images(stage: Txt2ImgStage, rows: Rows) -> dict[str, bytes]:
    return {row["path"]: row["bytes"] for row in stage(rows).column("image").to_pylist()}


def pixels(stage: Txt2ImgStage, rows: Rows) -> np.ndarray:
    return np.stack([decode(data).astype(int) for data in images(stage, rows).values()])


@pytest.mark.parametrize("family_name", FAMILIES)
def test_every_family_makes_pictures_that_depend_on_prompt_and_seed(
    family_name: str, opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    size = FAMILIES[family_name]
    stage = opened(family_name, size_px=size, batch_size=2)
    table = stage(rows("a cat", "a dog", "a cat", seeds=[1, 1, 2])).to_pylist()
    assert [(row["width"], row["height"], row["error"]) for row in table] == [
        (size, size, None)
    ] * 3
    assert len({row["sha256"] for row in table}) == 3
    assert [row["nsfw"] for row in table] == [None] * 3


@pytest.mark.parametrize("family_name", FAMILIES)
def test_a_picture_is_the_same_in_any_place_and_company(
    family_name: str, opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(family_name, size_px=FAMILIES[family_name], batch_size=2)
    first = images(stage, rows("a cat", "a long dog", "an owl", seeds=[7, 8, 9]))
    last = images(stage, rows("a fox in snow", "a cat", seeds=[9, 7]))
    alone = images(stage, rows("an owl", seeds=[9]))
    assert first["id-7.png"] == last["id-7.png"]
    assert first["id-9.png"] == alone["id-9.png"] != last["id-9.png"]


def test_a_new_process_makes_the_same_picture(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    assert images(opened(), rows("a cat")) == images(opened(), rows("a cat"))


def test_batch_sizes_differ_by_one_grey_level_at_most(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    one, eight, many = (pixels(opened(batch_size=n), rows(*PROMPTS)) for n in (1, 8, 32))
    assert np.abs(one - eight).max() <= 1
    assert np.abs(one - many).max() <= 1


def test_every_call_has_the_same_batch_shape(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size=4)
    seen = count_calls(stage)
    assert len(stage(rows(*PROMPTS))) == 5
    assert seen == [4, 4]


def count_calls(stage: Txt2ImgStage) -> list[int]:
    """Record the batch size of each call of the stage's pipeline."""
    seen: list[int] = []
    inner = stage.pipeline.unet.forward

    def forward(sample: torch.Tensor, timestep: Any, *rest: Any, **more: Any) -> Any:
        if not seen or timestep > forward.last:  # type: ignore[attr-defined]
            seen.append(len(sample) // 2)  # guidance doubles it
        forward.last = timestep  # type: ignore[attr-defined]
        return inner(sample, timestep, *rest, **more)

    stage.pipeline.unet.forward = forward
    return seen


def test_the_pipeline_called_alone_makes_the_same_picture(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size=1)
    ours = pixels(stage, rows("a cat", negative="a dog", seeds=[5]))[0]
    theirs = stage.pipeline(
        "a cat",
        negative_prompt="a dog",
        num_inference_steps=2,
        guidance_scale=2.0,
        generator=torch.Generator().manual_seed(5),
    ).images[0]
    assert (ours == np.asarray(theirs)).all()


def test_a_negative_prompt_changes_the_picture_and_an_empty_one_does_not(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened("sdxl")
    none, empty, some = (images(stage, rows("a cat", negative=n)) for n in (None, "", "a dog"))
    assert none == empty != some


def test_a_model_without_negative_prompts_says_so(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    with pytest.raises(
        ModelError,
        match=r"prompts\.negative: 'a dog' has no effect: a Latent\w+ takes no negative prompt",
    ):
        opened("lcm")(rows("a cat", negative="a dog"))


def test_a_record_without_a_prompt_fails_alone(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened()
    table = stage(rows("a cat", None, "a dog"))
    assert table.column("error").to_pylist() == [None, "no prompt", None]
    assert images(stage, rows("a dog", seeds=[2])).items() <= {
        (image["path"], image["bytes"]) for image in table.column("image").to_pylist() if image
    }


def test_each_prompt_is_encoded_once(opened: Callable[..., Txt2ImgStage], rows: Rowed) -> None:
    stage = opened()
    calls: list[list[str]] = []
    inner = stage.pipeline.encode_prompt

    @wraps(inner)
    def encode_prompt(**asked: Any) -> Any:
        calls.append(asked["prompt"])
        return inner(**asked)

    stage.pipeline.encode_prompt = encode_prompt
    arguments = stage._embeddings.arguments
    requests = [Request(prompt, None, 0) for prompt in ("a cat", "a dog", "a cat")]
    assert (
        arguments(requests)["prompt_embeds"][0] == arguments(requests)["prompt_embeds"][2]
    ).all()
    assert calls == [["a cat"], ["a dog"]]


def test_the_embedding_cache_forgets_the_oldest(
    opened: Callable[..., Txt2ImgStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthset.sources.diffusion.embeddings.CACHE_BYTES", 3 * 2 * 16 * 32 * 4)
    embeddings = PromptEmbeddings(opened().pipeline, 2.0, None)
    embeddings.arguments([Request(prompt, None, 0) for prompt in PROMPTS])
    assert [prompt for prompt, _ in embeddings._cache] == list(PROMPTS[-3:])


def test_an_unknown_family_gets_words_and_makes_one_picture_at_a_time(
    settings: Made, opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    class OtherPipeline(StableDiffusionPipeline):
        pass

    known = opened()
    stage = Txt2ImgStage(settings(batch_size=8))
    other = OtherPipeline(**known.pipeline.components, requires_safety_checker=False)
    other.set_progress_bar_config(disable=True)
    stage.use(other)
    assert stage.batch_size == 1
    made = pixels(stage, rows("a cat", "a dog", negative="a bee"))
    assert np.abs(made - pixels(known, rows("a cat", "a dog", negative="a bee"))).max() <= 1


@pytest.mark.parametrize("name", Scheduler.__args__)
def test_every_scheduler_runs_and_keeps_pictures_apart_from_their_company(
    name: str, opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(scheduler=name, num_steps=4, batch_size=2)
    assert type(stage.pipeline.scheduler).__name__.startswith(name)
    first = stage(rows("a cat", "a dog", seeds=[7, 8]))
    second = stage(rows("a bee", "a cat", seeds=[9, 7]))
    assert first.column("error").null_count == 2
    assert first.column("sha256")[0] == second.column("sha256")[1]


def test_a_scheduler_that_does_not_fit_is_refused_by_name(
    opened: Callable[..., Txt2ImgStage],
) -> None:
    with pytest.raises(
        ModelError, match=r"'DDIM' cannot replace .* only FlowMatchEulerDiscreteScheduler fits"
    ):
        opened("flux", scheduler="DDIM")


def test_steps_that_a_scheduler_cannot_take_are_refused_before_the_first_image(
    opened: Callable[..., Txt2ImgStage],
) -> None:
    with pytest.raises(ModelError, match=r"source\.num_steps: LCMScheduler cannot take 60"):
        opened("lcm", num_steps=60)


class Checker(torch.nn.Module):
    """A safety checker that flags given places of a batch and blanks them, or does not."""

    def __init__(self, flagged: set[int], blanks: bool) -> None:
        super().__init__()
        self.flagged, self.blanks = flagged, blanks
        self.device, self.dtype = torch.device("cpu"), torch.float32

    def forward(
        self, images: torch.Tensor, clip_input: torch.Tensor
    ) -> tuple[torch.Tensor, list[bool]]:
        for i in self.flagged if self.blanks else ():
            images[i] = 0
        return images, [i in self.flagged for i in range(len(images))]


def with_checker(stage: Txt2ImgStage, checker: Checker) -> Txt2ImgStage:
    stage.pipeline.safety_checker = checker
    stage.pipeline.feature_extractor = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size=8)
    return stage


def test_a_blanked_picture_is_flagged_and_left_out(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = with_checker(opened(), Checker({1}, blanks=True))
    table = stage(rows("a cat", "a dog", "a bee")).to_pylist()
    assert [row["nsfw"] for row in table] == [False, True, False]
    assert [row["error"] for row in table] == [None, "blanked by the safety checker", None]
    assert [row["image"] is None for row in table] == [False, True, False]


def test_a_flagged_picture_that_was_not_blanked_keeps_its_right_pixels(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened()
    before = pixels(stage, rows("a cat", "a dog"))
    after = with_checker(stage, Checker({0}, blanks=False))
    table = after(rows("a cat", "a dog"))
    assert table.column("nsfw").to_pylist() == [True, False]
    assert (before == pixels(after, rows("a cat", "a dog"))).all()


def test_a_padding_repeat_never_lends_its_verdict(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = with_checker(opened(batch_size=4), Checker({2, 3}, blanks=True))
    assert stage(rows("a cat", "a dog")).column("nsfw").to_pylist() == [False, False]


def test_a_models_own_safety_checker_is_loaded_unless_left_out(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    table = opened("checked")(rows("a cat", "a dog"))
    assert table.column("error").to_pylist() == ["blanked by the safety checker"] * 2
    free = opened("checked", safety_checker=False)(rows("a cat", "a dog"))
    assert free.column("nsfw").to_pylist() == [None, None]
    assert free.column("error").null_count == 2


@pytest.mark.parametrize("checked", [False, True])
def test_a_picture_that_is_not_finite_is_an_error_and_never_black(
    checked: bool, opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size=2)
    if checked:
        with_checker(stage, Checker(set(), blanks=False))
    inner = stage.pipeline.vae.decode

    def decode_badly(latents: torch.Tensor, **more: Any) -> tuple[torch.Tensor]:
        decoded = inner(latents, **more)[0]
        decoded[0, 0, 3, 3] = float("nan")
        return (decoded,)

    stage.pipeline.vae.decode = decode_badly
    table = stage(rows("a cat", "a dog")).to_pylist()
    assert table[0]["error"].startswith("not finite")
    assert table[0]["image"] is None
    assert table[1]["error"] is None


def test_running_out_of_memory_halves_the_batch_for_good(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size="auto")
    assert stage.batch_size == AUTO_BATCH
    fail_above(stage, 8)
    made = images(stage, rows(*PROMPTS))
    assert stage.batch_size == 8
    assert made == images(opened(batch_size=8), rows(*PROMPTS))


def fail_above(stage: Txt2ImgStage, most: int) -> None:
    inner = stage.pipeline.prepare_latents

    def prepare_latents(batch_size: int, *rest: Any) -> Any:
        if batch_size > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(batch_size, *rest)

    stage.pipeline.prepare_latents = prepare_latents


def test_a_fixed_batch_size_that_does_not_fit_is_refused(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size=8)
    fail_above(stage, 4)
    with pytest.raises(ModelError, match=r"source\.batch_size: 8 images don't fit into memory"):
        stage(rows("a cat"))


def test_one_image_that_does_not_fit_is_refused(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size="auto")
    stage.batch_size = 2
    fail_above(stage, 0)
    with pytest.raises(ModelError, match="not even one image fits into memory"):
        stage(rows("a cat"))


def test_another_fault_of_the_model_is_not_taken_for_lack_of_memory(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened(batch_size="auto")
    stage.pipeline.prepare_latents = lambda *_: (_ for _ in ()).throw(RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        stage(rows("a cat"))


def test_a_model_that_is_not_there_is_named(settings: Made, tmp_path: Path) -> None:
    stage = Txt2ImgStage(settings(model=str(tmp_path / "nothing")))
    with pytest.raises(ModelError, match=r"source\.model: '.*nothing' could not be loaded"):
        stage.open()


def test_a_hub_model_is_asked_for_by_id_revision_and_variant_and_never_as_a_pickle(
    settings: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def from_pretrained(*place: Any, **options: Any) -> Any:
        asked.append((place, options))
        raise OSError("no network")

    index = {"_class_name": "StableDiffusionPipeline", "safety_checker": ["diffusers", "Checker"]}
    monkeypatch.setattr(DiffusionPipeline, "load_config", lambda *_, **__: index)
    monkeypatch.setattr(DiffusionPipeline, "from_pretrained", from_pretrained)
    hub = {"model": "owner/model", "revision": "abc", "variant": "fp16", "safety_checker": False}
    with pytest.raises(ModelError, match=r"'owner/model' could not be loaded \(no network\)"):
        Txt2ImgStage(settings(**hub)).open()
    assert asked[0][0] == ("owner/model",)
    assert asked[0][1] == {
        "revision": "abc",
        "variant": "fp16",
        "safety_checker": None,
        "requires_safety_checker": False,
        "use_safetensors": True,
        "dtype": torch.float32,
    }


def test_damaged_weights_are_a_model_error(
    family: Callable[[str], Path], tmp_path: Path, settings: Made
) -> None:
    folder = Path(shutil.copytree(family("sd"), tmp_path / "damaged"))
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"source\.model: '.*damaged' could not be loaded"):
        Txt2ImgStage(settings(model=str(folder))).open()


def test_a_folder_with_half_precision_files_runs_in_the_asked_precision(
    family: Callable[[str], Path], tmp_path: Path, settings: Made, rows: Rowed
) -> None:
    half = StableDiffusionPipeline.from_pretrained(family("sd"), dtype=torch.float16)
    half.save_pretrained(tmp_path / "half")
    stage = Txt2ImgStage(settings(model=str(tmp_path / "half")))
    stage.open()
    assert {stage.pipeline.text_encoder.dtype, stage.pipeline.unet.dtype} == {torch.float32}
    assert stage(rows("a cat")).column("error").null_count == 1


def test_automatic_precision_follows_device_and_family() -> None:
    assert choose_dtype("auto", "cpu", {"unet": []}) == torch.float32
    assert choose_dtype("auto", "cuda", {"unet": []}) == torch.float16
    assert choose_dtype("auto", "cuda", {"transformer": []}) == torch.bfloat16
    assert choose_dtype("float32", "cuda", {"transformer": []}) == torch.float32


def test_large_pictures_are_made_one_by_one_on_a_cpu(settings: Made) -> None:
    pipeline = SimpleNamespace(vae=SimpleNamespace(config={"sample_size": 512}))
    assert is_large(pipeline, settings())
    assert is_large(SimpleNamespace(), settings(size_px=512))
    assert not is_large(SimpleNamespace(), settings(size_px=64))


def test_half_precision_runs_on_a_cpu_too(opened: Callable[..., Txt2ImgStage], rows: Rowed) -> None:
    stage = opened(dtype="bfloat16", device="cpu")
    exact = pixels(opened(device="cpu"), rows("a cat"))
    assert np.abs(pixels(stage, rows("a cat")) - exact).mean() < 4


def test_encodings_differ_by_file_name_and_format(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    starts = {
        "jpeg": (b"\xff\xd8", ".jpg"),
        "png": (b"\x89PNG", ".png"),
        "webp": (b"RIFF", ".webp"),
    }
    for name, (start, extension) in starts.items():
        ((path, data),) = images(opened(encoding={"format": name}), rows("a cat")).items()
        assert data.startswith(start)
        assert path == f"id-0{extension}"


def test_rounding_is_to_the_nearest_level() -> None:
    levels = torch.tensor([0.0, 0.4, 0.6, 254.4, 255.0]) / 255
    assert to_uint8(levels.expand(3, 1, 5))[0, :, 0].tolist() == [0, 0, 1, 254, 255]


def test_nothing_is_printed(opened: Callable[..., Txt2ImgStage], rows: Rowed, capfd: Any) -> None:
    opened()(rows("a very long prompt that goes past the end of what the encoder reads"))
    assert capfd.readouterr() == ("", "")


def test_a_longer_prompt_limit_reaches_encoder_and_call(
    opened: Callable[..., Txt2ImgStage], rows: Rowed
) -> None:
    stage = opened("sd3", max_tokens=24)
    arguments = stage._embeddings.arguments([Request("a cat", None, 0)])
    assert arguments["prompt_embeds"].shape[1] == 24 + 16  # T5 and, beside it, CLIP
    assert stage(rows("a cat")).column("error").null_count == 1
    with pytest.raises(ModelError, match=r"source\.max_tokens: a StableDiffusionPipeline reads"):
        opened("sd", max_tokens=24)


def test_pipelines_that_are_read_by_their_own_class_are_those_that_diffusers_would_choose() -> None:
    for name in TEXT_TO_IMAGE:
        chosen = _get_task_class(AUTO_TEXT2IMAGE_PIPELINES_MAPPING, name)
        assert chosen is getattr(diffusers, name)


def test_a_model_of_a_common_family_loads_no_other_pipeline() -> None:
    code = (
        "import sys\nfrom synthset.recipe.sources import Txt2Img\n"
        "from synthset.sources.diffusion.pipelines import load\n"
        "load(Txt2Img(kind='txt2img', model='miniature'))\n"
        "print('diffusers.pipelines.auto_pipeline' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
