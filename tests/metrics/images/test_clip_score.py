import numpy as np
import pytest
import torch

from synthset.errors import UsageError
from synthset.metrics.images.clip_score import clip_score, clip_score_from_features


def test_clip_score_is_a_hundred_times_the_cosine_cut_at_zero():
    images = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]])
    texts = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    assert clip_score(images, texts).tolist() == pytest.approx([100, 0, 80])


def test_stored_features_score_the_same_at_any_length():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(2, 20, 8)).astype(np.float32)
    unit = [
        torch.nn.functional.normalize(torch.from_numpy(rows), dim=1) for rows in (images, texts)
    ]
    found = clip_score_from_features(7 * images, texts)
    np.testing.assert_allclose(found, clip_score(*unit).numpy(), atol=1e-4)
    assert found.min() == 0
    np.testing.assert_allclose(
        clip_score_from_features(images.astype(np.float16), texts), found, atol=0.1
    )


def test_an_image_against_itself_never_passes_a_hundred():
    rows = np.random.default_rng(0).normal(size=(500, 40)).astype(np.float32)
    assert clip_score_from_features(rows, rows).max() <= 100
    unit = torch.nn.functional.normalize(torch.from_numpy(rows), dim=1)
    assert clip_score(unit, unit).max() <= 100


def test_rows_must_pair_up():
    with pytest.raises(UsageError, match="row i needs text i"):
        clip_score_from_features(np.ones((3, 2), np.float32), np.ones((1, 2), np.float32))
