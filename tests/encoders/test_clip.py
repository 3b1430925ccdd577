import json

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torch.nn.functional import normalize
from transformers import (
    AutoTokenizer,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPTokenizer,
)

from synthset.encoders import clip
from synthset.encoders.clip import Clip, ClipText, read_clip_width
from synthset.errors import ModelError
from synthset.recipe.encoders import ClipEncoder
from synthset.stage import list_column

TEXTS = ["a photo of a cat", "a photo of a dog", "a photo of a cat", "ship"]


@pytest.fixture(scope="module")
def transformers_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transformers-clip")
    torch.manual_seed(4)
    tower = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes = {"intermediate_size": 64, "projection_dim": 16}
    words = ["<|startoftext|>", "<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz"]
    vocabulary = {w: i for i, w in enumerate([*words, *(f"{c}</w>" for c in words[2:])])}
    text = {"vocab_size": len(vocabulary), "max_position_embeddings": 12, "eos_token_id": 1}
    vision = {"image_size": 32, "patch_size": 8}
    config = CLIPConfig(
        text_config={**tower, **sizes, **text, "bos_token_id": 0, "pad_token_id": 1},
        vision_config={**tower, **sizes, **vision},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    crop = {"height": 32, "width": 32}
    CLIPImageProcessor(size={"shortest_edge": 36}, crop_size=crop).save_pretrained(folder)
    return folder


def settings_of(folder, **more):
    return ClipEncoder(kind="clip", model=str(folder), device="cpu", batch_size=4, **more)


def features_of(folder, rows):
    encoder = Clip(settings_of(folder))
    encoder.open()
    return list_column(encoder(rows), "features")


def test_open_clip_images_agree_with_its_own_preprocessing(open_clip_folder, pictures, rows_of):
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{open_clip_folder}")
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in pictures])
        reference = model.eval().encode_image(batch, normalize=True).numpy()
    ours = features_of(open_clip_folder, rows_of(pictures))
    assert ours.shape == (6, 16)
    assert np.abs(ours - reference).max() < 5e-3  # a level or two of 255 in the resize
    assert np.abs(ours[1] - reference[1]).max() < 1e-6  # 32 px: nothing to resize


def test_transformers_images_agree_with_its_own_preprocessing(
    transformers_folder, pictures, rows_of
):
    model = CLIPModel.from_pretrained(transformers_folder).eval()
    processor = CLIPImageProcessor.from_pretrained(transformers_folder)
    with torch.inference_mode():
        batch = processor([Image.fromarray(p) for p in pictures], return_tensors="pt")
        output = model.get_image_features(**batch)
        reference = normalize(getattr(output, "pooler_output", output), dim=-1).numpy()
    assert np.abs(features_of(transformers_folder, rows_of(pictures)) - reference).max() < 1e-5


def test_open_clip_texts_agree_with_its_own(open_clip_folder):
    model = open_clip.create_model(f"local-dir:{open_clip_folder}").eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{open_clip_folder}")
    with torch.inference_mode():
        reference = model.encode_text(tokenizer(TEXTS), normalize=True).numpy()
    assert np.abs(ClipText(settings_of(open_clip_folder)).encode(TEXTS) - reference).max() < 1e-6


def test_transformers_texts_agree_with_its_own(transformers_folder):
    model = CLIPModel.from_pretrained(transformers_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(transformers_folder)
    with torch.inference_mode():
        tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=12, return_tensors="pt")
        output = model.get_text_features(**tokens)
        reference = normalize(getattr(output, "pooler_output", output), dim=-1).numpy()
    assert np.abs(ClipText(settings_of(transformers_folder)).encode(TEXTS) - reference).max() < 1e-5


def test_bfloat16_comes_near_and_is_not_the_same(transformers_folder, pictures, rows_of):
    exact = features_of(transformers_folder, rows_of(pictures))
    encoder = Clip(settings_of(transformers_folder, dtype="bfloat16"))
    encoder.open()
    short = list_column(encoder(rows_of(pictures)), "features")
    assert 1e-4 < np.linalg.norm(short - exact) / np.linalg.norm(exact) < 0.05


def test_a_short_text_is_filled_up_to_a_step_only_and_gives_the_same(
    transformers_folder, monkeypatch
):
    texts = ["cat", "a dog in a hat", "ship"]
    filled_to_the_context = ClipText(settings_of(transformers_folder)).encode(texts)
    monkeypatch.setattr(clip, "TEXT_STEP", 4)
    model = ClipText(settings_of(transformers_folder))
    together = model.encode(texts)
    assert model._towers.lengths(texts) == [8, 12, 8]
    assert np.abs(together - filled_to_the_context).max() < 1e-6
    assert np.array_equal(
        ClipText(settings_of(transformers_folder)).encode(["ship"])[0], together[2]
    )


def test_features_have_unit_length_and_the_declared_width(
    open_clip_folder, transformers_folder, pictures, rows_of
):
    for folder in (open_clip_folder, transformers_folder):
        assert read_clip_width(settings_of(folder)) == 16
        lengths = np.linalg.norm(features_of(folder, rows_of(pictures)), axis=1)
        assert np.allclose(lengths, 1, atol=1e-6)


def test_each_distinct_text_is_computed_once_and_alike_in_any_company(
    open_clip_folder, monkeypatch
):
    model = ClipText(settings_of(open_clip_folder))
    together = model.encode(TEXTS)
    monkeypatch.setattr(model, "_towers", None)
    monkeypatch.setattr(clip, "load_towers", lambda settings: pytest.fail("loaded again"))
    assert np.array_equal(model.encode(TEXTS[::-1]), together[::-1])
    monkeypatch.undo()
    assert np.array_equal(ClipText(settings_of(open_clip_folder)).encode(["ship"])[0], together[3])


def test_no_texts_give_no_rows(open_clip_folder):
    assert ClipText(settings_of(open_clip_folder)).encode([]).shape == (0, 16)


def test_a_text_beyond_the_context_is_cut(open_clip_folder, transformers_folder):
    for folder in (open_clip_folder, transformers_folder):
        assert np.isfinite(ClipText(settings_of(folder)).encode(["cat dog " * 100])).all()


def test_a_name_without_weights_is_refused_not_filled_with_random_numbers():
    encoder = Clip(ClipEncoder(kind="clip", model="RN50", device="cpu"))
    with pytest.raises(ModelError, match="pretrained: missing for RN50"):
        encoder.open()


def test_a_folder_without_a_model_is_explained(tmp_path):
    with pytest.raises(ModelError, match=r"could not be loaded.*give a folder"):
        Clip(settings_of(tmp_path)).open()


def test_preprocessing_that_is_not_ours_is_refused():
    with pytest.raises(ModelError, match="longest"):
        clip._resize(32, 32, "bicubic", "longest")
    with pytest.raises(ModelError, match="only square"):
        clip._resize((32, 64), (32, 64), "bicubic", "squash")
