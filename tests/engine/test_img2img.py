"""Image to image through the whole run, by the miniature."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import synthset
from synthset.engine.catalog import make_source, plan_passes
from synthset.engine.check import forecast_run
from synthset.engine.plan import name_plan, settle_material
from synthset.errors import RecipeError
from synthset.export.card import write_card
from synthset.export.folder import open_export
from synthset.pages.dataset.gallery import _facts
from synthset.recipe.recipe import load_recipe
from synthset.results.dataset.finished_records import FinishedRecords

SWEEP = [0.5, 1.0]
CONTENT = {
    "name": "edited",
    "classes": ["Cat", "dog"],
    "source": {
        "kind": "img2img",
        "paths": [{"path": "photos"}],
        "strength": SWEEP,
        "num_steps": 2,
        "batch_size": 2,
        "encoding": {"format": "png"},
    },
    "images_per_class": 4,
    "engine": {"rows_per_shard": 5, "workers": 1},
}


def changed(**source):
    return CONTENT | {"source": CONTENT["source"] | source}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    draw = np.random.default_rng(0)
    for name, count in (("cat", 3), ("dog", 1), ("frog", 2)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            spots = Image.fromarray(draw.integers(0, 256, (4, 4, 3), dtype=np.uint8))
            place = tmp_path / "photos" / name / f"{number}.png"
            spots.resize((40, 32), Image.Resampling.BICUBIC).save(place)
    return tmp_path / "photos"


def problems(content, output="d"):
    return [str(problem) for problem in forecast_run(load_recipe(content), output).problems]


def test_parents_and_strengths_are_spread_evenly_and_told(photos):
    dataset = synthset.run(CONTENT, "d")
    rows = dataset.records().to_pylist()
    cats = [row for row in rows if row["class_name"] == "Cat"]
    assert sorted(Counter(row["parent"] for row in cats).values()) == [1, 1, 2]
    assert Counter(row["strength"] for row in cats) == {0.5: 2, 1.0: 2}
    assert all("/cat/" in row["source"] for row in cats)
    assert {row["prompt"] for row in cats} == {"a photo of a Cat"}
    assert len({row["sha256"] for row in rows}) == 8
    assert {(row["width"], row["height"]) for row in rows} == {(32, 32)}
    facts = _facts(FinishedRecords.of(dataset), cats[0])
    assert f"strength: {cats[0]['strength']:.4g}" in facts.splitlines()


def test_workers_and_growth_change_no_byte(photos):
    one = synthset.run(CONTENT, "one").records(selection=False)
    grown = synthset.run(CONTENT | {"images_per_class": 1}, "two")
    grown = synthset.run(CONTENT, "two", workers=2).records(selection=False)
    known = dict(zip(one["id"].to_pylist(), one["sha256"].to_pylist(), strict=True))
    assert dict(zip(grown["id"].to_pylist(), grown["sha256"].to_pylist(), strict=True)) == known


def planned(content):
    """Name the plan, and the digest that goes into its ids."""
    recipe = load_recipe(content)
    return name_plan(recipe, settle_material(recipe)), make_source(recipe).identity()


def test_other_parents_strengths_and_settings_are_another_plan(photos):
    base = planned(CONTENT)
    assert planned(changed(batch_size=7)) == base
    others = [changed(strength=0.5), changed(num_steps=4), changed(guidance_scale=3)]
    (photos / "cat" / "0.png").unlink()
    tables = {planned(content)[0] for content in (CONTENT, *others)}
    assert len(tables | {base[0]}) == 5


def test_a_moved_folder_keeps_what_is_in_the_ids(photos):
    before = planned(CONTENT)[1]
    photos.rename(photos.parent / "moved")
    assert planned(changed(paths=[{"path": "moved"}]))[1] == before


def test_an_adapter_is_part_of_the_ids_by_content_and_scale(photos, tmp_path):
    for name, value in (("a", 1.0), ("b", 2.0), ("same", 1.0)):
        save_file({"unet.x.lora_A.weight": torch.full((1, 1), value)}, f"{name}.safetensors")
    source = {"kind": "txt2img"}
    found = [
        make_source(load_recipe(CONTENT | {"source": source | {"lora": lora}})).identity()
        for lora in (
            [],
            [{"path": "a.safetensors"}],
            [{"path": "b.safetensors"}],
            [{"path": "a.safetensors", "scale": 0.5}],
            [{"path": "same.safetensors"}],
        )
    ]
    assert found[1] == found[4]
    assert "lora" not in str(found[0])
    assert len({str(one) for one in found}) == 4


def test_a_learned_word_is_part_of_the_ids_by_content_and_token(photos):
    for name, value in (("a", 1.0), ("b", 2.0)):
        save_file({"emb_params": torch.full((1, 128), value)}, f"{name}.safetensors")
    found = {
        str(
            make_source(
                load_recipe(changed(textual_inversion=[{"path": path, "token": token}]))
            ).identity()
        )
        for path, token in (
            ("a.safetensors", "<x>"),
            ("b.safetensors", "<x>"),
            ("a.safetensors", "<y>"),
        )
    }
    assert len(found) == 3


def table_of(photos, name, captions):
    """Write the cats as a Parquet file with captions."""
    files = sorted((photos / "cat").glob("*.png"))
    images = [{"bytes": file.read_bytes(), "path": file.name} for file in files]
    columns = {"image": images, "label": ["cat"] * len(files), "words": captions}
    Path(name).parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), name)


def test_captions_are_the_prompts_where_there_are_some(photos):
    table_of(photos, "train.parquet", ["a cat on a mat", None, "two cats"])
    captioned = changed(paths=[{"path": "train.parquet", "prompt_column": "words"}])
    captioned |= {"classes": ["cat"], "images_per_class": 3}
    told = forecast_run(load_recipe(captioned), "d")
    wanted = {"a cat on a mat", "a photo of a cat", "two cats"}
    assert set(told.prompts) == wanted
    rows = synthset.run(captioned, "d").records().to_pylist()
    assert {row["prompt"] for row in rows} == wanted
    assert all("train.parquet#" in row["source"] for row in rows)


@pytest.mark.parametrize(
    "name",
    ["test.parquet", "test-00000-of-00001.parquet", "x/testing.parquet", "A_TEST.PARQUET"],
)
def test_a_test_split_is_no_source(photos, name):
    table_of(photos, name, ["", "", ""])
    where = [{"path": "x" if name.startswith("x") else name}]
    (problem,) = problems(changed(paths=where))
    assert problem.startswith("source.paths[0].path: ")
    assert problem.endswith("is a test split; name images for training")


def test_a_folder_of_tests_is_no_source_and_a_class_called_tester_is_fine(photos):
    (photos / "cat").rename(photos / "tester")
    (only,) = problems(changed() | {"classes": ["tester"]})
    assert only.startswith("source.model: the miniature doesn't know 'tester'")
    photos.rename(photos.parent / "test")
    assert "is a test split" in problems(changed(paths=[{"path": "test"}]))[0]


def test_what_cannot_work_is_said_before_anything_is_written(photos):
    with pytest.raises(
        RecipeError, match=r"strength 0\.25 of 2 steps makes less than one step; set num"
    ):
        load_recipe(changed(strength=[0.25, 1.0]))
    assert (
        "no image to start from for 'horse'" in problems(CONTENT | {"classes": ["horse", "cat"]})[0]
    )
    missing = changed(lora=[{"path": "no.safetensors"}])
    assert problems(missing) == [
        "source.lora[0].path: there is nothing at no.safetensors; name a .safetensors file"
    ]
    with pytest.raises(RecipeError, match="nothing at no"):
        synthset.run(missing, "d")
    assert not Path("d").exists()


def test_a_learned_word_that_no_prompt_holds_is_noted(photos):
    save_file({"emb_params": torch.zeros(1, 128)}, "word.safetensors")
    words = {"textual_inversion": [{"path": "word.safetensors", "token": "<qz>"}]}
    idle = forecast_run(load_recipe(changed(**words)), "d")
    used = changed(**words) | {"prompts": {"templates": ["a <qz> {class}"]}}
    assert idle.problems == []
    assert "no prompt contains the learned word '<qz>'" in idle.notes
    assert not any("<qz>" in note for note in forecast_run(load_recipe(used), "d").notes)


def test_half_the_strength_takes_half_the_time(photos):
    whole, half = (forecast_run(load_recipe(changed(strength=s)), "d").seconds for s in (1.0, 0.5))
    assert half == pytest.approx(whole / 2)


def test_a_chunk_fills_the_calls_of_each_strength(photos):
    recipe = load_recipe(changed(batch_size=3))
    assert plan_passes(recipe, "plan")[0][0].chunk == 6


def test_classes_may_come_from_the_folders(photos):
    found = settle_material(load_recipe(CONTENT | {"classes": {"kind": "source"}}))
    assert [entry.name for entry in found.classes] == ["cat", "dog", "frog"]


def test_the_card_says_what_the_images_are_made_of(photos, tmp_path):
    dataset = synthset.run(CONTENT | {"images_per_class": 1}, "d")
    write_card(open_export(str(tmp_path)), dataset, dataset.kept(), [], None)
    text = (tmp_path / "README.md").read_text()
    assert "A diffusion model made it from a real image and a prompt" in text
    assert "nothing in it was photographed" not in text
