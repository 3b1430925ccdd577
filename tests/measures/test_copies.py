"""Copies of real images in a real run: dropped and named by the selection, counted and shown."""

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import RecipeError
from synthset.images import decode, encode
from synthset.recipe.recipe import load_recipe
from synthset.results.reason import Reason, describe_reason


def picture(seed, side=64):
    """Soft colours with an edge, as a photo has."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
    pixels = np.array(small.resize((side, side), Image.Resampling.BICUBIC))
    left, top = rng.integers(0, side // 2, 2)
    pixels[top : top + side // 3, left : left + side // 3] //= 2
    return pixels


def write(folder, **pictures):
    folder.mkdir(parents=True)
    for name, data in pictures.items():
        (folder / f"{name}.png").write_bytes(data)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Real: numbers 0 to 9. Made: six new ones, three copies of real ones, two copies among us."""
    place = tmp_path_factory.mktemp("copies")
    real = {f"real{n}": encode(picture(n), "png") for n in range(10)}
    write(place / "real" / "cat", **real)
    half = np.asarray(Image.fromarray(picture(102)).resize((32, 32), Image.Resampling.BICUBIC))
    made = {f"made{n}": encode(picture(100 + n), "png") for n in range(6)}
    made["same"] = real["real0"]
    made["recompressed"] = encode(decode(encode(picture(1), "jpeg", 40)), "png")
    made["cropped"] = encode(picture(2)[1:, 1:], "png")
    made["twin"] = made["made1"]
    made["smaller"] = encode(half, "png")
    write(place / "made" / "cat", **made)
    paths = {name: [{"path": str(place / name), "origin": name}] for name in ("real", "made")}
    recipe = {
        "name": "copies",
        "classes": {"kind": "source"},
        "source": {"kind": "folder", "paths": paths["made"]},
        "encoders": {"eye": {"kind": "pixels", "size_px": 8}},
        "scores": [{"kind": "perceptual_hash"}],
        "references": {"test": {"kind": "images", "paths": paths["real"]}},
        "metrics": [
            {
                "kind": "copies",
                "encoder": "eye",
                "reference": "test",
                "threshold": 0.995,
                "pairs": 5,
            }
        ],
        "selection": {"steps": [{"kind": "duplicates", "radius": 6, "against": ["test"]}]},
        "engine": {"workers": 1, "rows_per_shard": 4},
    }
    return place, recipe, synthset.run(recipe, place / "d")


def reasons(dataset):
    rows = dataset.records().select(["source", "reason"]).to_pylist()
    return {
        row["source"].split("/")[-1].removesuffix(".png"): row["reason"]
        and describe_reason(Reason(**row["reason"]))
        for row in rows
    }


def test_copies_of_test_images_are_dropped_with_the_name_of_the_test_image(world):
    _, _, dataset = world
    found = {name: reason for name, reason in reasons(dataset).items() if reason}
    assert {"same", "recompressed", "cropped"} < set(found)
    assert len(set(found) & {"made1", "twin"}) == len(set(found) & {"made2", "smaller"}) == 1
    assert len(found) == 5
    assert found["same"].startswith("same bytes as ")
    assert found["same"].endswith(" in test (cat/real0.png)")
    for name, number in (("recompressed", 1), ("cropped", 2)):
        assert found[name].startswith("near copy of ")
        assert found[name].endswith(f" of 64 bits differ, cat/real{number}.png)")


def test_groups_are_counted_by_kind_beside_the_selection(world):
    _, _, dataset = world
    (outcome,) = dataset.read_json(dataset.view.selection.replace(".parquet", ".json"))
    assert outcome["groups"] == {"exact": 1, "near": 1, "semantic": 0}
    assert outcome["against"] == {"test": {"exact": 1, "near": 2, "semantic": 0}}


def test_images_above_the_threshold_are_counted_and_so_are_real_ones_among_themselves(world):
    _, _, dataset = world
    rows = [(row.name[:4], row.of, row.value, row.n) for row in dataset.metrics()]
    assert rows == [
        ("copi", "all", pytest.approx(3 / 11), 11),
        ("copi", "kept", 0.0, 6),
        ("copi", "rejected", pytest.approx(3 / 5), 5),
    ]
    floor = dataset.metrics()[0].floor
    assert (floor.value, floor.n_real, floor.n_generated) == (0.0, 9, 10)
    assert "drops copies" in dataset.metrics()[1].warning
    interval = dataset.metrics()[0].interval
    assert 0 < interval.low < 3 / 11 < interval.high < 1


def alike(place, recipe, name, real, made, **metric):
    """The results of a metric on features that are drawn."""
    for part, pixels in (("real", real), ("made", made)):
        files = {f"{part}{n}": encode(p, "png") for n, p in enumerate(pixels)}
        write(place / name / part / "cat", **files)
    paths = {part: [{"path": str(place / name / part)}] for part in ("real", "made")}
    content = {
        **recipe,
        "source": {"kind": "folder", "paths": paths["made"]},
        "references": {"test": {"kind": "images", "paths": paths["real"]}},
        "metrics": [{"kind": "copies", "encoder": "eye", "reference": "test", **metric}],
        "selection": {"steps": []},
    }
    return synthset.run(content, place / name / "d").metrics()


def test_without_a_threshold_it_lies_where_few_real_images_are_that_alike(world, tmp_path):
    real = [picture(n, 16) for n in range(40)]
    new = [picture(n, 16) for n in range(40, 80)]
    found = alike(tmp_path, world[1], "new", real, new)
    assert found[0].floor.value == pytest.approx(2 / 40)  # the most alike two, of 40
    assert found[0].value < 0.2
    assert found[0].warning is None
    copied = [decode(encode(pixels, "jpeg", 80)) for pixels in real]
    found = alike(tmp_path, world[1], "copied", real, copied)
    assert found[0].value == 1
    assert "real images are that close to another one less often" in found[0].warning


def test_a_threshold_that_tells_nothing_is_said(world, tmp_path):
    real = [picture(n, 16) for n in range(10)]
    found = alike(tmp_path, world[1], "all", real, real, threshold=0.1)
    assert found[0].warning == (
        "100.0% of the real images are that close to another real one; raise threshold"
    )


def test_the_closest_pairs_lie_beside_the_metrics_the_nearest_first(world):
    _, _, dataset = world
    (page,) = dataset.read_json(dataset.view.metrics.replace(".json", "-pairs.json"))
    similarity = [pair["similarity"] for pair in page["pairs"]]
    assert len(similarity) == 5
    assert similarity == sorted(similarity, reverse=True)
    assert [pair["same_bytes"] for pair in page["pairs"]] == [True, False, False, False, False]
    real = synthset.open(f"{dataset.path}/{page['place']}")
    assert page["pairs"][0]["real_id"] in real.records()["id"].to_pylist()


def test_the_page_shows_them_side_by_side(world):
    _, _, dataset = world
    html = dataset.read_text("report/index.html")
    section = html[html.index('<section id="pairs">') :].partition("</section>")[0]
    assert section.count("<img ") == 10
    assert section.count("same bytes</span>") == 1
    assert section.count('counts as a copy; look at it">≥') == 2
    assert "real images among themselves" in section
    assert "file: real0.png" in section


def test_a_second_run_changes_nothing_and_another_radius_selects_anew(world):
    place, recipe, dataset = world
    before = dataset.view
    assert synthset.run(recipe, place / "d").view == before
    other = synthset.run(recipe, place / "d", overrides=["selection.steps.0.radius=0"])
    assert other.view.selection != before.selection
    assert other.view.scores == before.scores
    synthset.run(recipe, place / "d")


def test_more_real_images_redo_the_selection(world, tmp_path):
    _, recipe, _ = world
    write(tmp_path / "real" / "cat", one=encode(picture(0), "png"))
    paths = [{"path": str(tmp_path / "real"), "origin": "real"}]
    recipe = {**recipe, "references": {"test": {"kind": "images", "paths": paths}}, "metrics": []}
    first = synthset.run(recipe, tmp_path / "d").view.selection
    (tmp_path / "real" / "cat" / "two.png").write_bytes(encode(picture(1), "png"))
    second = synthset.run(recipe, tmp_path / "d").view.selection
    assert first != second


WRONG = {
    "no hash": ({"scores": []}, "selection.steps[0].score: no entry 'perceptual_hash' in scores"),
    "no encoder": (
        {"selection": {"steps": [{"kind": "duplicates", "encoder": "ey", "similarity": 0.9}]}},
        "selection.steps[0].encoder: no entry 'ey' in encoders; did you mean 'eye'?",
    ),
    "no reference": (
        {"selection": {"steps": [{"kind": "duplicates", "against": ["tst"]}]}},
        "selection.steps[0].against[0]: no entry 'tst' in references; did you mean 'test'?",
    ),
    "no score to stay by": (
        {"selection": {"steps": [{"kind": "duplicates", "stays": "beauty"}]}},
        "selection.steps[0].stays: no score writes a column 'beauty'",
    ),
    "statistics": (
        {"references": {"test": {"kind": "statistics", "file": "cifar10-test"}}, "metrics": []},
        "selection.steps[0].against[0]: copies are found among images, but 'test' holds only",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_search_for_copies_lacks_is_told_beforehand(world, name):
    change, message = WRONG[name]
    with pytest.raises(RecipeError) as caught:
        load_recipe({**world[1], **change})
    assert str(caught.value).startswith(message)


def test_real_images_that_are_not_there_are_told_beforehand(world, tmp_path):
    paths = [{"path": str(tmp_path / "nowhere")}]
    recipe = {**world[1], "references": {"test": {"kind": "images", "paths": paths}}, "metrics": []}
    (problem,) = forecast_run(load_recipe(recipe), str(tmp_path / "d")).problems
    assert problem.where == "references.test.paths[0].path"
