from dataclasses import replace

import numpy as np
import torch
from digit_tasks import digits, small_task

from synthset.recipe.training import Mixing
from synthset.training.batches import Batches
from synthset.training.draws import DrawPhase
from synthset.training.task import TrainingStage

SOURCES = replace(digits(0, 200), names=("real", "sd"), origins=np.arange(200, dtype=np.int16) % 2)


def batches(mix=None, part=slice(None)):
    first, last = np.zeros((2, 10), int), np.zeros((2, 10), int)
    first[1], last[0, :2] = 1, 5
    draws = (DrawPhase(0.75, first), DrawPhase(0.25, last))
    stage = TrainingStage("train", SOURCES, 8, draws, mix)
    return Batches(small_task(stages=(stage,), batch_size=20), 0, part)


def test_each_phase_draws_by_its_own_table():
    found = list(batches().run(0, 8))
    assert [one.phase for one in found] == [0] * 6 + [1] * 2
    assert all(one.sources.tolist() == [[0, 1]] * 20 for one in found[:6])
    assert all(one.sources.tolist() == [[1, 0]] * 20 for one in found[6:])
    assert np.bincount(found[7].labels).tolist() == [10, 10]


def test_a_batch_is_the_same_wherever_a_training_goes_on():
    whole, rest = list(batches().run(0, 8)), list(batches().run(5, 8))
    for one, other in zip(whole[5:], rest, strict=True):
        torch.testing.assert_close(one.pixels, other.pixels, rtol=0, atol=0)


def mixed(part=slice(None)):
    stage = TrainingStage("train", SOURCES, 4, mix=Mixing(kind="mixup"))
    return next(iter(Batches(small_task(stages=(stage,), batch_size=20), 0, part).run(0, 1)))


def test_a_mixed_image_keeps_its_label_and_is_of_both_sources():
    plain = TrainingStage("train", SOURCES, 4)
    alone = next(
        iter(Batches(small_task(stages=(plain,), batch_size=20), 0, slice(None)).run(0, 1))
    )
    found = mixed()
    assert torch.equal(found.labels, alone.labels)
    torch.testing.assert_close(found.sources.sum(dim=1), torch.ones(20))
    assert ((found.sources > 0) & (found.sources < 1)).any()
    assert not torch.equal(found.pixels, alone.pixels)


def test_processes_see_their_parts_of_one_mixed_batch():
    whole, part = mixed(), mixed(slice(10, 20))
    assert torch.equal(whole.pixels[10:], part.pixels)
    assert torch.equal(whole.sources[10:], part.sources)
