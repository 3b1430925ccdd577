from dataclasses import replace

import numpy as np
import pytest

from synthset.encoders.encoder import Encoded
from synthset.errors import RecipeError
from synthset.experiment.suites.encoding import encode
from synthset.experiment.suites.suite import collect_training_images
from synthset.experiment.trials import read_trial
from synthset.metrics.sets.cmmd import cmmd
from synthset.recipe.encoders import ClipEncoder, PixelsEncoder
from synthset.results.class_statistics import class_statistics, judge_trial

STATISTICS = {"kind": "statistics"}
WITH_CLIP = {**STATISTICS, "clip": {"kind": "clip"}, "classifier": {"kind": "classifier"}}


def values(readings):
    return {one.measure.removeprefix("stats/"): one.value for one in readings}


def test_figures_of_classes_are_those_of_class_statistics(trained):
    suites, jobs = trained({"stats": STATISTICS})
    found = values(suites["stats"].read("classes", jobs)[1])
    expected = class_statistics(judge_trial(read_trial(jobs[1].folder)), draws=0)
    assert found["coverage"] == expected.coverage == 3
    assert found["lt_500"] == expected.lt_500 == 3
    assert found["ls_5pct"] == expected.ls_5pct
    for name in ("skewness", "precision_count", "accuracy_skewness", "precision_recall"):
        assert found[name] == expected.figures[name].value


def test_what_does_not_exist_says_why(trained):
    suites, jobs = trained({"stats": STATISTICS})
    readings = {one.measure: one for one in suites["stats"].read("classes", jobs)[0]}
    alike = readings["stats/precision_count"]  # all classes have equally many images
    assert alike.value is None
    assert "the same for all classes" in alike.note


@pytest.fixture
def encoded(monkeypatch):
    """Encoders that are hand-made: a picture's features follow its class."""
    monkeypatch.setattr("synthset.experiment.suites.statistics.encode", _encoded)
    monkeypatch.setattr("synthset.encoders.clip.ClipText", _Texts)


def _encoded(settings, images, job):
    rows = np.eye(3, 4)[images.labels] + [0, 0, 0, 1]
    return Encoded(rows.astype(np.float32), (20 * rows[:, :3]).astype(np.float32))


class _Texts:
    def __init__(self, settings):
        pass

    def encode(self, texts):
        names = ["a photo of a cat", "a photo of a dog", "a photo of a fox", "Good photo."]
        return np.stack([np.eye(4)[names.index(text)] if text in names else np.eye(4)[0]
                         for text in texts]).astype(np.float32)  # fmt: skip


def test_figures_of_encoders_have_known_answers(trained, encoded):
    suites, jobs = trained({"stats": WITH_CLIP})
    found = {
        name: value
        for part in ("clip", "classifier")
        for name, value in values(suites["stats"].read(part, jobs)[0]).items()
    }
    assert found["clip_score"] == pytest.approx(100 / np.sqrt(2), rel=1e-5)
    # Cats are as near to the bad text as to the good one, the others are at 0 and cosine 0.707.
    assert found["clip_iqa"] == pytest.approx((0.5 + 1 + 1) / 3, rel=1e-5)
    assert found["inception_score"] == pytest.approx(3, rel=1e-3)
    assert found["cmmd"] < 0  # the real images themselves, without the diagonal


def test_the_published_cmmd_counts_each_image_with_itself(trained, encoded):
    corrected, jobs = trained({"stats": WITH_CLIP})
    published, _ = trained({"stats": WITH_CLIP}, published=True)
    rows = _encoded(None, collect_training_images(jobs[0]), None).features
    for suites, diagonal in ((corrected, False), (published, True)):
        found = values(suites["stats"].read("clip", jobs)[0])
        assert found["cmmd"] == pytest.approx(cmmd(rows, rows, with_diagonal=diagonal).value)


def test_real_images_among_them_are_said(trained, encoded):
    suites, jobs = trained({"stats": WITH_CLIP})
    notes = [one.note for one in suites["stats"].read("clip", jobs)[1] if one.note]
    assert notes == ["12 of the 48 images are also among the real ones"]


def test_features_are_kept_and_rows_stay_with_their_images(trained, tmp_path, monkeypatch):
    _, jobs = trained({})
    job = replace(jobs[1], folder=tmp_path / "trials" / "mixed")
    images = collect_training_images(job)
    settings = PixelsEncoder(kind="pixels", size_px=2)
    found = encode(settings, images, job)
    alone = encode(settings, images.take([30]), job)
    np.testing.assert_allclose(found.features[30], alone.features[0], atol=1e-6)
    assert len(list((tmp_path / "suites").iterdir())) == 3  # real, made, and the one
    monkeypatch.setattr("synthset.experiment.suites.encoding.carry_out", None)
    np.testing.assert_array_equal(encode(settings, images, job).features, found.features)


def test_an_encoder_that_is_not_there_is_refused(trained):
    wrong = ClipEncoder(kind="clip", model="./nowhere").model_dump()
    with pytest.raises(RecipeError, match=r"suites.bad.clip.model: there is no folder ./nowhere"):
        trained({"bad": {**STATISTICS, "clip": wrong}})
