"""Sets that are made to look technically like real images."""

import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synthset.errors import RecipeError
from synthset.experiment.arms import compose
from synthset.experiment.preview import preview
from synthset.experiment.sets import Sets
from synthset.images import decode, encode
from synthset.machine import Silent
from synthset.metrics.images.spectra import FLOOR, Spectrum
from synthset.recipe.experiment import load_experiment


def smooth(seed, width):
    """Noise of which only low frequencies are left, the lower the wider it is blurred."""
    noise = np.random.default_rng(seed).normal(128, 60, (16 + 2 * width, 16 + 2 * width, 3))
    for axis in (0, 1):
        noise = np.stack(
            [np.take(noise, range(i, i + 16 + width), axis) for i in range(width + 1)]
        ).mean(axis=0)
    return np.clip(noise[:16, :16], 0, 255).astype(np.uint8)


def jpeg(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Smooth real JPEGs of quality 60; rough ones of quality 95, of the same classes, in made/.
    Nothing is probed, which takes seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synthset.experiment.matching.probe_cues.FEWEST", 10**6)
    sides = {"real": (30, 2, 60), "test": (4, 2, 60), "made": (24, 1, 95)}
    for number, (place, (count, width, quality)) in enumerate(sides.items()):
        for label, name in enumerate(("cat", "dog")):
            folder = tmp_path / place / name
            folder.mkdir(parents=True)
            for i in range(count):
                image = smooth([number, label, i], width)
                (folder / f"{i}.jpg").write_bytes(jpeg(image, quality))
    return tmp_path


def open_sets(match, folder="pets", **changes):
    found = {name: {"kind": "images", "paths": [{"path": name}]} for name in ("real", "test")}
    made = {"kind": "images", "paths": [{"path": "made"}], "match": match, **changes}
    content = {
        "name": "pets",
        "real": {"train": found["real"], "test": found["test"]},
        "sets": {"made": made},
        "arms": [{"name": "both", "parts": [{"set": "real"}, {"set": "made"}]}],
    }
    return Sets(folder, load_experiment(content), Silent())


def read_all(sets):
    found = sets.get("made", sets.draw_split(0))
    return [found.images.read(i) for i in range(len(found.labels))]


def tables(data):
    return Image.open(io.BytesIO(data)).quantization


def test_a_set_gets_the_tables_of_the_real_jpegs_and_nothing_else_of_them(photos):
    real = tables((photos / "real/cat/0.jpg").read_bytes())
    before = [decode(path.read_bytes()) for path in sorted(photos.glob("made/*/*.jpg"))]
    after = read_all(open_sets(["jpeg"]))
    assert all(tables(one) == real for one in after)
    near = [min(np.abs(decode(a) - b.astype(float)).mean() for b in before) for a in after]
    assert max(near) < 20  # levels; of other noise they are 60


def test_real_images_without_jpeg_make_a_set_lossless(photos):
    for path in photos.glob("real/*/*.jpg"):
        path.with_suffix(".png").write_bytes(encode(decode(path.read_bytes()), "png"))
        path.unlink()
    assert all(one.startswith(b"\x89PNG") for one in read_all(open_sets(["jpeg"])))


def test_the_spectrum_of_a_set_goes_to_that_of_the_real_images(photos):
    def power(images):
        found = Spectrum.of([decode(one) for one in images], np.ones(len(images)))
        return np.log(found.power[0, 6:] + FLOOR)  # the fine rings, one of which is empty

    real = power([path.read_bytes() for path in photos.glob("real/*/*.jpg")])
    before = power([path.read_bytes() for path in photos.glob("made/*/*.jpg")])
    after = power(read_all(open_sets(["spectrum", "jpeg"])))
    assert np.abs(after - real).mean() < 0.5 * np.abs(before - real).mean()


def test_a_set_gets_the_sizes_and_margins_of_the_real_images(photos):
    for path in photos.glob("real/*/*.jpg"):
        whole = np.zeros((24, 20, 3), np.uint8)
        whole[4:20, 2:18] = decode(path.read_bytes())
        path.write_bytes(encode(whole, "png"))
        path.rename(path.with_suffix(".png"))
    after = [decode(one) for one in read_all(open_sets(["jpeg", "margins", "kernel"]))]
    assert {one.shape for one in after} == {(24, 20, 3)}
    assert all(one[:3].max() == 0 for one in after)
    assert all(one[4:20, 2:18].std() > 5 for one in after)


def test_the_same_set_is_made_of_the_same_bytes_and_made_once(photos):
    first, again = read_all(open_sets("all")), read_all(open_sets("all", "other"))
    assert first == again
    file = next(photos.glob("pets/sets/made-matched-*/images.parquet"))
    written = file.stat().st_mtime_ns
    assert read_all(open_sets("all")) == first
    assert file.stat().st_mtime_ns == written


def test_arms_take_as_many_images_of_each_class_and_the_same_ones(photos):
    counts, keys = [], []
    for match in ("all", []):
        sets = open_sets(match)
        split = sets.draw_split(0)
        composed = compose(sets.experiment.arms[0].parts, sets, split, "arms[0]")
        counts.append(composed.images.count_images(2)["made"].tolist())
        given, rows = sets.get("made", split), sets.drawn[("made", 0, id(sets.get("made", split)))]
        keys.append([given.originals[row] for row in rows.rows])
    assert counts[0] == counts[1] == [24, 24]
    assert keys[0] == keys[1]


def test_copies_of_test_images_stay_out_of_a_matched_set(photos):
    copy = (photos / "test/cat/0.jpg").read_bytes()
    (photos / "made/cat/copy.jpg").write_bytes(copy)
    sets = open_sets("all")
    assert len(read_all(sets)) == 48
    assert sets.matches["made", 0].held == 1


def test_no_validation_or_test_image_is_read(photos):
    sets = open_sets("all")
    split = sets.draw_split(0)
    read, asked = sets.real.images.read, set()
    object.__setattr__(sets.real.images, "read", lambda row: asked.add(row) or read(row))
    object.__setattr__(sets.real.test, "read", lambda row: pytest.fail("a test image was read"))
    sets.get("made", split)
    assert asked
    assert asked <= set(split.train.tolist())


def test_a_probe_is_kept_beside_the_set(photos, monkeypatch):
    monkeypatch.setattr("synthset.experiment.matching.probe_cues.FEWEST", 20)
    sets = open_sets("all")
    sets.get("made", sets.draw_split(0))
    kept = json.loads(next(photos.glob("pets/sets/made-matched-*/cues.json")).read_text())
    assert kept["before"]["jpeg"]["value"] == 1.0
    assert kept["after"]["jpeg"]["value"] < 0.7
    assert kept["steps"] == {"encoded anew": 48, "filtered": 48}
    assert "48 images: 48 encoded anew, 48 filtered" in sets.matches["made", 0].words


def test_a_matched_set_is_a_table_as_the_hugging_face_hub_has_it(photos):
    read_all(open_sets("all"))
    schema = pq.read_schema(next(photos.glob("pets/sets/made-matched-*/images.parquet")))
    assert b'"names": ["cat", "dog"]' in schema.metadata[b"huggingface"]


def test_a_plan_says_what_is_matched_and_matches_nothing(photos):
    lines = list(preview(open_sets(["jpeg", "spectrum"]).experiment))
    assert any("48 made" in line for line in lines)
    said = (
        "cues: jpeg, spectrum of made are matched to the real training images, once for each split"
    )
    assert sum(line.startswith(f"{said} (3)") for line in lines) == 1
    assert not any("cues" in line for line in preview(open_sets(()).experiment))
    assert not (photos / "pets").exists()


def test_cues_that_are_unknown_or_of_real_images_are_refused(photos):
    with pytest.raises(RecipeError, match=r"match.*kernel"):
        open_sets(["kernels"])
    content = open_sets("all").experiment.model_dump(mode="json")
    content["real"]["train"]["match"] = "all"
    with pytest.raises(RecipeError, match=r"real\.train\.match: unknown setting"):
        load_experiment(content)
