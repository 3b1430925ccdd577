"""What `synthset.metrics` offers."""

import subprocess
import sys

import numpy as np
import pytest

import synthset
from synthset import metrics
from synthset.metrics.sets.fid import frechet_distance_from_features


def test_the_distance_of_two_arrays_is_one_line(cloud):
    real, generated = cloud(60, 4), cloud(50, 4, seed=1)
    expected = frechet_distance_from_features(real, generated)
    assert synthset.metrics.fid(real, generated) == expected
    assert metrics.prdc(real, generated).precision <= 1
    assert 1 <= metrics.vendi_score(generated) <= 4
    assert metrics.clip_score(real, real) == pytest.approx(np.full(60, 100), rel=1e-5)


def test_each_name_that_is_offered_is_a_function_with_a_docstring():
    assert dir(metrics) == sorted(metrics.__all__)
    assert all(callable(getattr(metrics, name)) for name in metrics.__all__)
    assert all(getattr(metrics, name).__doc__ for name in metrics.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'fdi'"):
        _ = metrics.fdi


def test_metrics_are_loaded_when_they_are_used():
    code = (
        "import sys, synthset.metrics; sys.exit('scipy' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
