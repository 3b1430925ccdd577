"""CMMD of a set."""

from types import SimpleNamespace

import numpy as np

from synthset.encoders.feature_reader import RealImages, Reference
from synthset.measures.cmmd import measure
from synthset.measures.part import EncodedImages
from synthset.recipe.metrics import Cmmd


def test_cmmd_of_a_set_with_itself_is_about_nothing():
    rows = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    real = RealImages(rows, *[["a"] * 200] * 4)
    reader = SimpleNamespace(reference=lambda *_: Reference(None, "made up", lambda: real))
    images = EncodedImages("all", rows, ["a"] * 200, {"a": "a"}, "tiny CLIP")
    part = SimpleNamespace(reader=reader, read_encoded=lambda encoder: images)
    (row,) = measure(Cmmd(kind="cmmd", reference="r"), part)
    assert row.name == "CMMD (tiny CLIP)"
    assert abs(row.value) < 1
