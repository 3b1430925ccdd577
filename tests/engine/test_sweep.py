"""Sweeps: small runs side by side, in one page and one picture."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PIL import Image
from shapes import cells, recipe

from synthset.engine.sweep import Axes, make_cell_recipe, pick_labels, read_figures, sweep_grid
from synthset.errors import RecipeError, UsageError
from synthset.pages.dataset.sweep_page import grid_picture
from synthset.recipe.recipe import load_recipe
from synthset.results.metric_result import MetricResult
from synthset.taxonomy.classlists import make_name_classes

SEEN = {"encoders": {"pixels": {"kind": "pixels"}}}
TWO = Axes((), ("plain", "background"), 2, 3)


def sweep(place, axes=TWO, **content):
    return sweep_grid(recipe(**SEEN, **content), place, axes)


def test_each_cell_is_a_dataset_and_the_grid_shows_them_all(tmp_path):
    found, page = sweep(tmp_path / "s")
    assert [cell.dataset.name for cell in found] == ["plain", "background"]
    assert all(cell.dataset.records().num_rows == 6 for cell in found)
    text = page.read_text()
    assert text.count("<img ") == 12
    assert text.count('class="cell"') == 2
    assert not re.search(r'(src|href)="(?!data:)', text)
    with Image.open(page.with_suffix(".png")) as picture:
        assert picture.width > 300


def test_diversity_is_the_mean_over_the_classes(tmp_path):
    found, _ = sweep(tmp_path / "s")
    metrics = found[0].dataset.metrics()
    by_class = [m.value for m in metrics if m.class_key and m.of == "all"]
    assert len(by_class) == 2
    assert found[0].figures["diversity"].value == pytest.approx(sum(by_class) / 2)


def test_cells_share_their_seeds(tmp_path):
    found, _ = sweep(tmp_path / "s")
    seeds = [cell.dataset.records().column("seed").to_pylist() for cell in found]
    assert seeds[0] == seeds[1]


def test_a_sweep_again_makes_no_image_and_a_wider_one_only_what_is_new(tmp_path):
    sweep(tmp_path / "s")
    stages = (tmp_path / "s" / "plain" / "run.jsonl").read_text().count('"stage"')
    before = cells(tmp_path / "s" / "plain")
    sweep(tmp_path / "s", replace(TWO, prompts=("plain", "background", "clip")))
    assert cells(tmp_path / "s" / "plain") == before
    assert (tmp_path / "s" / "plain" / "run.jsonl").read_text().count('"stage"') == stages
    assert (tmp_path / "s" / "clip" / "dataset.json").exists()


def test_a_cell_keeps_everything_and_measures_recognition_distance_and_diversity():
    own = load_recipe("demo")
    names = {"kind": "names", "names": ["cat", "dog"]}
    one = make_cell_recipe(own, names, "clip", 7.5, 4)
    assert (one.name, one.source.guidance_scale, one.prompts.kind) == ("clip-g7_5", 7.5, "clip")
    assert (one.selection.steps, one.exports) == ((), ())
    kinds = [metric.kind for metric in one.metrics]
    assert kinds == ["recognition_rate", "frechet_distance", "vendi"]


def test_the_recipes_own_prompts_are_a_kind_too(tmp_path):
    own = {"templates": ["{class} {x}"], "variations": {"x": ["p", "q"]}}
    (cell,), _ = sweep(tmp_path / "s", Axes((), ("recipe",), 1, 4), prompts=own)
    assert set(cell.dataset.records().column("prompt").to_pylist()) <= {"circle p", "circle q"}


def test_classes_are_drawn_evenly_or_named():
    ten = make_name_classes([f"class {number}" for number in range(10)])
    assert pick_labels(ten, 3) == [0, 4, 9]
    assert pick_labels(ten, 1) == [0]
    assert pick_labels(ten, 99) == list(range(10))
    assert pick_labels(ten, ("class 7", "class-2")) == [7, 2]
    with pytest.raises(
        UsageError, match="--classes klass 7: there is no such class; did you mean 'class 7'"
    ):
        pick_labels(ten, ("klass 7",))


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ({"kind": "imagenet", "select": "imagenette"}, ["tench", "parachute"]),
        (
            {"kind": "wordnet", "synsets": ["cat.n.01"], "closure": True, "max_depth": 1},
            ["cat", "wildcat"],
        ),
        ({"kind": "words", "words": ["unicycle", "crane (bird)", "owl"]}, ["unicycle", "owl"]),
    ],
)
def test_classes_of_every_kind_stay_what_they_are(tmp_path, classes, names):
    found, _ = sweep(tmp_path / "s", Axes((), ("gloss",), 2, 2), classes=classes)
    known = found[0].dataset.classes()
    assert all(re.fullmatch(r"n\d{8}", one["key"]) and one["gloss"] for one in known)
    assert [one["name"] for one in known] == names


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        (Axes((2.0,), ("plain",), 2, 2), "--guidance: a source of kind shapes has no guidance"),
        (
            Axes((), ("glos",), 2, 2),
            "--prompts glos: there is no such kind of prompts; did you mean 'gloss'",
        ),
    ],
)
def test_an_axis_that_makes_no_sense_is_explained(tmp_path, axes, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        sweep(tmp_path / "s", axes)


def test_all_cells_are_checked_before_the_first_is_made(tmp_path):
    with pytest.raises(RecipeError, match=r"gloss: prompts\.templates: it uses \{gloss\}"):
        sweep(tmp_path / "s", Axes((), ("plain", "gloss"), 1, 2))
    assert not (tmp_path / "s").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="contains other files"):
        sweep(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_diversity_over_some_of_the_classes_says_so():
    whole = MetricResult(name="Vendi (pixels)", of="all", measured_by="pixels", value=2.0)
    one = replace(whole, class_key="a", subject="diversity")
    for classes, words in ((["a", "b"], " over 1 of 2 classes"), (["a"], "")):
        dataset = SimpleNamespace(metrics=lambda: [one], classes=lambda known=classes: known)
        assert read_figures(dataset)["diversity"].over == words


def test_the_picture_has_the_pictures_and_figures_of_each_cell(tmp_path):
    found, _ = sweep(tmp_path / "s")
    picture = grid_picture(found)
    assert [row[0] for row in picture.table.rows] == ["plain", "background"]
    drawn = picture.__html__()
    assert drawn.count("<image ") == 2
    assert "What prompts and guidance change" in drawn
