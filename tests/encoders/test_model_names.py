import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from synthset.encoders import model_names
from synthset.encoders.model_names import PACKAGES, list_models

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))


def test_the_lists_are_those_of_the_libraries():
    from build_model_names import FOLDER, make_lists

    for library, text in make_lists().items():
        assert (FOLDER / f"{library}-models.tsv").read_text() == text, "run build_model_names.py"


def test_old_names_and_those_without_weights_are_known():
    timm = list_models("timm", "gluon_resnet18_v1b")
    assert timm["gluon_resnet18_v1b"] == timm["adv_inception_v3"] == ()
    assert timm["resnet50"] == timm["resnet50.a1_in1k"] == ("pretrained",)


@pytest.mark.parametrize("library", PACKAGES)
def test_only_another_version_of_a_library_is_asked(library, monkeypatch):
    assert "newest" not in list_models(library, "newest")
    asked = SimpleNamespace(open_clip=lambda: {"newest": ()}, timm=lambda name: {name: ()})
    monkeypatch.setattr(model_names, f"ask_{library}", getattr(asked, library))
    monkeypatch.setattr(model_names, "version", lambda package: "99")
    assert list_models(library, "newest") == {"newest": ()}
    listed = {"open_clip": "ViT-B-32", "timm": "resnet50"}[library]
    assert "newest" not in list_models(library, listed)


def test_weights_that_are_not_listed_are_asked_for(monkeypatch):
    monkeypatch.setattr(model_names, "ask_open_clip", lambda: {"ViT-B-32": ("newest",)})
    monkeypatch.setattr(model_names, "version", lambda package: "99")
    assert list_models("open_clip", "ViT-B-32", "newest")["ViT-B-32"] == ("newest",)
    assert "openai" in list_models("open_clip", "ViT-B-32", "openai")["ViT-B-32"]
