import numpy as np
import pytest
import torch

from synthset.errors import RecipeError
from synthset.recipe.training import Preprocessing
from synthset.training.finetune import redraw_weights, replace_head
from synthset.training.predict import load_classifier


def transfer(root, place, **more):
    paths = [{"path": str(root / place)}]
    return {
        "kind": "transfer",
        "train": {"kind": "images", "paths": paths},
        "iterations": 60,
        "learning_rate": 0.03,
        "batch_size": 8,
        "size_px": 8,
        **more,
    }


def test_another_task_is_learned(trained, colours):
    suites, jobs = trained({"other": transfer(colours, "made", scratch=True)})
    suite = suites["other"]
    assert (len(suite.train), len(suite.test)) == (30, 6)
    assert not set(suite.train.keys) & set(suite.test.keys)
    (reading,) = suite.read("", jobs)[0]
    assert reading.value == 1
    assert reading.images == 6
    assert set(reading.details) == {"from nothing"}


def test_no_update_leaves_it_at_chance_and_the_same_seed_gives_the_same(trained, colours):
    one = transfer(colours, "made", iterations=1, learning_rate=1e-9)
    suites, jobs = trained({"one": one})
    values = [suites["one"].read("", jobs[:1])[0][0].value for _ in range(2)]
    assert values[0] == values[1] < 1


def test_a_new_head_keeps_the_other_layers(trained):
    _, (job, _) = trained({})
    before, model = load_classifier(job.folder), load_classifier(job.folder)
    replace_head(model, 7, 16, seed=0)
    assert model(torch.rand(2, 3, 16, 16)).shape == (2, 7)
    torch.testing.assert_close(model.net.groups[0].first.weight, before.net.groups[0].first.weight)
    again = replace_head(load_classifier(job.folder), 7, 16, seed=0)
    torch.testing.assert_close(model.net.head.weight, again.net.head.weight)


def test_forgotten_weights_are_drawn_by_the_seed(trained, colours):
    suites, (job, _) = trained({"other": transfer(colours, "other")})
    images, prepared = suites["other"].train, Preprocessing(size_px=8, fit="squash")
    before = load_classifier(job.folder).net
    one, two, other = (
        redraw_weights(load_classifier(job.folder), images, prepared, seed).net
        for seed in (0, 0, 1)
    )
    weights = [net.groups[1].first.weight for net in (before, one, two, other)]
    assert not torch.equal(weights[0], weights[1])
    torch.testing.assert_close(weights[1], weights[2])
    assert not torch.equal(weights[1], weights[3])
    assert not torch.equal(before.patches, one.patches)  # whitened on the other task's images


def test_test_images_are_never_trained_on(trained, colours):
    other = transfer(colours, "made", test={"kind": "images", "paths": [
        {"path": str(colours / "made")}]}, max_test_per_class=2)  # fmt: skip
    with pytest.raises(RecipeError, match="every image of class 'cat' is a test image"):
        trained({"other": other})


def test_at_most_so_many_images(trained, colours):
    few = transfer(colours, "made", max_train_per_class=2, max_test_per_class=1)
    suite = trained({"few": few})[0]["few"]
    assert np.bincount(suite.train.labels).tolist() == [2, 2, 2]
    assert np.bincount(suite.test.labels).tolist() == [1, 1, 1]
