"""Variety of texts, on sets small enough to count by hand."""

import numpy as np
import pytest

from synthset.metrics.sets.text_diversity import distinct_n, mean_cosine_distance


def test_distinct_counts_runs_of_words():
    texts = ["A cat, at night.", "a cat at home"]
    assert [distinct_n(texts, n) for n in (1, 2, 3)] == [5 / 8, 4 / 6, 3 / 4]


def test_the_same_text_twice_halves_it_and_no_run_has_no_value():
    assert distinct_n(["a b", "a b"], 1) == 0.5
    assert distinct_n(["word", ""], 2) is None


def test_a_word_with_a_hyphen_or_an_apostrophe_is_one():
    assert distinct_n(["close-up", "it's close-up"], 1) == 2 / 3


def test_spread_is_the_mean_distance_of_all_pairs():
    rows = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    by_hand = [1 - rows[i] @ rows[j] for i in range(7) for j in range(i)]
    assert mean_cosine_distance(rows) == pytest.approx(np.mean(by_hand), abs=1e-6)


def test_repeated_texts_count_as_often_as_they_occur():
    rows = np.eye(3, dtype=np.float32)
    assert mean_cosine_distance(rows, [2, 1, 1]) == pytest.approx(
        mean_cosine_distance(rows[[0, 0, 1, 2]])
    )
    assert mean_cosine_distance(rows[:1], [4]) == 0
    assert mean_cosine_distance(rows[:1]) is None
