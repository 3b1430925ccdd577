"""The parts of the work on a shard."""

import pytest
from shapes import recipe

import synthset
from synthset.engine.catalog import plan_passes
from synthset.engine.shard import assemble
from synthset.errors import StageError


@pytest.fixture
def unfinished(tmp_path):
    """A dataset whose first shard of images is in chunks, its cell, and its ids."""
    asked = recipe()
    dataset = synthset.run(asked, tmp_path / "d")
    (spec,) = plan_passes(asked, dataset.view.plan)[0]
    cell = dataset.read_cell(spec.table, 0)
    dataset.folder.discard(f"{spec.table}/00000.parquet")
    for start in (0, 4, 8):
        dataset.write_chunk(spec.table, 0, start, cell.slice(start, 4))
    return dataset, spec, cell, cell.column("id")


@pytest.mark.parametrize("left", [0, 1])
def test_of_two_workers_that_join_the_same_chunks_the_later_one_is_content(
    unfinished, left, monkeypatch
):
    dataset, spec, cell, ids = unfinished
    listed = type(dataset).chunks

    def be_late(grid, table, shard):
        found = listed(grid, table, shard)
        dataset.write_cell(spec.table, 0, cell)
        dataset.clear_chunks(spec.table, 0)
        return found[:left]

    monkeypatch.setattr(type(dataset), "chunks", be_late)
    assert assemble(dataset, spec, 0, ids) == 0
    assert dataset.read_cell(spec.table, 0).equals(cell)


def test_chunks_that_are_incomplete_make_no_cell(unfinished):
    dataset, spec, _, ids = unfinished
    for start in (4, 0, 8):
        dataset.folder.discard(
            f".spool/{spec.table}/00000/{start:06d}-{min(4, 10 - start):06d}.parquet"
        )
        with pytest.raises(StageError, match="the chunks of shard 0 don't contain its records"):
            assemble(dataset, spec, 0, ids)
    assert not dataset.has(spec.table, 0)
