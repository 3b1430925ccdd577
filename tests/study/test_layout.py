"""Classes on a plane."""

import importlib.util

import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.statistics.plane import fit_points, project_principal, push_apart
from synthset.pages.kit.map_labels import choose_gap, place_labels
from synthset.study import layout as module
from synthset.study.layout import place_vectors
from synthset.study.words import describe_class
from synthset.taxonomy.classlists import make_name_classes, pick_wordnet_classes
from synthset.taxonomy.hypernym_features import compute_hypernym_features

SIZE = (400.0, 300.0)


def gaps(points, radii):
    far = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    np.fill_diagonal(far, np.inf)
    return far - radii[:, None] - radii[None]


def test_points_on_a_line_come_out_on_a_line():
    line = np.outer([0.0, 1, 2, 5], [3.0, 4.0, 0.0])
    flat = project_principal(line)
    assert np.allclose(flat[:, 1], 0)
    assert np.allclose(np.abs(np.diff(flat[:, 0])), [5, 5, 15])


def test_a_picture_does_not_flip():
    rows = np.random.default_rng(0).normal(size=(12, 5))
    assert np.allclose(project_principal(rows), project_principal(rows[:, ::-1]))
    assert (
        project_principal(rows)[np.abs(project_principal(rows)).argmax(axis=0), [0, 1]] > 0
    ).all()


def test_circles_fit_into_the_map_and_do_not_hide_each_other():
    rng, radii = np.random.default_rng(1), np.full(30, 8.0)
    points = push_apart(fit_points(rng.normal(size=(30, 2)), radii, SIZE), radii, SIZE)
    assert gaps(points, radii).min() > -1
    assert (points >= 8).all()
    assert (points <= np.array(SIZE) - 8).all()


def test_equal_classes_are_put_side_by_side():
    radii = np.full(5, 6.0)
    points = place_vectors(np.ones((5, 3), dtype=np.float32), radii, SIZE, "pca").points
    assert gaps(points, radii).min() > -1


def test_few_classes_are_placed_by_principal_components():
    found = place_vectors(np.eye(6, dtype=np.float32), np.ones(6), SIZE)
    assert found.how == "the first two principal components"


def test_umap_is_missed_in_words(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"synthset\[map\]"):
        place_vectors(np.eye(40, dtype=np.float32), np.ones(40), SIZE, "umap")
    assert "principal" in place_vectors(np.eye(40, dtype=np.float32), np.ones(40), SIZE).how


@pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="needs synthset[map]")
def test_the_same_seed_gives_the_same_map_with_like_beside_like():
    rng = np.random.default_rng(2)
    centres = np.repeat(np.eye(3), 12, axis=0)
    rows = (centres + rng.normal(0, 0.05, (36, 3))).astype(np.float32)
    one, two = (place_vectors(rows, np.ones(36), SIZE, seed=4) for _ in range(2))
    assert np.array_equal(one.points, two.points)
    assert one.how == "UMAP, seed 4"
    far = np.sqrt(((one.points[:, None] - one.points[None]) ** 2).sum(axis=2))
    np.fill_diagonal(far, np.inf)
    assert (far.argmin(axis=1) // 12 == np.arange(36) // 12).all()


def test_a_definition_tells_two_cranes_apart():
    bird, machine = (pick_wordnet_classes([name])[0] for name in ("crane.n.05", "crane.n.04"))
    assert describe_class(bird) != describe_class(machine)
    assert describe_class(make_name_classes(["blorple"])[0]) == "blorple"


def test_wordnet_alone_places_kin_together():
    rows = compute_hypernym_features(
        ["n02084071", "n02121620", "n04490091", None]
    )  # dog, cat, truck
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0])


def test_no_word_hides_another():
    rng = np.random.default_rng(3)
    points, radii = rng.uniform(20, 280, (60, 2)), np.full(60, 5.0)
    names = [f"class number {i}" for i in range(60)]
    found = place_labels(names, points, radii, [i % 2 for i in range(60)], ["one", "two"], SIZE)
    boxes = [(label.x, label.y, len(label.text) * 5) for label in found]
    assert sum(label.is_group for label in found) == 2
    for i, (x, y, _) in enumerate(boxes):
        for left, top, wide in boxes[:i]:
            assert abs(x - left) > wide / 4 or abs(y - top) > 5


def test_where_classes_are_few_a_name_fits_between_two_circles():
    points, radii = np.array([[200.0, 100.0], [202.0, 120.0]]), np.full(2, 20.0)
    moved = push_apart(points, radii, SIZE, choose_gap(2))
    found = place_labels(["ship", "truck"], moved, radii, [0, 0], ["vehicle"], SIZE)
    upper = min(found, key=lambda label: label.y)
    assert gaps(moved, radii).min() > choose_gap(2) - 1
    assert upper.y < moved[:, 1].max() - 20
