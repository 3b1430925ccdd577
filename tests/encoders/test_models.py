import hashlib
import json
import subprocess
import sys

import pytest

from synthset.encoders import models
from synthset.encoders.models import check, fingerprint_encoder, hash_weights
from synthset.recipe.encoders import ClassifierEncoder, ClipEncoder, InceptionEncoder, PixelsEncoder


def clip(**settings):
    return ClipEncoder(kind="clip", **settings)


def classifier(**settings):
    return ClassifierEncoder(kind="classifier", **settings)


def told(settings):
    return [str(problem) for problem in check("encoders.e", settings)]


def test_good_models_have_no_problem(open_clip_folder, timm_folder):
    assert told(clip(model=str(open_clip_folder))) == []
    assert told(clip(model="ViT-B-32", pretrained="laion2b_s34b_b79k")) == []
    assert told(classifier(model=str(timm_folder))) == []
    assert told(classifier(model="resnet50.a1_in1k")) == []
    assert told(classifier(model="hf-hub:timm/resnet18.a1_in1k")) == []
    assert told(InceptionEncoder(kind="inception")) == []
    assert told(PixelsEncoder(kind="pixels")) == []


def test_a_missing_folder_gets_its_nearest_sibling(timm_folder):
    wrong = timm_folder.parent / timm_folder.name.replace("timm", "tim")
    (problem,) = told(classifier(model=str(wrong)))
    assert (
        problem
        == f"encoders.e.model: there is no folder {wrong}; did you mean {timm_folder.name!r}?"
    )
    (problem,) = told(clip(model=f"{timm_folder}/no/such"))
    assert "there is no folder" in problem


def test_a_hub_name_without_prefix_is_explained():
    (problem,) = told(clip(model="openai/clip-vit-base-patch32"))
    assert "for a hub model, write hf-hub:openai/clip-vit-base-patch32" in problem


def test_a_folder_of_another_kind_is_refused(open_clip_folder, timm_folder, tmp_path):
    assert "names an architecture" in told(classifier(model=str(open_clip_folder)))[0]
    assert "model_type clip" in told(clip(model=str(timm_folder)))[0]
    (tmp_path / "config.json").write_text('{"architecture": "resnet10t"}')
    assert "no .safetensors file" in told(classifier(model=str(tmp_path)))[0]
    assert "is a file" in told(clip(model=str(tmp_path / "config.json")))[0]


def test_unknown_names_get_the_nearest_known_one():
    assert told(classifier(model="resnet5O.a1_in1k")) == [
        "encoders.e.model: there is no timm model called 'resnet5O.a1_in1k'; "
        "did you mean 'resnet50.a1_in1k'?"
    ]
    assert "did you mean 'ViT-B-32'?" in told(clip(model="ViT-B32", pretrained="openai"))[0]
    assert "did you mean 'openai'?" in told(clip(model="RN50", pretrained="opnai"))[0]


def test_a_clip_name_needs_its_weights_and_a_folder_brings_them(open_clip_folder):
    assert told(clip(model="RN50"))[0].startswith("encoders.e.pretrained: missing for RN50")
    assert "leave it out" in told(clip(model=str(open_clip_folder), pretrained="openai"))[0]


def test_missing_and_unsafe_weight_files_are_named(tmp_path):
    (tmp_path / "weights.bin").touch()
    (problem,) = told(InceptionEncoder(kind="inception", weights=str(tmp_path / "weight.bin")))
    assert problem.endswith("did you mean 'weights.bin'?")
    (problem,) = told(classifier(model="resnet18", weights=str(tmp_path / "weights.bin")))
    assert "save them as safetensors" in problem
    (problem,) = told(clip(model="RN50", pretrained=str(tmp_path / "weight.bin")))
    assert problem.startswith("encoders.e.pretrained: there is no file")


def test_a_name_without_weights_anywhere_asks_for_a_file():
    assert "give a local file" in told(classifier(model="resnet200"))[0]


def test_the_sha256_of_a_local_model_is_that_of_its_one_weight_file(open_clip_folder):
    weights = (open_clip_folder / "open_clip_model.safetensors").read_bytes()
    expected = hashlib.sha256(weights).hexdigest()
    assert hash_weights(clip(model=str(open_clip_folder))) == expected


def test_models_elsewhere_are_named_not_hashed():
    assert hash_weights(clip(model="RN50", pretrained="openai")) == "clip:RN50:openai"
    assert hash_weights(classifier(model="resnet18")) == "classifier:resnet18"
    assert hash_weights(InceptionEncoder(kind="inception")) == models.INCEPTION


def test_a_fingerprint_changes_with_weights_preprocessing_and_arithmetic(timm_folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in timm_folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    original = fingerprint_encoder(classifier(model=str(timm_folder)))
    assert fingerprint_encoder(classifier(model=str(copy))) == original
    assert fingerprint_encoder(classifier(model=str(copy), batch_size=7)) == original
    assert fingerprint_encoder(classifier(model=str(copy), dtype="bfloat16")) != original
    config = json.loads((copy / "config.json").read_text())
    config["pretrained_cfg"]["crop_pct"] = 1.0
    (copy / "config.json").write_text(json.dumps(config))
    assert fingerprint_encoder(classifier(model=str(copy))) != original


def test_the_resize_of_inception_is_part_of_its_fingerprint():
    prints = {
        fingerprint_encoder(InceptionEncoder(kind="inception", resize=resize))
        for resize in ("clean", "torch-fidelity")
    }
    assert len(prints) == 2


@pytest.mark.parametrize("module", ["models", "classlist", "faults"])
def test_what_planning_needs_imports_no_torch(module):
    code = f"import sys, synthset.encoders.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
