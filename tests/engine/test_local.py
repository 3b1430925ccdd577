"""How many workers, and what each of them sees."""

import pytest

from synthset.engine import local
from synthset.engine.local import count_workers
from synthset.engine.worker import environment


def test_no_more_workers_than_shards():
    assert count_workers(8, shards=3) == 3
    assert count_workers(2, shards=0) == 1


def test_auto_takes_one_worker_a_gpu(monkeypatch):
    monkeypatch.setattr(local, "count_gpus", lambda: 4)
    assert count_workers("auto", shards=100) == 4
    assert count_workers("auto", shards=2) == 2


def test_auto_without_a_gpu_stays_within_cores_and_memory(monkeypatch):
    monkeypatch.setattr(local, "count_gpus", lambda: 0)
    assert 1 <= count_workers("auto", shards=100) <= 8


@pytest.mark.parametrize(
    ("visible", "seen"), [(None, ["0", "1", "0"]), ("5,7", ["5", "7", "5"]), ("3", ["0", "1", "0"])]
)
def test_of_several_gpus_each_worker_sees_one(monkeypatch, visible, seen):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = [environment(1, place, gpus=2)["CUDA_VISIBLE_DEVICES"] for place in range(3)]
    assert found == seen


def test_threads_are_fixed_for_every_library():
    found = environment(3)
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == "3"
    assert "CUDA_VISIBLE_DEVICES" not in found or found["CUDA_VISIBLE_DEVICES"]
