import pytest
import torch
from torch import nn

from synthset.recipe.training import Training
from synthset.training.ema import follow
from synthset.training.hardware import cut_batch
from synthset.training.schedule import learning_rate, make_optimizer


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_zero():
    training = Training(learning_rate=0.4, warm_up=0.1)
    rates = [learning_rate(number, 100, training) for number in range(100)]
    assert rates[:10] == pytest.approx([0.04 * (i + 1) for i in range(10)])
    assert rates[10] == 0.4
    assert rates[55] == pytest.approx(0.2)
    assert 0 < rates[99] < 0.001


def test_without_warm_up_it_begins_at_the_peak():
    assert learning_rate(0, 7, Training(warm_up=0, learning_rate=0.3)) == 0.3


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_biases_and_norms_have_no_decay(optimizer):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
    matrices, vectors = make_optimizer(model, Training(optimizer=optimizer)).param_groups
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (5e-4, 0)
    assert {value.ndim for value in matrices["params"]} == {4, 2}
    assert {value.ndim for value in vectors["params"]} == {1}


def test_the_average_follows_faster_at_first_and_with_its_decay_later():
    average, model = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    nn.init.constant_(model.weight, 2)
    model.running_mean.fill_(1)
    follow(average, model, 0.99, number=0)  # decay 1/10
    torch.testing.assert_close(average.weight.detach(), torch.tensor([1.9]))
    torch.testing.assert_close(average.running_mean, torch.tensor([0.9]))
    follow(average, model, 0.5, number=1000)
    torch.testing.assert_close(average.weight.detach(), torch.tensor([1.95]))


@pytest.mark.parametrize(("size", "world"), [(8, 1), (8, 3), (7, 2), (128, 5), (6, 3)])
def test_processes_share_a_batch_in_whole_pairs(size, world):
    class Place:
        num_processes = world

    parts = []
    for Place.process_index in range(world):
        parts.append(list(range(size))[cut_batch(Place, size)])
    assert [row for part in parts for row in part] == list(range(size))
    assert all(part and part[0] % 2 == 0 for part in parts)
