from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from synthset.errors import ModelError, RecipeError
from synthset.models.miniatures import locate
from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion import adapters, models
from synthset.sources.diffusion.txt2img import Txt2ImgStage
from synthset.stage import Rows

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"  # diffusers
)

Made = Callable[..., Settings]
Rowed = Callable[..., Rows]
QUERY = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q"
WIDTHS = (32, 32)  # of QUERY: in, out
TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def save_lora(place: Path, model: Path, seed: int = 0) -> Path:
    """Save a LoRA of random weights for a model's denoiser, as diffusers' training does."""
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", dtype=torch.float32)
    torch.manual_seed(seed)
    unet.add_adapter(LoraConfig(r=2, target_modules=TARGETS, init_lora_weights=False))
    layers = get_peft_model_state_dict(unet)
    StableDiffusionPipeline.save_lora_weights(place, layers, safe_serialization=True)
    return place


@pytest.fixture(scope="module")
def lora(family: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lora(tmp_path_factory.mktemp("lora") / "one", family("sd"))


def sha256(settings: Settings, rows: Rows) -> list[str]:
    stage = Txt2ImgStage(settings)
    stage.open()
    return stage(rows).column("sha256").to_pylist()


def problems(settings: Settings) -> list[str]:
    return [str(problem) for problem in models.check(settings)]


def added(path: Path, scale: float = 1.0) -> dict[str, Any]:
    return {"lora": [{"path": str(path), "scale": scale}]}


def word(path: Path, token: str = "<qz>") -> dict[str, Any]:
    return {"textual_inversion": [{"path": str(path), "token": token}]}


@pytest.fixture
def embedding(tmp_path: Path) -> Path:
    """A word of two vectors."""
    vectors = torch.randn(2, 32, generator=torch.Generator().manual_seed(0))
    save_file({"emb_params": vectors}, tmp_path / "word.safetensors")
    return tmp_path / "word.safetensors"


def test_a_lora_changes_pixels_by_its_scale_and_scale_zero_changes_none(
    settings: Made, rows: Rowed, lora: Path
) -> None:
    asked = rows("a cat", "a dog")
    base, nothing, half, whole = (
        sha256(settings(**more), asked)
        for more in ({}, added(lora, 0), added(lora, 0.5), added(lora))
    )
    assert nothing == base
    assert all(len({*each}) == 3 for each in zip(base, half, whole, strict=True))


def query_weight(settings: Settings) -> torch.Tensor:
    stage = Txt2ImgStage(settings)
    stage.open()
    weight: torch.Tensor = stage.pipeline.unet.get_submodule(QUERY).weight
    return weight


def test_fused_loras_add_scaled_products_to_the_weights(settings: Made, lora: Path) -> None:
    weights = load_file(lora / "pytorch_lora_weights.safetensors")
    down, up = (weights[f"unet.{QUERY}.lora_{side}.weight"] for side in "AB")
    twice = {"lora": [*added(lora, 0.5)["lora"], *added(lora, -2)["lora"]]}
    before = query_weight(settings())
    for more, scale in ((added(lora, 0.5), 0.5), (twice, -1.5)):
        after = query_weight(settings(**more))
        torch.testing.assert_close(after - before, scale * up @ down, atol=1e-5, rtol=1e-4)


def test_a_lora_for_the_miniature_works_from_a_file(tmp_path: Path, rows: Rowed) -> None:
    place = save_lora(tmp_path / "lora", locate("txt2img"))
    quick = {"kind": "txt2img", "num_steps": 2, "batch_size": 1}
    with_lora = quick | added(place / "pytorch_lora_weights.safetensors")
    assert models.check(Settings.model_validate(with_lora)) == []
    hashes = [sha256(Settings.model_validate(one), rows("a cat")) for one in (quick, with_lora)]
    assert hashes[0] != hashes[1]


def test_a_lora_of_another_model_is_refused_at_once(settings: Made, tmp_path: Path) -> None:
    other = settings(**added(save_lora(tmp_path / "lora", locate("txt2img"))))
    (problem,) = problems(other)
    assert problem.startswith("source.lora[0].path: it ")
    assert problem.endswith("; name one that was trained on this model's family")
    with pytest.raises(ModelError, match=r"source\.lora\[0\]\.path: .* this model's family"):
        Txt2ImgStage(other).open()


def test_a_lora_of_another_width_is_refused_at_once(
    settings: Made, lora: Path, tmp_path: Path
) -> None:
    weights = load_file(lora / "pytorch_lora_weights.safetensors")
    name = next(name for name in weights if name.endswith("lora_A.weight"))
    save_file(weights | {name: torch.zeros(2, 5)}, tmp_path / "wide.safetensors")
    wide = settings(**added(tmp_path / "wide.safetensors"))
    (problem,) = problems(wide)
    assert "it has width 5 at" in problem
    with pytest.raises(ModelError, match=r"doesn't fit the model \(.*size mismatch"):
        Txt2ImgStage(wide).open()


def test_a_lora_that_fits_in_part_only_is_refused_while_loading(
    settings: Made, lora: Path, tmp_path: Path
) -> None:
    weights = load_file(lora / "pytorch_lora_weights.safetensors")
    strange = {k.replace("attn1", "attn9"): v for k, v in weights.items()}
    save_file(strange, tmp_path / "part.safetensors")
    part = settings(**added(tmp_path / "part.safetensors"))
    assert "attn9.to_k, which the model's unet doesn't have" in problems(part)[0]
    with pytest.raises(ModelError, match=r"only \d+ of its \d+ changes fit this model"):
        Txt2ImgStage(part).open()


def test_missing_damaged_and_pickled_adapters_are_named(
    settings: Made, tmp_path: Path, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is nothing at" in problems(settings(**added(tmp_path / "none")))[0]
    assert "contains no .safetensors file" in problems(settings(**added(tmp_path)))[0]
    (tmp_path / "lora.bin").write_bytes(b"")
    assert "other formats could run code" in problems(settings(**added(tmp_path / "lora.bin")))[0]
    (tmp_path / "a.safetensors").write_bytes(b"garbage")
    assert "not a readable safetensors" in problems(settings(**added(tmp_path)))[0]
    save_file({"x": torch.zeros(1)}, tmp_path / "b.safetensors")
    assert "contains a.safetensors, b.safetensors; name" in problems(settings(**added(tmp_path)))[0]
    assert "contains no LoRA" in problems(settings(**added(tmp_path / "b.safetensors")))[0]
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    assert "pip install 'synthset[lora]'" in problems(settings(**added(lora)))[0]


def test_a_learned_word_changes_the_prompts_that_hold_it_and_no_other(
    settings: Made, rows: Rowed, embedding: Path
) -> None:
    asked = rows("a cat", "a <qz>")
    plain, taught = (sha256(settings(**more), asked) for more in ({}, word(embedding)))
    assert plain[0] == taught[0]
    assert plain[1] != taught[1]


def test_a_learned_word_with_other_vectors_makes_other_pictures(
    settings: Made, rows: Rowed, embedding: Path, tmp_path: Path
) -> None:
    save_file({"<any>": -load_file(embedding)["emb_params"]}, tmp_path / "other.safetensors")
    files = (embedding, tmp_path / "other.safetensors")
    one, other = (sha256(settings(**word(file)), rows("a <qz>")) for file in files)
    assert one != other


def test_sdxl_learns_a_word_for_both_its_encoders(
    settings: Made, rows: Rowed, tmp_path: Path
) -> None:
    both = {name: torch.randn(1, 32) for name in ("clip_l", "clip_g")}
    save_file(both, tmp_path / "word.safetensors")
    learned = settings("sdxl", size_px=32, **word(tmp_path / "word.safetensors"))
    assert models.check(learned) == []
    stage = Txt2ImgStage(learned)
    stage.open()
    assert stage(rows("a <qz>")).column("error").null_count == 1
    for part, name in (("text_encoder", "clip_l"), ("text_encoder_2", "clip_g")):
        last = getattr(stage.pipeline, part).get_input_embeddings().weight[-1]
        assert torch.equal(last, both[name][0])


def test_words_that_the_model_knows_or_cannot_take_are_named(
    settings: Made, embedding: Path, tmp_path: Path
) -> None:
    assert problems(settings(**word(embedding))) == []
    (known,) = problems(settings(**word(embedding, "a")))
    place, _, rest = known.partition(": ")
    assert place == "source.textual_inversion[0].token"
    assert rest == "the model knows 'a' already; choose another token, such as '<a>'"
    save_file({"emb_params": torch.zeros(1, 7)}, tmp_path / "wide.safetensors")
    wide = settings(**word(tmp_path / "wide.safetensors"))
    assert "its vectors have 7 numbers, but the model's text encoder takes 32" in problems(wide)[0]
    with pytest.raises(ModelError, match=r"textual_inversion\[0\]\.path: .* doesn't fit the model"):
        Txt2ImgStage(wide).open()
    twice = {"textual_inversion": word(embedding)["textual_inversion"] * 2}
    assert "'<qz>' appears twice" in problems(settings(**twice))[0]
    save_file({"a": torch.zeros(1), "b": torch.zeros(1)}, tmp_path / "two.safetensors")
    two = settings(**word(tmp_path / "two.safetensors"))
    assert "contains 2 tensors" in problems(two)[0]


def test_families_that_take_no_words_say_so(settings: Made, embedding: Path) -> None:
    with pytest.raises(ModelError, match="a StableDiffusion3Pipeline doesn't take learned words"):
        Txt2ImgStage(settings("sd3", **word(embedding))).open()


def test_a_word_of_two_vectors_counts_as_two_tokens(settings: Made, embedding: Path) -> None:
    plain, taught = (models.count_tokens(settings(**more)) for more in ({}, word(embedding)))
    assert plain is not None
    assert taught is not None
    assert taught[0](["a cat"]) == plain[0](["a cat"])
    assert taught[0](["a <qz>"]) == [plain[0](["a"])[0] + 2]


def test_half_precision_takes_lora_and_word(
    settings: Made, rows: Rowed, lora: Path, embedding: Path
) -> None:
    both = settings(dtype="bfloat16", **added(lora), **word(embedding))
    stage = Txt2ImgStage(both)
    stage.open()
    assert {stage.pipeline.unet.dtype, stage.pipeline.text_encoder.dtype} == {torch.bfloat16}
    assert stage(rows("a <qz>")).column("error").null_count == 1


def test_an_adapter_that_went_since_planning_is_named(
    settings: Made, lora: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(lora, tmp_path / "copy"))
    stage = Txt2ImgStage(settings(**added(place)))
    shutil.rmtree(place)
    with pytest.raises(RecipeError, match=r"source\.lora\[0\]\.path: there is nothing at"):
        stage.open()


def test_a_lora_in_the_names_of_kohya_reaches_denoiser_and_text_encoder(
    settings: Made, tmp_path: Path
) -> None:
    place = "lora_te_text_model_encoder_layers_0_self_attn"
    names = {f"lora_unet_{QUERY.replace('.', '_')}": WIDTHS}
    names |= {f"{place}_{one}_proj": (32, 32) for one in ("q", "k", "v", "out")}
    draw, tensors = torch.Generator().manual_seed(0), {}
    for name, (wide, high) in names.items():
        tensors[f"{name}.lora_down.weight"] = torch.randn(2, wide, generator=draw)
        tensors[f"{name}.lora_up.weight"] = torch.randn(high, 2, generator=draw)
        tensors[f"{name}.alpha"] = torch.tensor(1.0)  # half its rank, so half of it is added
    save_file(tensors, tmp_path / "kohya.safetensors")
    changed = query_weight(settings(**added(tmp_path / "kohya.safetensors")))
    down, up = (tensors[f"{next(iter(names))}.lora_{side}.weight"] for side in ("down", "up"))
    torch.testing.assert_close(changed - query_weight(settings()), 0.5 * up @ down)
