"""Prompts from everywhere, in a dataset: planned once, recorded, and the same for ever."""

from __future__ import annotations

import csv
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chat_server import chat_server
from shapes import recipe

import synthset
from synthset.engine.check import forecast_run
from synthset.engine.plan import name_plan
from synthset.errors import ModelError, RecipeError
from synthset.images import encode
from synthset.source import Material

TRUCK = {"kind": "wordnet", "synsets": ["truck.n.01", "cat.n.01"]}
CALF = "feline mammal usually having thick soft fur and no ability to roar: domestic cats; wildcats"


def planned(dataset):
    rows = dataset.read(dataset.view.plan, ["class_name", "prompt", "id"]).to_pylist()
    return {name: [r["prompt"] for r in rows if r["class_name"] == name] for name in
            dict.fromkeys(r["class_name"] for r in rows)}  # fmt: skip


def ids(dataset):
    return dataset.read(dataset.view.plan, ["id"]).column("id").to_pylist()


def run(tmp_path, *changes, name="d", **content):
    content.setdefault("images_per_class", 4)
    return synthset.run(recipe(*changes, **content), tmp_path / name)


def test_plans_made_before_there_were_kinds_keep_their_names():
    """Names computed by the version before; another name would make every image again."""
    varied = {"templates": ["{class} {x}"], "variations": {"x": ["a", "b"]}, "negative": "blurry"}
    old = {"source": {"kind": "shapes"}, "classes": ["cat", "dog"], "images_per_class": 2}
    assert name_plan(recipe(prompts=varied, **old), Material(())) == "plan-97dd7904a84a"
    assert (
        name_plan(recipe(prompts={**varied, "draw": "balanced"}, **old), Material(()))
        != "plan-97dd7904a84a"
    )


def test_a_gloss_is_the_prompt_itself(tmp_path):
    found = planned(run(tmp_path, classes=TRUCK, prompts={"kind": "gloss"}))
    assert found["cat"] == [CALF] * 4


def test_class_and_gloss_stand_side_by_side(tmp_path):
    found = planned(run(tmp_path, classes=TRUCK, prompts={"kind": "class_gloss"}))
    assert found["cat"] == [f"cat, {CALF}"] * 4


def test_a_class_without_a_gloss_is_named_before_the_run(tmp_path):
    with pytest.raises(RecipeError, match=r"it uses \{gloss\}, but 'blorple' have none"):
        run(tmp_path, classes=["unicycle", "blorple"], prompts={"kind": "gloss"})


def test_long_glosses_are_shortened_for_the_miniature_and_short_ones_left():
    """The miniature reads 32 tokens."""
    content = {"source": {"kind": "txt2img"}, "images_per_class": 1}
    content["classes"] = {"kind": "wordnet", "synsets": ["dog.n.01"]}
    long = forecast_run(recipe(prompts={"kind": "gloss", "shorten": False}, **content), "x")
    short = forecast_run(recipe(prompts={"kind": "gloss"}, **content), "x")
    assert (long.cut_prompts, short.cut_prompts) == (1, 0)
    assert long.prompts[0].startswith(short.prompts[0].split(" that ")[0])
    assert any("longer than the 32 tokens" in note for note in long.notes)


def test_backgrounds_differ_within_a_class(tmp_path):
    found = planned(run(tmp_path, prompts={"kind": "background"}, images_per_class=60))
    assert all(len(set(prompts)) == 60 for prompts in found.values())
    assert all(text.startswith("a photo of a star ") for text in found["star"])


def test_clip_templates_are_used_in_turn(tmp_path):
    found = planned(run(tmp_path, prompts={"kind": "clip"}, images_per_class=80))
    assert len(set(found["star"])) == 80


def test_a_balanced_draw_uses_each_word_alike_and_more_images_change_no_id(tmp_path):
    words = {"view": "shipped", "place": ["here", "there"]}
    prompts = {"templates": ["a {class} {place}, {view}"], "variations": words, "draw": "balanced"}
    dataset = run(tmp_path, prompts=prompts, images_per_class=10)
    first = ids(dataset)
    used = Counter(text.split(", ")[1] for text in planned(dataset)["star"])
    assert set(used.values()) == {1}
    again = run(tmp_path, prompts=prompts, images_per_class=15)
    assert ids(again)[:30] == first


def test_a_text_file_gives_templates_for_all_classes(tmp_path):
    (tmp_path / "p.txt").write_text("one {class}\n{a_class}, painted\n")
    found = planned(run(tmp_path, prompts={"kind": "file", "file": str(tmp_path / "p.txt")}))
    assert Counter(found["star"]) == {"one star": 2, "a star, painted": 2}


def test_a_table_gives_each_class_its_own_and_another_table_is_another_plan(tmp_path):
    file = tmp_path / "p.csv"
    file.write_text("class,prompt\nstar,bright {star}\nstar,a star\ncircle,o\nsquare,s\n")
    prompts = {"kind": "file", "file": str(file)}
    dataset = run(tmp_path, prompts=prompts)
    assert Counter(planned(dataset)["star"]) == {"bright {star}": 2, "a star": 2}
    before = dataset.view.plan
    file.write_text("class,prompt\nstar,x\ncircle,o\nsquare,s\n")
    assert run(tmp_path, prompts=prompts).view.plan != before


def test_a_class_without_a_prompt_in_the_file_is_named(tmp_path):
    (tmp_path / "p.csv").write_text("class,prompt\nstar,x\n")
    with pytest.raises(
        RecipeError, match="prompts: there is no text for 'circle', 'square'; add one"
    ):
        run(tmp_path, prompts={"kind": "file", "file": str(tmp_path / "p.csv")})


def test_a_missing_prompt_file_is_a_problem_of_the_recipe(tmp_path):
    with pytest.raises(RecipeError, match=r"prompts\.file: .*p\.txt cannot be read"):
        run(tmp_path, prompts={"kind": "file", "file": str(tmp_path / "p.txt")})


def test_captions_come_from_a_file_or_from_a_reference(tmp_path):
    (tmp_path / "c.csv").write_text("class,caption\nstar,at night\ncircle,on paper\nsquare,red\n")
    found = planned(run(tmp_path, prompts={"kind": "captions", "file": str(tmp_path / "c.csv")}))
    assert found["circle"] == ["a photo of a circle, on paper"] * 4
    real = [
        {"bytes": encode(np.full((8, 8, 3), level, np.uint8), "png"), "path": None}
        for level in range(3)
    ]
    table = {
        "image": real,
        "label": ["star", "circle", "square"],
        "said": ["shiny", "round", "big"],
    }
    pq.write_table(pa.table(table), tmp_path / "real.parquet")
    paths = [{"path": str(tmp_path / "real.parquet"), "prompt_column": "said"}]
    found = planned(run(tmp_path, name="e", prompts={"kind": "captions", "reference": "real"},
                        references={"real": {"kind": "images", "paths": paths}}))  # fmt: skip
    assert found["star"] == ["a photo of a star, shiny"] * 4


def test_a_reference_without_captions_is_refused(tmp_path):
    real = {"real": {"kind": "images", "paths": [{"path": str(tmp_path)}]}}
    with pytest.raises(RecipeError, match=r"prompts\.reference: reference 'real' has no captions"):
        recipe(prompts={"kind": "captions", "reference": "real"}, references=real)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHSET_CACHE", str(tmp_path / "cache"))
    with chat_server() as server:
        prompts = {"kind": "llm", "model": "tiny", "per_class": 3}
        prompts["address"] = f"http://127.0.0.1:{server.server_port}/v1"
        yield server, prompts


def test_a_language_model_is_asked_once_and_its_prompts_are_recorded(tmp_path, asked):
    server, prompts = asked
    dataset = run(tmp_path, prompts=prompts)
    assert Counter(planned(dataset)["star"]).keys() == {f"A star number 0-{i}" for i in range(3)}
    (file,) = (tmp_path / "d" / "prompts").iterdir()
    assert len(list(csv.DictReader(file.read_text().splitlines()))) == 9
    assert len(server.asked) == 3
    (event,) = [event for event in dataset.events() if event["event"] == "prompts"]
    assert (event["model"], event["classes"], event["fewest"]) == ("tiny", 3, 3)
    assert re.search("OPENAI_API_KEY", (tmp_path / "d" / "recipe.yaml").read_text())


def test_more_images_and_another_class_ask_only_what_is_new(tmp_path, asked, monkeypatch):
    server, prompts = asked
    first = ids(run(tmp_path, prompts=prompts, classes=["circle", "square"]))
    monkeypatch.setenv("SYNTHSET_CACHE", str(tmp_path / "lost"))
    more = run(tmp_path, prompts=prompts, classes=["circle", "square", "star"], images_per_class=6)
    assert ids(more)[: len(first)] == first
    assert len(server.asked) == 3


def test_what_was_recorded_makes_the_same_plan_without_the_model(tmp_path, asked):
    _, prompts = asked
    first = run(tmp_path, prompts=prompts)
    (file,) = (tmp_path / "d" / "prompts").iterdir()
    again = run(tmp_path, name="e", prompts={"kind": "file", "file": str(file)})
    assert ids(again) == ids(first)


def test_a_plan_asks_nobody_and_says_what_a_run_would_ask(tmp_path, asked):
    server, prompts = asked
    found = forecast_run(recipe(prompts=prompts), str(tmp_path / "d"))
    assert not found.problems
    assert any("3 prompts for each of 3 of 3 classes" in note for note in found.notes)
    assert server.asked == []


def test_a_silent_model_stops_the_run_before_any_image(tmp_path, asked):
    server, prompts = asked
    server.script = [(401, {}, "no key")] * 20
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        run(tmp_path, prompts=prompts)
    assert not list((tmp_path / "d").glob("plan-*"))


def test_the_variety_of_prompts_is_measured_and_on_the_page(tmp_path):
    dataset = run(tmp_path, prompts={"kind": "background"}, images_per_class=4)
    found = dataset.read_json(dataset.view.prompts)
    assert (found["prompts"], found["kind"], found["encoder"]) == (12, "background", None)
    assert [row["different"] for row in found["classes"]] == [4, 4, 4]
    page = (tmp_path / "d" / "report" / "index.html").read_text()
    assert '<section id="prompts">' in page
    assert "classes before varied backgrounds" in page


def test_a_clip_reads_the_prompts_where_there_is_one(tmp_path):
    clip = {"encoders": {"clip": {"kind": "clip"}}, "classes": ["cat", "dog"]}
    same = run(tmp_path, name="a", images_per_class=2, **clip)
    varied = run(tmp_path, name="b", images_per_class=2, prompts={"kind": "background"}, **clip)
    same, varied = (d.read_json(d.view.prompts) for d in (same, varied))
    assert same["classes"][0]["spread"] == pytest.approx(0, abs=1e-6)
    assert varied["classes"][0]["spread"] > 1e-5
    assert same["spread"] > 0.1  # cat and dog
    assert same["encoder"] == "miniature clip"
