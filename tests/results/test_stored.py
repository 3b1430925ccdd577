import pytest

from synthset.errors import DatasetError
from synthset.results.benchmark import Benchmark, Measure, Value, summarise
from synthset.results.judgement import Judgement
from synthset.results.stored import dump, load


def benchmark():
    values = [Value("base", arm, seed, 0.1 * seed, 50) for arm in "ab" for seed in (0, 1)]
    return summarise([Measure("base", "accuracy", "base")], values, {"a": "", "b": ""}, "a")


def test_a_benchmark_is_read_back_as_it_was_written():
    assert load(Benchmark, dump(benchmark()), "there") == benchmark()


def test_another_version_or_kind_is_refused():
    text = dump(benchmark())
    with pytest.raises(
        DatasetError, match="there: found version 1, but this version of synthset reads 2"
    ):
        load(Benchmark, text.replace('"version": 2', '"version": 1', 1), "there")
    same_version = text.replace('"version": 2', f'"version": {Judgement.VERSION}', 1)
    for other in (same_version, "[1]", "{"):
        with pytest.raises(DatasetError, match="there: can't be read as Judgement"):
            load(Judgement, other, "there")
