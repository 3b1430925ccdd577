"""What can be known to fail is told before anything is written."""

import os
import re
import shutil
from collections import namedtuple

import numpy as np
import pytest
from safetensors.numpy import save_file
from shapes import recipe

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import RecipeError
from synthset.recipe.recipe import load_recipe

DEMO = "demo"


def problems(output, *changes):
    return [str(p) for p in forecast_run(synthset.load_recipe(DEMO, changes), str(output)).problems]


WRONG = {
    "unknown folder": ("source.model=./nosuch", "source.model: there is no folder ./nosuch"),
    "no hub id": (
        "source.model=stabilityai",
        "source.model: 'stabilityai' is neither a local folder",
    ),
    "unknown class of the judge": ("classes=[cat, kiwi]", "scores[1].names.kiwi: the classifier"),
    "unknown statistics": ("references.cifar10.file=cifar", "references.cifar10.file (for metrics"),
    "unknown CLIP": (
        "encoders.clip.model=ViT-B-33",
        "encoders.clip.model: there is no open_clip model",
    ),
    "unknown timm model": ("encoders.classifier.model=resnt50", "encoders.classifier.model: "),
    "unknown field": ("prompts.templates=['{clas}']", "prompts.templates[0]: unknown field {clas}"),
    "no class in it": (
        "prompts.templates=['a photo']",
        "prompts.templates[0]: it doesn't name the class",
    ),
    "unknown synset": (
        "classes={kind: wordnet, synsets: [dgo.n.01]}",
        "classes.synsets[0]: ",
    ),
    "unknown ImageNet class": (
        "classes={kind: imagenet, select: [goldfsh]}",
        "classes.select[0]: ",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_problem_is_found_beforehand_and_nothing_is_written(tmp_path, name):
    change, message = WRONG[name]
    found = problems(tmp_path / "d", change)
    assert any(text.startswith(message) for text in found), found
    assert not (tmp_path / "d").exists()


def test_all_problems_are_told_at_once(tmp_path):
    found = problems(tmp_path, "source.model=./nosuch", "encoders.clip.model=ViT-B-33")
    assert len(found) == 2


def test_an_output_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert problems(tmp_path / "d")[0].startswith(f"output: cannot write to {tmp_path}")


def test_an_output_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert problems(tmp_path / "file")[0].startswith("output: ")


def test_a_disk_that_may_be_too_small_is_a_warning(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 1000))
    found = forecast_run(synthset.load_recipe(DEMO), str(tmp_path))
    assert found.problems == []
    assert found.warnings[0].startswith("the disk has 0.0 GB free, but this may take about ")


def test_the_miniature_is_not_asked_for_what_it_does_not_know(tmp_path):
    found = forecast_run(hub("miniature"), str(tmp_path / "d"))
    assert found.problems == []
    content = {"name": "x", "images_per_class": 1, "source": {"kind": "txt2img"}}
    fruit = load_recipe(content | {"classes": ["apple", "tabby cat", "sports cars", "hot-rod"]})
    (problem,) = forecast_run(fruit, str(tmp_path / "d")).problems
    assert str(problem).startswith("source.model: the miniature doesn't know 'apple', 'hot-rod'; ")
    assert "it can draw airplane, automobile" in problem.right


def test_a_clip_score_of_classes_that_the_miniature_does_not_know_is_a_warning(tmp_path):
    found = forecast_run(
        recipe(
            classes=["apple", "cat"],
            encoders={"clip": {"kind": "clip"}},
            scores=[{"kind": "clip_score", "encoder": "clip"}],
        ),
        str(tmp_path / "d"),
    )
    assert found.problems == []
    assert found.warnings[0].startswith("scores[0]: the CLIP miniature doesn't know 'apple', so")


def test_words_of_ones_own_may_name_what_the_miniature_knows(tmp_path):
    (tmp_path / "texts.csv").write_text("class,prompt\nTom,a photo of a black cat at home\n")
    content = {"name": "x", "images_per_class": 1, "source": {"kind": "txt2img"}}
    prompts = {"kind": "file", "file": str(tmp_path / "texts.csv")}
    mine = load_recipe(content | {"classes": ["Tom"], "prompts": prompts})
    assert forecast_run(mine, str(tmp_path / "d")).problems == []


def hub(model, **source):
    """A recipe's source: a hub model that nobody downloaded."""
    content = {"kind": "txt2img", "model": model} | source
    return load_recipe(
        {
            "name": "x",
            "classes": ["cat", "dog"],
            "images_per_class": 500,
            "source": content,
            "exports": [{"kind": "webdataset"}],
        }
    )


def test_a_hub_model_of_a_known_family_is_planned_in_its_own_size(tmp_path):
    found = forecast_run(hub("stable-diffusion-v1-5/stable-diffusion-v1-5"), str(tmp_path / "d"))
    assert found.disk_bytes == pytest.approx(319e9 / 1300, rel=0.005)
    assert not any("guess" in note for note in found.notes)


def test_a_guessed_size_is_called_a_guess(tmp_path):
    found = forecast_run(hub("nobody/knows-it"), str(tmp_path / "d"))
    assert any("assumes 1,024 px" in note for note in found.notes)
    assert found.seconds is None
    assert "isn't known" in found.basis


def test_statistics_of_other_weights_are_refused(tmp_path):
    file = tmp_path / "other.safetensors"
    facts = {"encoder_sha256": "f" * 64, "n": "10", "source": "elsewhere"}
    save_file({"mean": np.zeros(3), "cov": np.eye(3)}, file, metadata=facts)
    found = problems(tmp_path / "d", f"references.cifar10.file={file}")
    assert "made with other weights" in found[0]


def test_statistics_of_another_resize_are_refused(tmp_path):
    file = tmp_path / "other.safetensors"
    facts = {"encoder_sha256": "f", "n": "10", "source": "elsewhere", "resize": "torch-fidelity"}
    save_file({"mean": np.zeros(3), "cov": np.eye(3)}, file, metadata=facts)
    changes = (
        f"references.cifar10.file={file}",
        "encoders.fid.kind=inception",
        "metrics=[{kind: frechet_distance, encoder: fid, reference: cifar10}]",
    )
    assert "resize 'torch-fidelity', not 'clean'" in problems(tmp_path / "d", *changes)[0]


@pytest.mark.parametrize(
    ("made", "path", "said"),
    [
        (["a.png"], "real", "the images are directly in"),
        (["train/cat/a.png", "test/cat/a.png"], "real", "contains the splits test, train"),
        (["cat/a.txt"], "real", "no labelled image in"),
        (["cat/a.png"], "reel", "nothing at .*; did you mean .*/real"),
    ],
)
def test_a_reference_that_holds_no_images_is_refused_before_a_run(tmp_path, made, path, said):
    for name in made:
        (tmp_path / "real" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "real" / name).write_bytes(b"x")
    change = f"references.cifar10={{kind: images, paths: [{{path: {tmp_path / path}}}]}}"
    (problem, *_) = problems(tmp_path / "d", change)
    assert re.search(rf"^references\.cifar10\.paths\[0\]\.path: .*{said}", problem)


def test_a_forecast_counts_images_shards_and_prompts(tmp_path):
    found = forecast_run(synthset.load_recipe(DEMO, ["images_per_class=100"]), str(tmp_path))
    assert (found.images, found.classes, found.shards) == (1000, 10, 13)
    assert found.disk_bytes > 0
    assert found.seconds > 0
    assert found.cut_prompts == 0
    assert any("airplane" in prompt for prompt in found.prompts)


def test_prompts_that_would_be_cut_are_counted(tmp_path):
    change = f"prompts.templates=['{{class}} {'very ' * 80}']"
    found = forecast_run(synthset.load_recipe(DEMO, [change]), str(tmp_path))
    assert found.cut_prompts == 1
    assert any("longer than the 32 tokens" in note for note in found.notes)


def test_a_run_with_problems_writes_nothing(tmp_path):
    with pytest.raises(RecipeError):
        synthset.run(
            recipe(), tmp_path / "d", overrides=["source.kind=txt2img", "source.size_px=8"]
        )
    assert os.listdir(tmp_path) == []


def test_classes_may_have_numbers_of_images_of_their_own(tmp_path):
    mine = recipe(images_per_class={"star": 5, "circle": 2})
    assert forecast_run(mine, str(tmp_path / "d")).images == 7
    records = synthset.run(mine, tmp_path / "d").records()
    assert sorted(records.column("class_name").to_pylist()) == ["circle"] * 2 + ["star"] * 5


def test_a_number_of_images_for_an_unknown_class_is_a_problem(tmp_path):
    found = forecast_run(recipe(images_per_class={"stra": 5}), str(tmp_path / "d")).problems
    assert [str(one) for one in found] == [
        "images_per_class.stra: there is no such class; did you mean 'star'?"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": {"kind": "folder", "paths": [{"path": "x"}]}}, "source of kind 'folder'"),
        ({"selection": {"target_per_class": 3, "max_rounds": 1}}, "rounds that fill every class"),
        ({"images_per_class": {"star": 0}}, "no image of any class"),
        ({"images_per_class": {"star": -1}}, r"images_per_class\.star: found -1"),
    ],
)
def test_numbers_of_single_classes_are_refused_where_they_mean_nothing(changes, said):
    with pytest.raises(RecipeError, match=said):
        recipe(**{"images_per_class": {"star": 5}, **changes})
