"""Whether features tell generated from real images of a class."""

import json
from dataclasses import replace

import numpy as np
import pytest

from synthset.experiment.probe_sources import FEWEST, PER_SIDE, choose_rows, probe_sources
from synthset.experiment.trials import FACTS, read_trial, write_trial
from synthset.results.trial import Trial
from synthset.training.labelled import LabelledImages


def mixed(*counts):
    """Images by (real, generated) of each class; their keys are in no order."""
    labels = np.concatenate([np.full(sum(two), k, np.int64) for k, two in enumerate(counts)])
    origins = np.concatenate([np.repeat([0, 1], two) for two in counts]).astype(np.int16)
    keys = np.random.default_rng(0).permutation(len(labels))
    return LabelledImages(None, labels, origins, ("real", "sd"), tuple(f"{k:05}" for k in keys))


def features(images, shift):
    """Noise; generated images of class 0 lie aside by so much."""
    noise = np.stack([np.random.default_rng(int(key)).normal(size=8) for key in images.keys])
    noise[:, 2] += shift * (images.origins == 1) * (images.labels == 0)
    return noise.astype(np.float32)


@pytest.mark.parametrize(("shift", "low", "high"), [(4.0, 0.97, 1.0), (0.0, 0.4, 0.62)])
def test_a_class_is_told_apart_only_where_its_sources_differ(shift, low, high):
    found = probe_sources(mixed((90, 70), (60, 60)), 2, lambda one: features(one, shift))
    assert low <= found.areas[0].value <= high
    assert found.areas[1].low < 0.5 < found.areas[1].high
    assert found.skipped == 0


def test_sides_are_of_equal_size_and_classes_with_few_are_counted():
    chosen = choose_rows(mixed((300, 250), (FEWEST, 99), (FEWEST - 1, 99), (50, 0)), 4)
    assert {k: len(rows) for k, rows in chosen.items()} == {0: 2 * PER_SIDE, 1: 2 * FEWEST, 2: 0}
    found = probe_sources(mixed((40, 40), (5, 40)), 2, lambda one: features(one, 0))
    assert (list(found.areas), found.skipped) == ([0], 1)


def test_the_bytes_decide_which_images_are_taken():
    images = mixed((300, 300))
    other = images.take(np.random.default_rng(1).permutation(600))
    taken = [{one.keys[row] for row in choose_rows(one, 1)[0].tolist()} for one in (images, other)]
    assert taken[0] == taken[1]


def test_images_of_one_source_are_not_probed():
    assert probe_sources(mixed((50, 0), (40, 0)), 2, lambda one: 1 / 0) is None
    assert probe_sources(mixed((50, 0), (0, 40)), 2, lambda one: 1 / 0) is None


def test_a_trial_keeps_its_probe_and_one_of_before_has_none(tmp_path):
    found = probe_sources(mixed((40, 40), (5, 40)), 2, lambda one: features(one, 2))
    said = np.full((2, 2), 0.5, np.float32)
    trial = Trial("mixed", 0, np.arange(2), said, {"real": np.ones(2, np.int64)})
    write_trial(tmp_path, replace(trial, source_probe=found))
    assert read_trial(tmp_path).source_probe == found
    facts = json.loads((tmp_path / FACTS).read_text())
    del facts["source_probe"]
    (tmp_path / FACTS).write_text(json.dumps(facts))
    assert read_trial(tmp_path).source_probe is None
