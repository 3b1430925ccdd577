"""What `synthset run` and `synthset plan` load before there is anything to compute."""

import json
import subprocess
import sys

import pytest

import synthset

MODEL_LIBRARIES = {"torch", "diffusers", "transformers", "open_clip", "timm", "scipy"}
MINIATURES = {
    "name": "small",
    "classes": ["cat", "dog"],
    "source": {"kind": "txt2img", "model": "miniature", "num_steps": 1},
    "images_per_class": 3,
    "encoders": {
        "clip": {"kind": "clip", "model": "miniature"},
        "classifier": {"kind": "classifier", "model": "miniature"},
    },
    "scores": [
        {"kind": "clip_score", "encoder": "clip"},
        {"kind": "recognition", "encoder": "classifier"},
        {"kind": "quality"},
    ],
    "references": {"cifar10": {"kind": "statistics", "file": "cifar10-train"}},
    "metrics": [
        {"kind": "recognition_rate", "score": "recognition"},
        {"kind": "frechet_distance", "encoder": "clip", "reference": "cifar10"},
        {"kind": "inception_score", "encoder": "classifier"},
    ],
    "selection": {
        "steps": [
            {"kind": "limits", "limits": {"clip_score": {"min": 10}}},
            {"kind": "duplicates"},
        ]
    },
    "exports": [{"kind": "imagefolder"}],
}
NAMED = {
    **MINIATURES,
    "source": {"kind": "txt2img", "model": "stable-diffusion-v1-5/stable-diffusion-v1-5"},
    "encoders": {
        "clip": {"kind": "clip", "model": "ViT-B-32", "pretrained": "laion2b_s34b_b79k"},
        "classifier": {"kind": "classifier", "model": "resnet50.a1_in1k"},
    },
    "scores": [{"kind": "clip_score", "encoder": "clip"}],
    "references": {},
    "metrics": [],
}


def loaded_by(*words):
    """Run a command, and name the model libraries that it has loaded."""
    code = (
        "import sys\nfrom synthset.cli.app import main\n"
        f"sys.argv = {['synthset', *map(str, words)]}\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print(sorted({MODEL_LIBRARIES} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()[-1]


def written(content, folder):
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(content))
    return path


def test_a_run_with_nothing_to_do_loads_no_model_library(tmp_path):
    synthset.run(MINIATURES, tmp_path / "d")
    assert loaded_by("run", written(MINIATURES, tmp_path), "-o", tmp_path / "d") == "[]"


@pytest.mark.parametrize("content", [MINIATURES, NAMED], ids=["miniatures", "named"])
def test_a_plan_loads_no_model_library(content, tmp_path):
    assert loaded_by("plan", written(content, tmp_path), "-o", tmp_path / "d") == "[]"
