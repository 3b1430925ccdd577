"""Exact retrieval beside one large product."""

import numpy as np
import pytest

from synthset.metrics.sets import retrieval
from synthset.metrics.sets.retrieval import NOTHING, retrieve


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def blocks(pool, size, rows=None):
    rows = np.arange(len(pool)) if rows is None else rows
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        yield some, pool[some]


def found(pool, queries, labels, k, size=64, rows=None, others=None):
    return retrieve(
        queries, labels, blocks(pool, size, rows), len(pool), k, lambda r: pool[r], others
    )


@pytest.fixture
def world():
    draw = np.random.default_rng(3)
    pool, queries = unit(draw.normal(size=(700, 8))), unit(draw.normal(size=(30, 8)))
    return pool, queries, draw.integers(0, 4, 30)


@pytest.mark.parametrize("size", [5, 64, 1000])
def test_neighbours_and_classes_are_those_of_one_large_product(world, size, monkeypatch):
    monkeypatch.setattr(retrieval, "QUERIES", 7)
    pool, queries, labels = world
    got = found(pool, queries, labels, 9, size, others=queries[:3])
    cosines = np.round(queries.astype(float) @ pool.T.astype(float), 6)  # (30, 700)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :9]
    assert (got.rows == order).all()
    assert np.allclose(got.similarity, np.take_along_axis(cosines, order, 1), atol=1e-9)
    by_class = np.stack([cosines[labels == label].max(axis=0) for label in range(4)])
    assert (got.label == by_class.argmax(axis=0)).all()
    assert np.allclose(got.best, by_class.max(axis=0), atol=2e-6)
    assert np.allclose(got.second, np.sort(by_class, axis=0)[-2], atol=2e-6)
    assert np.allclose(got.other, cosines[:3].max(axis=0), atol=2e-6)


def test_faiss_finds_the_same(world):
    faiss = pytest.importorskip("faiss")
    pool, queries, labels = world
    flat = faiss.IndexFlatIP(8)
    flat.add(pool)
    assert (found(pool, queries, labels, 5).rows == flat.search(queries, 5)[1]).all()


def test_equal_images_come_by_row_however_the_pool_is_cut():
    pool = unit(np.ones((50, 3)))
    for size in (3, 7, 50):
        got = found(pool, pool[:1], np.zeros(1, np.int64), 4, size)
        assert got.rows.tolist() == [[0, 1, 2, 3]]


def test_a_small_pool_ends_and_rows_without_features_are_never_found(world):
    pool, queries, labels = world
    got = found(pool[:6], queries, labels, 9, rows=np.array([0, 2, 5]))
    assert set(got.rows[:, :3].ravel()) == {0, 2, 5}
    assert (got.rows[:, 3:] == -1).all()
    assert got.label[[1, 3, 4]].tolist() == [-1, -1, -1]
    assert got.best[1] == got.second[1] == got.other[0] == NOTHING


def test_one_class_has_no_next_one(world):
    pool, queries, _ = world
    got = found(pool, queries, np.full(30, 2), 1)
    assert set(got.label) == {2}
    assert (got.second == NOTHING).all()
