"""Search by example and by CLIP."""

import importlib.util

import numpy as np
import pytest

import synthset
from synthset.errors import ModelError, UsageError
from synthset.pages.search.search_page import render_search_page
from synthset.recipe.recipe import load_recipe
from synthset.results.hits import Hits
from synthset.search import feature_search as module
from synthset.search.feature_search import find_nearest, search_clip, search_like
from synthset.stage import list_column

needs_faiss = pytest.mark.skipif(
    importlib.util.find_spec("faiss") is None, reason="needs synthset[search]"
)
CONTENT = {
    "name": "toy",
    "classes": ["circle", "square", "star"],
    "source": {"kind": "shapes", "fail_every": 6},
    "images_per_class": 8,
    "encoders": {"tiny": {"kind": "pixels", "size_px": 4}, "clip": {"kind": "clip"}},
    "engine": {"rows_per_shard": 10, "workers": 1},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(load_recipe(CONTENT), tmp_path_factory.mktemp("search") / "d")


def by_hand(dataset, encoder, vector, limit):
    """The same by one large product."""
    table = dataset.read_features(encoder)
    rows = list_column(table, "features")
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    scores = np.nan_to_num(rows @ (vector / np.linalg.norm(vector)), nan=-2)
    order = np.argsort(-scores, kind="stable")[:limit]
    return [table.column("id")[int(i)].as_py() for i in order], scores[order]


@needs_faiss
def test_the_nearest_are_those_of_one_large_product(made):
    vector = np.random.default_rng(0).normal(size=48).astype(np.float32)
    found = find_nearest(made, "tiny", vector, 7)
    ids, scores = by_hand(made, "tiny", vector, 7)
    assert [one.id for one in found] == ids
    assert np.allclose([one.score for one in found], scores, atol=1e-6)


@needs_faiss
def test_records_without_an_image_are_never_found(made):
    found = find_nearest(made, "tiny", np.ones(48, np.float32), 100)
    errors = made.records().column("error")
    assert len(found) == errors.null_count < 24


@needs_faiss
def test_an_image_is_like_others_and_not_itself(made):
    own = made.records().column("id")[0].as_py()
    found = search_like(made, own[:12], 5, "tiny")
    assert len(found) == 5
    assert own not in [one.id for one in found]
    assert found[0].score >= found[-1].score


@needs_faiss
def test_a_file_is_an_example_too(made, tmp_path):
    own = made.records().column("id")[0].as_py()
    (tmp_path / "example.png").write_bytes(made.read_images([own])[0])
    found = search_like(made, str(tmp_path / "example.png"), 3, "tiny")
    assert found[0].score == pytest.approx(1, abs=1e-5)
    (tmp_path / "words.png").write_text("no image")
    with pytest.raises(UsageError, match="not a readable image"):
        search_like(made, str(tmp_path / "words.png"))


@needs_faiss
def test_clip_finds_what_its_own_text_features_find(made):
    from synthset.encoders.clip import ClipText
    from synthset.recipe.encoders import ClipEncoder

    vector = ClipText(ClipEncoder(kind="clip")).encode(["a red star"])[0]
    found = search_clip(made, "a red star", 6)
    assert [one.id for one in found] == by_hand(made, "clip", vector, 6)[0]


@needs_faiss
def test_the_page_shows_what_was_found(made):
    found = search_clip(made, "a red star", 4)
    text = render_search_page(made, Hits(tuple(found), "cosine"), "<i>star")
    assert text.count("data:image/") == 4
    assert "<i>star" not in text


def test_an_example_that_is_not_there_is_explained(made):
    with pytest.raises(UsageError, match="no such record or image file"):
        search_like(made, "zzz")
    with pytest.raises(UsageError, match="records begin like this"):
        search_like(made, "")


def test_a_wrong_encoder_is_explained(made):
    with pytest.raises(UsageError, match="known: clip, tiny"):
        search_like(made, "0", encoder="dino")
    with pytest.raises(UsageError, match="no CLIP encoder 'tiny'"):
        search_clip(made, "star", encoder="tiny")


def test_without_faiss_the_extra_is_named(made, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'synthset\[search\]'"):
        search_clip(made, "star")
