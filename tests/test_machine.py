"""How many workers, and what each of them sees."""

import pytest

from synthset import machine
from synthset.machine import count_gpus_used, count_workers, make_worker_environment


def test_there_are_no_more_workers_than_tasks():
    assert count_workers(8, tasks=3) == 3
    assert count_workers(2, tasks=0) == 1


def test_auto_takes_one_worker_a_gpu(monkeypatch):
    monkeypatch.setattr(machine, "count_gpus", lambda: 4)
    assert count_workers("auto", tasks=100) == 4
    assert count_workers("auto", tasks=2) == 2


def test_a_gpu_that_is_named_takes_one_worker(monkeypatch):
    monkeypatch.setattr(machine, "count_gpus", lambda: 4)
    assert count_workers("auto", tasks=100, device="cuda:1") == 1
    assert count_gpus_used(["cuda:1"], workers=3) == 1
    assert count_gpus_used(["cpu", "auto"], workers=3) == 3


def test_auto_without_a_gpu_stays_within_cores_and_memory(monkeypatch):
    monkeypatch.setattr(machine, "count_gpus", lambda: 0)
    monkeypatch.setattr(machine, "count_cores", lambda: 6)
    assert 1 <= count_workers("auto", tasks=100) <= 6
    assert count_workers("auto", tasks=100, threads=6) == 1
    assert count_gpus_used(["auto"], workers=2) == 0


@pytest.mark.parametrize(
    ("visible", "seen"), [(None, ["0", "1", "0"]), ("5,7", ["5", "7", "5"]), ("3", ["0", "1", "0"])]
)
@pytest.mark.parametrize("name", ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"])
def test_of_several_gpus_each_worker_sees_one(monkeypatch, tmp_path, name, visible, seen):
    monkeypatch.setattr(machine, "ROCM", tmp_path / ("none" if name.startswith("CUDA") else ""))
    monkeypatch.delenv(name, raising=False)
    if visible:
        monkeypatch.setenv(name, visible)
    assert [make_worker_environment(1, place, gpus=2)[name] for place in range(3)] == seen


def test_threads_are_fixed_for_every_library():
    found = make_worker_environment(3)
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == "3"
    assert "CUDA_VISIBLE_DEVICES" not in found or found["CUDA_VISIBLE_DEVICES"]


@pytest.mark.parametrize(
    ("said", "has"), [("flags : fpu avx512_bf16 sse", True), ("flags : fpu avx512f sse", False)]
)
def test_a_cpu_is_asked_for_bfloat16(monkeypatch, tmp_path, said, has):
    monkeypatch.setattr(machine, "CPU", tmp_path / "cpuinfo")
    assert not machine.computes_bfloat16()
    (tmp_path / "cpuinfo").write_text(said)
    assert machine.computes_bfloat16() == has
