import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment.suites.answers import open_classifier, predict_classes
from synthset.experiment.suites.corruptions import corrupt, corrupt_images
from synthset.recipe.suites import FIFTEEN, Corruptions

NOISE = {"kind": "corruptions", "names": ["gaussian_noise", "contrast"], "severities": [1, 5]}


def picture(size=32):
    rows, columns = np.mgrid[:size, :size]
    image = np.stack([rows, columns, 128 + 40 * np.sin(rows / 3)], axis=-1)
    return (image * 7 % 256).astype(np.uint8)


def distance(image, other):
    return float(np.sqrt(((image.astype(float) - other) ** 2).mean()))


@pytest.mark.parametrize("name", [*FIFTEEN, "speckle_noise", "gaussian_blur", "spatter"])
def test_the_same_seed_gives_the_same_image_at_32_px(name):
    image, before = picture(), np.random.get_state()[1].copy()
    found = corrupt(image, name, 3, seed=1)
    np.testing.assert_array_equal(found, corrupt(image, name, 3, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert found.shape == image.shape
    assert distance(found, image) > 2


@pytest.mark.parametrize("name", ["gaussian_noise", "defocus_blur", "fog", "jpeg_compression"])
def test_more_severe_is_further_away(name):
    image = picture(64)
    far = [distance(corrupt(image, name, severity, seed=1), image) for severity in range(1, 6)]
    assert far == sorted(far)


def test_another_seed_draws_another_noise():
    image = picture()
    assert distance(corrupt(image, "snow", 3, 1), corrupt(image, "snow", 3, 2)) > 1


def test_images_have_their_own_draws_whatever_stands_beside_them(trained):
    _, (job, _) = trained({})
    settings = Corruptions(kind="corruptions")
    all_of_them = corrupt_images(job.test, "gaussian_noise", 2, settings, job)
    alone = corrupt_images(job.test.take([7]), "gaussian_noise", 2, settings, job)
    np.testing.assert_array_equal(all_of_them[7], alone[0])
    assert all_of_them.shape == (18, 8, 8, 3)


def test_the_value_is_the_mean_of_all_corruptions_and_severities(trained):
    suites, jobs = trained({"noise": NOISE})
    suite = suites["noise"]
    readings = {part: suite.read(part, jobs)[0] for part in suite.parts}
    (found,) = suite.join(readings)
    assert list(found.details) == [
        "gaussian_noise/1", "gaussian_noise/5", "contrast/1", "contrast/5"
    ]  # fmt: skip
    assert found.value == pytest.approx(np.mean(list(found.details.values())))
    assert found.images == 18


def test_the_classifier_is_asked_about_the_corrupted_images(trained):
    suites, jobs = trained({"snow": {"kind": "corruptions", "names": ["snow"], "severities": [4]}})
    settings = Corruptions(kind="corruptions")
    for (reading,), job in zip(suites["snow"].read("snow", jobs), jobs, strict=True):
        pixels = corrupt_images(job.test, "snow", 4, settings, job)
        said = predict_classes(job, open_classifier(job), pixels)
        assert reading.value == (said == job.test.labels).mean()


def test_arms_of_one_split_share_the_corrupted_images(trained):
    suites, jobs = trained({"noise": NOISE})
    assert len({suites["noise"].shared(job) for job in jobs}) == 1
    assert suites["noise"].work("contrast", jobs) == 18 * 2 * 2


def test_a_corruption_that_nobody_knows_is_refused(trained):
    with pytest.raises(RecipeError, match="did you mean 'fog'"):
        trained({"noise": {**NOISE, "names": ["fogg"]}})
