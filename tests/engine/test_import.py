"""Images made elsewhere, from a folder and from real data, through the whole run."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.errors import RecipeError
from synthset.images import sha256

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SYNTHSET_DATA", ROOT.parent / "shared" / "data"))
CONTENT = {
    "name": "mine",
    "classes": {"kind": "source"},
    "source": {"kind": "folder", "paths": [{"path": "photos", "origin": "real"}]},
    "scores": [{"kind": "quality"}],
    "engine": {"rows_per_shard": 4, "workers": 1},
}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            noise = draw.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_bytes_are_kept_and_classes_come_from_the_folders(photos):
    dataset = synthset.run(CONTENT, "d")
    records = dataset.records()
    assert [entry["name"] for entry in dataset.classes()] == ["cat", "dog"]
    assert set(records["origin"].to_pylist()) == {"real"}
    first = dataset.read_images(records["id"].to_pylist()[:1])[0]
    assert first == (photos / "cat" / "0.png").read_bytes()


def test_a_corrupt_file_is_excluded_and_named(photos):
    (photos / "cat" / "1.png").write_bytes(b"\x89PNG broken")
    rows = synthset.run(CONTENT, "d").records().to_pylist()
    (bad,) = [row for row in rows if row["error"]]
    assert "1.png" in bad["error"]
    assert not bad["keep"]
    assert "1.png" in Path("d/report/index.html").read_text()


def test_copies_have_records_of_their_own_and_the_first_stays(photos):
    (photos / "cat" / "9.png").write_bytes((photos / "cat" / "0.png").read_bytes())
    records = synthset.run(CONTENT, "d").records()
    assert records.num_rows == 7
    assert len(set(records["id"].to_pylist())) == 7
    assert records["keep"].to_pylist().count(False) == 1


def test_new_files_are_added_and_nothing_else_changes(photos):
    first = synthset.run(CONTENT, "d").records()["id"].to_pylist()
    Image.fromarray(np.full((24, 24, 3), 90, np.uint8)).save(photos / "dog" / "7.png")
    again = synthset.run(CONTENT, "d").records()["id"].to_pylist()
    assert again[:6] == first
    assert len(again) == 7


def test_moving_the_folder_changes_no_id(photos):
    first = synthset.run(CONTENT, "d").records()["id"].to_pylist()
    photos.rename(photos.parent / "elsewhere")
    content = {
        **CONTENT,
        "source": {"kind": "folder", "paths": [{"path": "elsewhere", "origin": "real"}]},
    }
    assert synthset.run(content, "e").records()["id"].to_pylist() == first


def test_an_export_can_be_imported_again(photos):
    exports = [{"kind": "imagefolder", "path": "out"}]
    first = synthset.run({**CONTENT, "exports": exports}, "d").kept()
    source = {"kind": "folder", "paths": [{"path": "d/out/train", "origin": "real"}]}
    again = synthset.run({**CONTENT, "source": source}, "e").records()
    assert sorted(again["id"].to_pylist()) == sorted(first["id"].to_pylist())


def test_so_many_of_each_class_are_drawn_by_content(photos):
    two = synthset.run({**CONTENT, "images_per_class": 2}, "two").records()
    one = synthset.run({**CONTENT, "images_per_class": 1}, "one").records()
    assert np.bincount(np.asarray(two["label"])).tolist() == [2, 2]
    assert set(one["id"].to_pylist()) < set(two["id"].to_pylist())


def test_an_unlisted_class_is_left_out_and_said(photos):
    from synthset.engine.check import forecast_run

    recipe = synthset.load_recipe({**CONTENT, "classes": ["cat"]})
    assert forecast_run(recipe, "d").notes == [
        "left out because the recipe doesn't list their class: dog (3)"
    ]
    assert synthset.run(recipe, "d").records().num_rows == 3


@pytest.fixture
def cranes(tmp_path):
    """Folders called by wnid: a bird and a machine, both named crane."""
    for i, wnid in enumerate(("n02012849", "n03126707")):
        (tmp_path / "cranes" / wnid).mkdir(parents=True)
        Image.new("RGB", (8, 8), (100 * i, 0, 0)).save(tmp_path / "cranes" / wnid / "one.png")
    return {
        **CONTENT,
        "classes": {"kind": "imagenet", "select": ["n02012849", "n03126707"]},
        "source": {"kind": "folder", "paths": [{"path": str(tmp_path / "cranes")}]},
    }


def test_two_classes_of_one_name_are_told_apart_by_their_number(cranes, tmp_path):
    records = synthset.run(cranes, tmp_path / "d").records()
    keys = records.select(["class_key", "label"]).to_pylist()
    assert keys == [
        {"class_key": "n02012849", "label": 0},
        {"class_key": "n03126707", "label": 1},
    ]


def test_a_folder_that_two_classes_could_mean_is_refused(photos, tmp_path):
    Path("names.csv").write_text("name,folder\nCat,kitten\ndog,cat\n")
    asked = {**CONTENT, "classes": {"kind": "file", "path": "names.csv"}}
    message = r"'cat' could be Cat \(cat\) or dog \(dog\).*label_column"
    with pytest.raises(RecipeError, match=message):
        synthset.run(asked, tmp_path / "d")


def test_a_reference_of_imagenet_keeps_its_numbers(cranes, tmp_path):
    paths = cranes["source"]["paths"]
    asked = {
        **cranes,
        "source": {"kind": "shapes", "size_px": 8},
        "images_per_class": 2,
        "encoders": {"eye": {"kind": "pixels", "size_px": 2}},
        "references": {"photos": {"kind": "images", "paths": paths}},
        "metrics": [{"kind": "frechet_distance", "encoder": "eye", "reference": "photos"}],
    }
    synthset.run(asked, tmp_path / "d")
    (place,) = (tmp_path / "d" / "references").iterdir()
    assert [entry["key"] for entry in synthset.open(place).classes()] == ["n02012849", "n03126707"]


def test_a_score_by_prompt_needs_prompts(photos):
    from synthset.engine.check import forecast_run

    content = {
        **CONTENT,
        "encoders": {"clip": {"kind": "clip"}},
        "scores": [{"kind": "clip_score"}],
    }
    (problem,) = forecast_run(synthset.load_recipe(content), "d").problems
    assert str(problem).startswith("scores[0].text: it compares with {prompt}, but the images")


@pytest.mark.skipif(not (DATA / "cifake").is_dir(), reason="needs the CIFAKE and CIFAR-10 files")
def test_stable_diffusion_images_are_compared_with_real_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHSET_DATA", str(DATA))
    changes = [
        "images_per_class=12",
        "references.train.max_per_class=20",
        "references.test.max_per_class=20",
        "engine.workers=1",
    ]
    recipe = synthset.load_recipe(ROOT / "recipes" / "import.yaml", changes)
    dataset = synthset.run(recipe, tmp_path / "d")
    records = dataset.records()
    assert records.num_rows == 120
    assert set(records["origin"].to_pylist()) == {"sd14"}
    found = {(row.name, row.of): row for row in dataset.metrics() if not row.class_key}
    distance = found["FD (miniature clip)", "all"]
    assert distance.value > 0
    assert distance.reference == "test, 200 images"
    assert found["recognition rate", "all"].value > 0.5
    assert found["FD (miniature clip)", "kept"].warning.count("used this reference to choose") == 0
    assert 30 < dataset.kept().num_rows <= 60
    held = {place.name.split("-")[0] for place in (tmp_path / "d" / "references").iterdir()}
    assert held == {"train", "test"}


RULES = {
    "drop": (4, "not used; "),
    "first": (6, "used only under the first"),
    "keep": (8, "used under"),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_same_bytes_under_two_labels_are_a_conflict_that_a_rule_settles(photos, rule):
    from synthset.engine.check import forecast_run

    for name in ("0.png", "1.png"):
        (photos / "dog" / f"cat-{name}").write_bytes((photos / "cat" / name).read_bytes())
    source = CONTENT["source"] | ({} if rule == "drop" else {"conflicts": rule})
    recipe = {**CONTENT, "source": source, "selection": {"steps": []}}
    count, outcome = RULES[rule]
    said = "2 images occur with the same bytes under several labels: 'cat' and 'dog' (2); "
    (note,) = forecast_run(synthset.load_recipe(recipe), "d").notes
    assert note.startswith(f"label conflict: {said}{outcome}")
    dataset = synthset.run(recipe, "d")
    assert note in dataset.events()[0]["notes"]
    assert dataset.kept().num_rows == count
    labels = dataset.kept().column("class_name").to_pylist()
    assert labels.count("cat") == (1 if rule == "drop" else 3)


def test_a_rule_for_conflicts_changes_no_plan_where_there_is_none(photos):
    from synthset.engine.plan import name_plan, settle_material

    for kind, more in (("folder", {}), ("augment", {}), ("gan", {"size_px": 16})):
        source = {"kind": kind, "paths": [{"path": "photos"}], **more}
        content = {**CONTENT, "source": source}
        if kind != "folder":
            content["images_per_class"] = 2
        names = []
        for rule in ("drop", "first", "keep"):
            recipe = synthset.load_recipe({**content, "source": {**source, "conflicts": rule}})
            names.append(name_plan(recipe, settle_material(recipe)))
        assert len(set(names)) == 1


def test_augmentation_and_gan_use_no_image_in_conflict(photos):
    from synthset.engine.plan import settle_material

    again = (photos / "cat" / "0.png").read_bytes()
    (photos / "dog" / "cat.png").write_bytes(again)
    for kind in ("augment", "img2img", "gan"):
        source = {"kind": kind, "paths": [{"path": "photos"}]}
        found = settle_material(
            synthset.load_recipe({**CONTENT, "source": source, "images_per_class": 1})
        )
        assert sha256(again) not in {image.content for image, _ in found.found}
        assert sha256(again) not in {image.content for image in found.learned}


def test_an_image_in_conflict_is_never_drawn_under_one_of_its_labels(photos):
    from synthset.engine.plan import settle_material

    again = (photos / "cat" / "0.png").read_bytes()
    (photos / "dog" / "cat.png").write_bytes(again)
    for count, drawn in ((1, 2), (3, 5)):
        found = settle_material(synthset.load_recipe({**CONTENT, "images_per_class": count}))
        assert len(found.found) == drawn
        assert sha256(again) not in {image.content for image, _ in found.found}
        assert found.notes[0].endswith("or choose another rule (conflicts: drop)")
