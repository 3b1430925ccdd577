"""A worker keeps its models, and lets go of what nobody will do."""

import pytest
from shapes import recipe

import synthset
from synthset.engine.catalog import plan_passes
from synthset.engine.chunk_feed import ChunkTask
from synthset.engine.worker import Worker
from synthset.sources.shapes import ShapesStage


@pytest.mark.parametrize(("room", "opened"), [(True, 1), (False, 2)])
def test_a_model_is_loaded_once_in_both_rounds_while_there_is_room(
    tmp_path, monkeypatch, room, opened
):
    times = []
    monkeypatch.setattr(ShapesStage, "open", lambda self: times.append(self))
    monkeypatch.setattr("synthset.engine.worker.has_room", lambda: room)
    changes = ("source.fail_every=3", "selection.target_per_class=8", "selection.max_rounds=1")
    dataset = synthset.run(recipe(*changes, scores=[{"kind": "quality"}]), tmp_path / "d")
    rounds = dataset.records().column("round").to_pylist()
    assert (max(rounds), len(times)) == (1, opened)


def test_chunks_that_wait_for_a_model_dont_hold_up_the_end(tmp_path):
    asked = recipe()
    dataset = synthset.run(asked, tmp_path / "d")
    again = plan_passes(asked.model_copy(update={"name": "other"}), dataset.view.plan)
    worker = Worker(dataset, asked, [], again)
    worker.prepare(ChunkTask(0, 7, 0, 4, (0,)))  # its stage is never opened
    worker.close()
