import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.data import create_transform, resolve_model_data_config

from synthset.encoders.classifier import ClassifierStage
from synthset.errors import ModelError
from synthset.recipe.encoders import ClassifierEncoder
from synthset.stage import Rows, list_column


def opened(**settings):
    encoder = ClassifierStage(
        ClassifierEncoder(kind="classifier", device="cpu", **{"batch_size": 8, **settings})
    )
    encoder.open()
    return encoder


def test_features_and_logits_agree_with_timms_own_transform(timm_folder, pictures, rows_of):
    model = timm.create_model(f"local-dir:{timm_folder}", pretrained=True).eval()
    transform = create_transform(**resolve_model_data_config(model), is_training=False)
    with torch.inference_mode():
        batch = torch.stack([transform(Image.fromarray(picture)) for picture in pictures])
        maps = model.forward_features(batch)
        features = model.forward_head(maps, pre_logits=True).numpy()
        logits = model(batch).numpy()
    table = opened(model=str(timm_folder))(rows_of(pictures))
    off = np.abs(list_column(table, "features") - features).max() / np.abs(features).max()
    assert off < 0.02  # a level or two of 255 in the resize
    assert np.abs(list_column(table, "logits") - logits).max() < 0.02 * np.abs(logits).max()


def test_on_equal_pixels_features_agree_to_a_hundred_thousandth(timm_folder, pictures):
    encoder = opened(model=str(timm_folder))
    model = timm.create_model(f"local-dir:{timm_folder}", pretrained=True).eval()
    batch = encoder.resize(pictures)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ([0.4, 0.5, 0.6], [0.2, 0.25, 0.3]))
    with torch.inference_mode():
        features, logits = encoder.forward(batch)
        reference = model((batch / 255 - mean) / std)
    assert features.shape == (6, encoder.width)
    assert torch.linalg.norm(logits - reference) < 1e-5 * torch.linalg.norm(reference)


def test_bfloat16_comes_near_and_is_not_the_same(timm_folder, pictures, rows_of):
    exact, short = (
        list_column(opened(model=str(timm_folder), dtype=dtype)(rows_of(pictures)), "features")
        for dtype in ("float32", "bfloat16")
    )
    assert 1e-4 < np.linalg.norm(short - exact) / np.linalg.norm(exact) < 0.05


def test_widths_are_known_before_the_weights_are():
    for name, width, classes in (
        ("mobilenetv3_small_050", 1024, 1000),
        ("vit_tiny_patch16_224", 192, 1000),
        ("vit_small_patch14_dinov2.lvd142m", 384, 0),
    ):
        schema = ClassifierStage(ClassifierEncoder(kind="classifier", model=name)).writes
        assert schema.field("features").type.list_size == width
        assert ("logits" in schema.names) == bool(classes)


def test_a_model_without_a_last_layer_gives_features_alone(tmp_path, pictures, rows_of):
    arguments = {"num_classes": 0, "layers": [1, 1, 1, 1], "channels": [8, 16, 24, 32]}
    model = timm.create_model("resnet10t", **arguments)
    config = {"architecture": "resnet10t", "num_classes": 0, "model_args": arguments}
    config["pretrained_cfg"] = {"input_size": [3, 32, 32], "num_classes": 0}
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    table = opened(model=str(tmp_path))(rows_of(pictures))
    assert table.column_names == ["features", "error"]


def test_a_weight_file_says_how_many_classes_there_are(timm_folder, tmp_path, pictures, rows_of):
    state = load_file(timm_folder / "model.safetensors")
    state["fc.weight"], state["fc.bias"] = state["fc.weight"][:3].clone(), state["fc.bias"][:3]
    save_file({k: v.contiguous() for k, v in state.items()}, tmp_path / "three.safetensors")
    encoder = opened(model=str(timm_folder), weights=str(tmp_path / "three.safetensors"))
    assert encoder(rows_of(pictures)).schema.field("logits").type.list_size == 3


def test_weights_of_another_architecture_are_refused(tmp_path):
    save_file({"some.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=r"other\.safetensors could not be loaded.*exactly this"):
        opened(model="resnet10t", weights=str(tmp_path / "other.safetensors"))


def test_an_unknown_name_and_unsupported_preprocessing_are_explained(timm_folder, tmp_path):
    with pytest.raises(ModelError, match="resnet5000"):
        opened(model="resnet5000")
    config = json.loads((timm_folder / "config.json").read_text())
    config["pretrained_cfg"]["crop_mode"] = "border"
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").symlink_to(timm_folder / "model.safetensors")
    with pytest.raises(ModelError, match="border"):
        opened(model=str(tmp_path))


def test_a_real_classifier_recognises_real_photos(shared_data):
    weights = str(shared_data / "mobilenet_v2.safetensors")
    table = pq.read_table(shared_data / "imagenet-sample" / "val.parquet").slice(0, 24)
    rows = Rows(table.append_column("id", table.column("label").cast("string")))
    encoder = opened(model="mobilenetv2_100", weights=weights)
    logits = list_column(encoder(rows), "logits")
    assert (logits.argmax(axis=1) == table.column("label").to_numpy()).mean() > 0.7
