"""Slices: several processes make the shards of one dataset at once, and a last one the rest."""

import contextlib
import os
import re
import signal
import time

import psutil
import pytest
from shapes import recipe
from slices import Slices, contents, make_full_recipe

import synthset
from synthset.errors import DatasetError, DatasetLocked, UsageError
from synthset.recipe.recipe import load_recipe
from synthset.store.lock import hold, hold_slice
from synthset.store.slices import Slice

NO_EXPORT = ("exports=[]",)
FOUR = ("0/4", "1/4", "2/4", "3/4")


class Heard:
    """A bar that keeps what is said."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def start(self, title: str, total: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def stop(self) -> None: ...
    def say(self, words: str) -> None:
        self.words.append(words)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A recipe that needs all that a slice may make, and what only the whole has."""
    place = tmp_path_factory.mktemp("slices")
    made = make_full_recipe(place, "images_per_class=30")
    (place / "recipe.yaml").write_text(made.to_yaml())
    return made, place / "recipe.yaml"


@pytest.fixture(scope="module")
def whole(asked, tmp_path_factory):
    """The bytes of a run that nothing disturbs."""
    return contents(synthset.run(asked[0], tmp_path_factory.mktemp("whole") / "d"))


def test_four_slices_that_start_at_once_in_an_empty_folder_make_the_same_bytes(
    asked, whole, tmp_path
):
    assert Slices(asked[1], tmp_path / "d", FOUR).finish() == dict.fromkeys(FOUR, 0)
    dataset, heard = synthset.open(tmp_path / "d"), Heard()
    made, _ = contents(dataset)
    by_shard = {name for name in whole[0] if re.search(r"/\d{5}\.parquet$", name)}
    assert len(by_shard) == 9 * 4 + 2 * 3
    assert {name for name in made if name.endswith(".parquet")} - by_shard == {
        name for name in whole[0] if "/manifests/" in name
    }
    assert {name: made[name] for name in by_shard} == {name: whole[0][name] for name in by_shard}
    synthset.run(asked[0], tmp_path / "d", bar=heard)
    assert contents(dataset) == whole
    assert heard.words == [
        "4 slices have made all 9 shards",
        "reference real: 4 slices have made all 2 shards",
    ]
    assert not (tmp_path / "d" / ".slices").exists()


@pytest.mark.parametrize("store", ["disk", "s3"])
def test_what_a_killed_slice_lacks_a_run_of_the_whole_makes(asked, whole, store, tmp_path, request):
    made, place = asked[0], tmp_path / "d"
    if store == "s3":  # which takes no exports
        made = recipe("images_per_class=30", scores=[{"kind": "quality"}])
        place = f"{request.getfixturevalue('bucket')}/d"
        whole = contents(synthset.run(made, tmp_path / "whole"))
    slow = load_recipe(made.to_content(), ["source.delay_s=0.1"])
    (tmp_path / "slow.yaml").write_text(slow.to_yaml())
    slices = Slices(tmp_path / "slow.yaml", place, FOUR)
    wait_for_images(place, of=2)
    os.kill(slices.processes[2], signal.SIGKILL)
    wait_for_death(slices.processes[2])
    with pytest.raises(DatasetLocked, match=r"working on slice [013]/4 of this dataset"):
        synthset.run(made, place)
    assert slices.finish() == {"0/4": 0, "1/4": 0, "2/4": -signal.SIGKILL, "3/4": 0}
    heard = Heard()
    dataset = synthset.run(made, place, bar=heard)
    assert heard.words[0] == "4 slices left 2 of 9 shards, which this run finishes: 2, 6"
    assert contents(dataset) == whole


def wait_for_death(number):
    """Wait until a killed process has let go of its locks."""
    with contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def wait_for_images(place, of):
    """Wait until a slice has made its first shard."""
    deadline = time.monotonic() + 300  # however busy the machine is
    while time.monotonic() < deadline:
        with contextlib.suppress(DatasetError):  # nothing is planned yet
            dataset = synthset.open(place)
            if any(shard % 4 == of for shard in dataset.shards(dataset.view.images)):
                return
        time.sleep(0.05)
    raise AssertionError("no image came")


def test_a_slice_makes_its_shards_and_no_other(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d", shards="1/2")
    assert dataset.shards(dataset.view.plan) == [0, 1, 2]
    assert dataset.shards(dataset.view.images) == [1]
    assert dataset.view.selection is None
    synthset.run(recipe(), tmp_path / "d", shards="3/4")
    assert dataset.shards(dataset.view.images) == [1]


def test_slices_of_a_finished_set_leave_its_selection_in_place(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    before = dataset.view
    synthset.run(recipe(), tmp_path / "d", shards="0/2")
    assert dataset.view == before


def test_rounds_are_left_to_a_run_of_the_whole(tmp_path):
    short = recipe("source.fail_every=2", "selection.target_per_class=8", "selection.max_rounds=1")
    for part in ("0/2", "1/2"):
        dataset = synthset.run(short, tmp_path / "d", shards=part)
    assert dataset.rows_in(dataset.view.plan) == 24
    synthset.run(short, tmp_path / "d")
    assert dataset.rows_in(dataset.view.plan) > 24
    assert contents(dataset) == contents(synthset.run(short, tmp_path / "whole"))


@pytest.mark.parametrize(
    ("shards", "said"),
    [
        ("4/4", "there is no slice 4/4; the slices of 4 are 0/4 to 3/4"),
        ("0/0", "there is no slice 0/0"),
        ("first", "'first' is no slice; write i/n, as in 0/4"),
        ("-1/4", "'-1/4' is no slice"),
    ],
)
def test_what_is_no_slice_is_refused_before_anything_is_written(tmp_path, shards, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        synthset.run(recipe(), tmp_path / "d", shards=shards)
    assert not (tmp_path / "d").exists()


def test_a_slice_can_not_be_held_to_what_the_whole_must_meet(tmp_path):
    with pytest.raises(UsageError, match="a slice exports nothing"):
        synthset.run(recipe(), tmp_path / "d", shards="0/2", require_accepted=True)


def test_a_slice_is_refused_while_a_process_works_on_the_whole(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d")
    before = contents(dataset)
    with (
        hold(dataset.folder),
        pytest.raises(DatasetLocked, match=f"process {os.getpid()} on .* the whole of this"),
    ):
        synthset.run(recipe("images_per_class=9"), tmp_path / "d", shards="0/2")
    assert contents(dataset) == before


def test_slices_of_one_dataset_have_one_recipe(tmp_path):
    dataset = synthset.run(recipe(), tmp_path / "d", shards="0/2")
    with (
        hold_slice(dataset.folder, Slice(0, 2)),
        pytest.raises(DatasetLocked, match="slice 0/2 of another recipe is being made"),
    ):
        synthset.run(recipe("source.size_px=20"), tmp_path / "d", shards="1/2")
    synthset.run(recipe("source.size_px=20"), tmp_path / "d", shards="1/2")
