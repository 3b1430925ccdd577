"""Training a GAN: what decides an update, what is kept, what is refused."""

import numpy as np
import pytest
import torch

from synthset.errors import ModelError
from synthset.recipe.sources import Gan
from synthset.sources.gan.examples import Examples, compute_shares, measure_spreads
from synthset.sources.gan.players import Players
from synthset.sources.gan.sample_quality import Judge, sample
from synthset.sources.gan.training import GanTraining, is_trained, load_generator
from synthset.store.folder import LocalFolder

CPU = torch.device("cpu")


def settings(**changes):
    tiny = {"size_px": 16, "width": 4, "discriminator_width": 4, "latent_size": 4, "batch_size": 4}
    quick = {"updates": 4, "look_every": 2, "look_images": 10, "device": "cpu"}
    places = {"kind": "gan", "paths": [{"path": "photos"}]}
    return Gan.model_validate(places | tiny | quick | changes)


@pytest.fixture
def examples():
    """Dark pictures of class 0 and bright ones of class 1."""
    random = np.random.default_rng(0)
    levels = np.repeat([40, 200], 6)[:, None, None, None]
    noise = random.integers(0, 40, (12, 16, 16, 3))
    return Examples((levels + noise).astype(np.uint8), np.repeat([0, 1], 6))


def see(pictures):
    return np.stack([p.reshape(-1, 3).mean(axis=0) for p in pictures]).astype(np.float32)


def training(examples, place, **changes):
    wanted = settings(**changes)
    judge = Judge(examples, see, wanted.look_images)
    return GanTraining(wanted, ["dark", "bright"], examples, judge, LocalFolder(place), "model")


def test_an_update_is_decided_by_seed_and_number_alone(examples):
    real, labels = examples.tensor(torch.arange(4)), torch.zeros(4, dtype=torch.int64)
    found = []
    for noise in (0, 1):
        torch.manual_seed(noise)
        players = Players(settings(), torch.ones(2) / 2, torch.ones(2), CPU)
        found.append(players.update(3, real, labels, players.random(3)))
    assert found[0] == found[1]
    other = Players(settings(seed=1), torch.ones(2) / 2, torch.ones(2), CPU)
    assert other.update(3, real, labels, other.random(3)) != found[0]


def test_a_state_brings_everything_back(examples, tmp_path):
    first = training(examples, tmp_path)
    first._update(0)
    second = training(examples, tmp_path / "other")
    second.players.restore(first.players.state())
    assert first._update(1) == second._update(1)


def test_a_picture_depends_on_its_own_class_and_seed(examples, tmp_path):
    training(examples, tmp_path).run(lambda count: None)
    generator, classes = load_generator(LocalFolder(tmp_path), "model", CPU)
    many = sample(generator, [0, 1] * 20, range(40))
    (alone,) = sample(generator, [1], [31])
    assert classes == ["dark", "bright"]
    assert np.array_equal(many[31], alone)


def test_classes_are_told_apart_after_some_updates(examples, tmp_path):
    rates = {"generator_rate": 0.01, "discriminator_rate": 0.01}
    training(examples, tmp_path, updates=60, look_every=60, **rates).run(lambda count: None)
    generator, _ = load_generator(LocalFolder(tmp_path), "model", CPU)
    dark, bright = (np.mean(sample(generator, [label] * 8, range(8))) for label in (0, 1))
    assert bright - dark > 30


def test_losses_that_are_no_numbers_end_it_with_words(examples, tmp_path):
    broken = training(examples, tmp_path)
    broken.players.generator.last.bias.data.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"after 0 updates; lower source\.generator_rate"):
        broken.run(lambda count: None)
    assert not is_trained(LocalFolder(tmp_path), "model")


def test_balance_goes_from_as_they_come_to_all_alike():
    labels = np.array([0] * 9 + [1])
    assert compute_shares(labels, 3, 0).tolist() == pytest.approx([0.9, 0.1, 0])
    assert compute_shares(labels, 3, 1).tolist() == pytest.approx([0.5, 0.5, 0])
    assert compute_shares(labels, 3, 0.5).tolist() == pytest.approx([0.75, 0.25, 0])


def test_the_spread_of_a_class_is_that_of_its_pictures():
    levels = np.array([0, 255, 7, 7, 9], dtype=np.uint8)
    pictures = np.broadcast_to(levels[:, None, None, None], (5, 4, 4, 3))
    found = measure_spreads(Examples(pictures, np.array([0, 0, 1, 1, 2])), 3, seed=0)
    assert found.tolist() == pytest.approx([2.0, 1e-3, 1e-3])


def test_the_penalty_and_flips_run(examples, tmp_path):
    training(examples, tmp_path, r1=1.0, r1_every=2, flip=False).run(lambda count: None)
    assert is_trained(LocalFolder(tmp_path), "model")
