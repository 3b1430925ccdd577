"""CLIP scores summed up: in all and by class."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from synthset.measures.clip_score import measure
from synthset.measures.part import Part
from synthset.recipe.encoders import ClipEncoder
from synthset.recipe.metrics import ClipScoreMean

LABELS = np.repeat(np.arange(4), 5)
RECORDS = pa.table(
    {
        "label": pa.array(LABELS, pa.int32()),
        "class_key": [f"key-{label}" for label in LABELS],
        "fit": pa.array([20.0 + i for i in range(15)] + [None] * 5, pa.float32()),
    }
)
RECIPE = SimpleNamespace(encoders={"clip": ClipEncoder(kind="clip")})


def test_a_clip_score_has_a_mean_a_deviation_and_a_mean_of_each_class():
    part = Part("all", np.ones(20, dtype=bool), SimpleNamespace(records=RECORDS, recipe=RECIPE))
    found = measure(ClipScoreMean(score="fit", encoder="clip"), part)
    results = {(one.name, one.class_key): one for one in found}
    assert results["CLIP score", None].value == pytest.approx(27)
    spread = results["CLIP score, deviation of images", None]
    assert spread.value == pytest.approx(np.std(np.arange(15), ddof=1))
    assert spread.interval.low < spread.value < spread.interval.high
    assert results["CLIP score", "key-1"].value == pytest.approx(27)
    assert ("CLIP score", "key-3") not in results
    assert results["CLIP score", None].n == 15
