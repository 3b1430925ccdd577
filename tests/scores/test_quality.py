import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageFilter

from synthset.images import encode
from synthset.recipe.scores import Quality as QualitySettings
from synthset.record import IMAGE
from synthset.scores.quality import QualityStage, find_faults, issue, measure
from synthset.stage import Rows

SETTINGS = QualitySettings(kind="quality")


def noise(height=64, width=64, low=0, high=256):
    return np.random.default_rng(1).integers(low, high, (height, width, 3), dtype=np.uint8)


def grey(level, size=64):
    return np.full((size, size, 3), level, np.uint8)


def rows_of(cells):
    return Rows(
        pa.table({"id": [str(i) for i in range(len(cells))], "image": pa.array(cells, IMAGE)})
    )


def test_numbers_have_their_known_values():
    half = np.concatenate([grey(0), grey(255)])
    found = measure(half)
    assert (found.brightness, found.contrast, found.entropy, found.aspect) == (0.5, 0.5, 1.0, 2.0)
    assert measure(grey(51)).brightness == pytest.approx(0.2)
    assert measure(grey(51)).entropy == measure(grey(51)).sharpness == 0


def test_brightness_weighs_green_most():
    colours = [np.zeros((4, 4, 3), np.uint8) for _ in range(3)]
    for channel, colour in enumerate(colours):
        colour[..., channel] = 255
    red, green, blue = (measure(colour).brightness for colour in colours)
    assert (red, green, blue) == pytest.approx((0.299, 0.587, 0.114), abs=0.002)


def test_sharpness_is_the_variance_of_the_laplacian_over_that_of_the_picture():
    picture = grey(100, 5)
    picture[2, 2] = 110  # Laplacian inside: -40 at the point, 10 at its four neighbours, else 0
    laplacian, luma = (40**2 + 4 * 10**2) / 9, 10**2 * (1 / 25) * (24 / 25)
    assert measure(picture).sharpness == pytest.approx((laplacian - 20 / 12) / luma)


def test_neither_dimming_nor_low_contrast_looks_like_blur():
    sharp = measure(noise()).sharpness
    assert measure(noise() // 4).sharpness == pytest.approx(sharp, rel=0.05)
    assert measure(100 + noise() // 16).sharpness == pytest.approx(sharp, rel=0.05)


@pytest.mark.parametrize(
    ("picture", "fault"),
    [
        (noise(), None),
        (noise(32, 32), None),
        (noise(high=80), "dark"),
        (noise(high=96), None),
        (noise(low=248), "bright"),
        (grey(128), "low_information"),
        (noise(20, 64), "odd_size"),
        (noise(1, 1), "low_information"),
    ],
)
def test_each_fault_is_named(picture, fault):
    assert issue(measure(picture), SETTINGS) == fault


def test_a_bright_spot_saves_a_dark_picture():
    night = noise(high=10)
    night[:8, :8] = 200
    assert issue(measure(night), SETTINGS) is None


def test_a_large_picture_is_as_sharp_as_it_looks():
    small = noise(256, 256)
    large = np.kron(small, np.ones((4, 4, 1), np.uint8))
    assert measure(large).sharpness == measure(small).sharpness


def test_columns_are_null_where_there_is_no_picture():
    cells = [{"bytes": encode(noise(), "png"), "path": "a"}, None, {"bytes": b"x", "path": "b"}]
    stage = QualityStage(QualitySettings(kind="quality", name="look"))
    table = stage(rows_of(cells))
    assert table.schema.remove(6) == stage.writes
    assert table.column("look_brightness").is_valid().to_pylist() == [True, False, False]
    assert table.column("look_issue").to_pylist() == [None, None, None]
    errors = table.column("error").to_pylist()
    assert errors[:2] == [None, "no image"]
    assert "not a readable image" in errors[2]


def test_what_is_too_faint_to_be_judged_is_not_called_blurry():
    ramp = np.tile(np.arange(64, dtype=np.uint8), (64, 1))[..., None].repeat(3, axis=2)
    assert find_faults(measure(100 + ramp), SETTINGS) == ["blurry"]
    assert find_faults(measure(100 + ramp // 8), SETTINGS) == []


def test_every_fault_is_named_and_the_first_one_is_the_issue():
    black = np.zeros((20, 64, 3), np.uint8)
    assert find_faults(measure(black), SETTINGS) == ["dark", "low_information", "odd_size"]
    assert issue(measure(black), SETTINGS) == "dark"


def test_thresholds_come_from_the_settings():
    strict = QualitySettings(kind="quality", low_information=8)
    assert issue(measure(noise()), strict) == "low_information"


@pytest.mark.parametrize("name", ["imagenet-sample/val", "cifar10/test"])
def test_ordinary_photos_raise_few_alarms_and_blurred_ones_most(shared_data, name):
    cells = pq.read_table(shared_data / f"{name}.parquet", columns=["image"]).column("image")
    rows = rows_of(cells.to_pylist()[:: len(cells) // 150])
    alarms = QualityStage(SETTINGS)(rows).column("quality_issue")
    assert alarms.null_count > 0.98 * len(rows)
    blurred = [Image.fromarray(p).filter(ImageFilter.GaussianBlur(6)) for p in rows.pixels]
    found = [issue(measure(np.asarray(picture)), SETTINGS) for picture in blurred]
    assert found.count("blurry") > 0.9 * len(found)
