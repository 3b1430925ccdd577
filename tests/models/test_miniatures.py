"""The shipped models load offline through their own libraries; the cards give what was measured."""

import json
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import open_clip
import pytest
import timm
import torch
from diffusers import AutoPipelineForText2Image, DiffusionPipeline
from diffusers.utils import logging
from PIL import Image
from safetensors import safe_open

from synthset.encoders.models import hash_weights
from synthset.models import miniatures
from synthset.models.miniatures import find_reference_statistics, locate, read_words
from synthset.recipe.encoders import ClassifierEncoder, ClipEncoder

HOME = locate("clip").parent
NAMES = ("txt2img", "clip", "classifier")
CLASS_NAMES = [
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
]
ENCODERS = {"clip": ClipEncoder(kind="clip"), "classifier": ClassifierEncoder(kind="classifier")}

# diffusers' DPM-Solver hands numpy a tensor in a way that numpy 2 will refuse one day
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a miniature asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def pipeline() -> Iterator[DiffusionPipeline]:
    logging.disable_progress_bar()
    loaded = DiffusionPipeline.from_pretrained(locate("txt2img"))
    loaded.set_progress_bar_config(disable=True)
    yield loaded
    logging.enable_progress_bar()


@pytest.fixture(scope="module")
def quality() -> dict[str, dict[str, object]]:
    return json.loads((HOME / "quality.json").read_text())


def sample(pipeline: DiffusionPipeline, prompts: list[str]) -> np.ndarray:
    seeds = [torch.Generator().manual_seed(seed) for seed in range(len(prompts))]
    return pipeline(
        prompts, num_inference_steps=6, guidance_scale=3.0, generator=seeds, output_type="np"
    ).images


def test_the_pipeline_makes_two_pictures(pipeline: DiffusionPipeline) -> None:
    images = sample(pipeline, ["a photo of a ship", "a photo of a frog"])

    assert images.shape == (2, 32, 32, 3)
    assert np.isfinite(images).all()
    assert images.std() > 0.1
    assert np.abs(images[0] - images[1]).mean() > 0.05


def test_a_picture_does_not_depend_on_its_companion(pipeline: DiffusionPipeline) -> None:
    alone = sample(pipeline, ["a photo of a ship"])[0]
    among = sample(pipeline, ["a photo of a ship", "a photo of a frog"])[0]

    np.testing.assert_allclose(alone, among, atol=2e-3)


def test_the_pipeline_runs_in_float32(pipeline: DiffusionPipeline) -> None:
    parts = (pipeline.unet, pipeline.vae, pipeline.text_encoder)

    assert {part.dtype for part in parts} == {torch.float32}


def test_the_autoencoder_gives_back_what_it_was_given(pipeline: DiffusionPipeline) -> None:
    ramp = torch.linspace(-0.8, 0.8, 32)
    image = torch.stack([ramp.expand(32, 32), ramp[:, None].expand(32, 32), torch.zeros(32, 32)])

    with torch.no_grad():
        back = pipeline.vae.decode(pipeline.vae.encode(image[None]).latents).sample[0]

    assert (back - image).square().mean() < 4 * 10**-3.0  # 30 dB


def test_a_long_prompt_with_strange_words_is_cut_and_drawn(pipeline: DiffusionPipeline) -> None:
    images = sample(pipeline, ["a photo of a truck " + "quixotic zeppelin übermut " * 20])

    assert np.isfinite(images).all()


def test_the_pipeline_loads_by_its_task() -> None:
    loaded = AutoPipelineForText2Image.from_pretrained(locate("txt2img"))

    assert type(loaded).__name__ == "StableDiffusionPipeline"


def test_clip_tells_pictures_of_the_pipeline_apart(pipeline: DiffusionPipeline) -> None:
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{locate('clip')}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{locate('clip')}")
    prompts = ["a photo of a ship", "a photo of a frog"]
    pictures = (sample(pipeline, prompts * 4) * 255).astype(np.uint8)
    with torch.no_grad():
        images = model.eval().encode_image(
            torch.stack([preprocess(Image.fromarray(one)) for one in pictures]), normalize=True
        )
        texts = model.encode_text(tokenizer(prompts), normalize=True)

    assert images.shape == (8, 128)
    right = (images @ texts.T).argmax(1) == torch.tensor([0, 1] * 4)
    assert right.float().mean() >= 0.75


def test_the_classifier_names_its_classes() -> None:
    model = timm.create_model(f"local-dir:{locate('classifier')}", pretrained=True).eval()
    config = timm.data.resolve_model_data_config(model)
    preprocess = timm.data.create_transform(**config, is_training=False)
    pixels = preprocess(Image.new("RGB", (32, 32), (90, 140, 220)))[None]
    with torch.no_grad():
        logits = model(pixels)

    assert pixels.shape == (1, 3, 64, 64)
    assert logits.shape == (1, 10)
    assert model.pretrained_cfg["label_names"] == CLASS_NAMES


@pytest.mark.parametrize("encoder", ["clip", "classifier"])
@pytest.mark.parametrize(("split", "n"), [("train", 50_000), ("test", 10_000)])
def test_the_statistics_belong_to_the_weights(encoder: str, split: str, n: int) -> None:
    with safe_open(find_reference_statistics(encoder, split), framework="np") as file:
        mean, cov, facts = file.get_tensor("mean"), file.get_tensor("cov"), file.metadata()

    assert mean.dtype == cov.dtype == np.float64
    assert cov.shape == (len(mean), len(mean))
    np.testing.assert_allclose(cov, cov.T, atol=1e-12)
    assert np.linalg.eigvalsh(cov).min() > -1e-9
    assert facts["encoder_sha256"] == hash_weights(ENCODERS[encoder])
    assert int(facts["n"]) == n
    assert facts["source"].startswith(f"CIFAR-10 {split}")


def test_everything_is_small() -> None:
    sizes = {path: path.stat().st_size for path in HOME.rglob("*") if path.is_file()}

    assert sum(sizes.values()) < 40e6
    assert max(sizes.values()) < 11e6


def test_nothing_shipped_is_a_pickle() -> None:
    kept = {path.suffix for path in HOME.rglob("*") if "__pycache__" not in path.parts}

    assert kept <= {"", ".py", ".json", ".txt", ".md", ".safetensors"}


@pytest.mark.parametrize("name", NAMES)
def test_each_card_says_where_the_model_comes_from(name: str) -> None:
    card = (locate(name) / "README.md").read_text()

    for word in ("## Data", "## Measured", "## Limits", "Krizhevsky", "2009", "core"):
        assert word in card
    if name != "classifier":
        assert "Bird and Lotfi 2024" in card
        assert "Rombach" in card


def test_the_cards_give_the_measured_numbers(quality: dict[str, dict[str, object]]) -> None:
    cards = {name: (locate(name) / "README.md").read_text() for name in NAMES}
    text_to_image = quality["txt2img"]

    assert f"{text_to_image['recognition_rate']:.1%}" in cards["txt2img"]
    assert f"{text_to_image['core_s_per_image']:.3f}" in cards["txt2img"]
    for rate in text_to_image["recognition_rate_by_class"].values():
        assert f"{rate:.1%}" in cards["txt2img"]
    assert f"{quality['clip']['zero_shot_accuracy']:.1%}" in cards["clip"]
    assert f"**{quality['classifier']['test_accuracy']:.1%}**" in cards["classifier"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: locate("gan"), "there is no such miniature"),
        (lambda: find_reference_statistics("clip", "val"), "the split 'train' or 'test'"),
    ],
)
def test_an_unknown_name_is_explained(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_module_needs_no_torch() -> None:
    source = Path(miniatures.__file__).read_text()

    assert "torch" not in source


def test_the_words_are_those_of_the_training() -> None:
    captions = Path(__file__).parents[2] / "scripts" / "miniatures" / "captions.toml"
    assert read_words() == tomllib.loads(captions.read_text(encoding="utf-8"))["classes"]
