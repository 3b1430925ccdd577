"""Source cues of a finished set: as the files lie, and laid out alike."""

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.errors import RecipeError
from synthset.measures.source_cues import draw

CUES = {
    "file format",
    "size",
    "borders",
    "jpeg",
    "frequency",
    "brightness and colour",
    "all cues together",
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Pictures of one kind: the real ones are JPEG, the generated ones PNG."""
    place = tmp_path_factory.mktemp("cues")
    random = np.random.default_rng(0)
    for part, ending, options in (("real", "jpg", {"quality": 95}), ("made", "png", {})):
        for name in ("cat", "dog"):
            (place / part / name).mkdir(parents=True)
            for number in range(40):
                rough = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8))
                smooth = rough.resize((40, 40), Image.Resampling.BICUBIC)
                smooth.save(place / part / name / f"{number}.{ending}", **options)
    recipe = {
        "name": "cues",
        "classes": {"kind": "source"},
        "source": {"kind": "folder", "paths": [{"path": str(place / "made")}]},
        "references": {"real": {"kind": "images", "paths": [{"path": str(place / "real")}]}},
        "metrics": [{"kind": "source_cues", "reference": "real"}],
        "selection": {"steps": [{"kind": "random", "per_class": 15}]},
        "engine": {"workers": 1},
    }
    return recipe, synthset.run(recipe, place / "d"), place


def areas(dataset, name, of="all"):
    rows = [row for row in dataset.metrics() if row.of == of]
    return {row.cue.name: row for row in rows if row.name == f"{name}: {row.cue.name}"}


def test_the_format_tells_the_sides_apart_until_they_are_laid_out_alike(measured):
    _, dataset, _ = measured
    stored, matched = areas(dataset, "source cue"), areas(dataset, "source cue, matched")
    assert set(stored) == set(matched) == CUES
    for cue in ("file format", "jpeg", "all cues together"):
        assert stored[cue].value > 0.99
        assert matched[cue].interval.low <= 0.5 <= matched[cue].interval.high
    assert stored["size"].value == 0.5


@pytest.mark.parametrize(("of", "count"), [("all", 80), ("kept", 30)])
def test_all_and_kept_are_measured_on_their_own_images(measured, of, count):
    _, dataset, _ = measured
    for row in areas(dataset, "source cue", of).values():
        assert (row.n, row.reference) == (count, "real, 80 images")
    assert not areas(dataset, "source cue", "rejected")


def test_how_they_were_laid_out_is_said(measured):
    _, dataset, _ = measured
    row = areas(dataset, "source cue, matched")["jpeg"]
    assert row.measured_by == "probe, all at 40 px, JPEG quality 85"


def test_a_second_run_measures_nothing_again(measured):
    recipe, dataset, place = measured
    before = len(dataset.events())
    synthset.run(recipe, place / "d")
    assert "metrics" not in {event.get("role") for event in dataset.events()[before:]}


def test_too_few_images_give_no_number_but_a_reason(measured):
    recipe, _, place = measured
    few = {**recipe, "images_per_class": 5, "selection": {}}
    rows = areas(synthset.run(few, place / "few"), "source cue").values()
    assert all(row.value is None for row in rows)
    assert {row.warning for row in rows} == {"fewer than 20 images on a side"}


def test_statistics_and_unknown_references_are_refused(measured):
    recipe, _, _ = measured
    stored = {"real": {"kind": "statistics", "file": "cifar10-train"}}
    with pytest.raises(RecipeError, match=r"metrics\[0\]\.reference: source_cues compares images"):
        synthset.load_recipe({**recipe, "references": stored})
    with pytest.raises(RecipeError, match="no entry 'real' in references"):
        synthset.load_recipe({**recipe, "references": {}})


def test_images_are_drawn_by_content_each_once():
    hashes = np.array(["c", "a", None, "b", "a"], dtype=object)
    assert draw(hashes, 2) == draw(hashes[::-1], 2) == ["a", "b"]
