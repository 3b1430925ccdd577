"""A run on a Ray cluster of two nodes: the bytes of a local run, whatever is killed on its way."""

import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster
from shapes import recipe
from side_work import begin_squares, begin_trouble
from slices import contents, make_full_recipe

import synthset
from synthset.errors import StageError, UsageError
from synthset.ray_actors import RayActors, _Actor
from synthset.workers import Fault, run_list

MEMORY = 80 * 2**20  # bytes for objects; chunks go through the dataset
CODE = "import sys, synthset; synthset.run(sys.argv[1], sys.argv[2], workers=2, engine='ray')"


class Watch:
    """A bar that does something once so many rows are done, and keeps what is said."""

    def __init__(self, rows=0, do=lambda: None):
        self.left, self.do, self.words = rows, do, []

    def start(self, title, total): ...
    def stop(self): ...
    def advance(self, rows):
        before, self.left = self.left, self.left - rows
        if before > 0 >= self.left:
            self.do()

    def say(self, words):
        self.words.append(words)


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as quiet:
        quiet.setenv("RAY_USAGE_STATS_ENABLED", "0")
        quiet.setenv("RAY_raylet_start_wait_time_s", "300")  # however busy the machine is
        node = {"num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False}
        patient = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500}
        patient |= {"health_check_timeout_ms": 20_000}  # who is dead refuses, who is busy waits
        nodes = Cluster()
        nodes.add_node(**node, _system_config=patient)
        nodes.add_second = lambda: nodes.add_node(**node)
        nodes.second = nodes.add_second()
        quiet.setenv("RAY_ADDRESS", nodes.address)
        yield nodes
        ray.shutdown()
        nodes.shutdown()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A recipe of several passes and shards, and the bytes of its run on this machine."""
    place = tmp_path_factory.mktemp("ray")
    made = make_full_recipe(place, "images_per_class=20", "source.fail_every=7")
    return made, contents(synthset.run(made, place / "d"))


def run_on_ray(asked, place, watch, delay=0.05):
    """Run on two workers, one a node."""
    dataset = synthset.run(
        *(asked, place), overrides=[f"source.delay_s={delay}"], workers=2, bar=watch, engine="ray"
    )
    return contents(dataset)


def list_workers(node):
    """Processes of our workers on a node."""
    family = psutil.Process(find_raylet(node).pid).children()
    return [one for one in family if one.cmdline()[:1] and "::_Actor" in one.cmdline()[0]]


def find_raylet(node):
    return node.all_processes["raylet"][0].process


def test_a_lost_worker_costs_at_most_its_chunks(cluster, asked, tmp_path):
    killed = []

    def kill():
        killed.extend(list_workers(cluster.head_node))
        killed[0].kill()

    watch = Watch(40, kill)  # the reference has 24 rows
    assert run_on_ray(asked[0], tmp_path / "d", watch) == asked[1]
    assert len(killed) == 1
    assert len([said for said in watch.words if "a worker was lost, its chunks" in said]) == 1
    events = synthset.open(tmp_path / "d").events()
    assert [event["engine"] for event in events if event["event"] == "run"] == ["ray"]
    assert {event["workers"] for event in events if "workers" in event} == {2}


def test_a_lost_node_costs_at_most_its_chunks(cluster, asked, tmp_path):
    workers = []

    def kill():
        workers.extend(list_workers(cluster.second))
        find_raylet(cluster.second).kill()

    try:
        watch = Watch(40, kill)  # the reference has 24 rows
        assert run_on_ray(asked[0], tmp_path / "d", watch, delay=0.1) == asked[1]
    finally:
        cluster.remove_node(cluster.second)
        cluster.second = cluster.add_second()
    assert len(workers) == 1
    assert any("a worker was lost" in said for said in watch.words)


def test_after_a_killed_driver_the_same_run_goes_on(cluster, asked, tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        synthset.load_recipe(asked[0].to_content(), ["source.delay_s=0.1"]).to_yaml()
    )
    command = [sys.executable, "-c", CODE, tmp_path / "recipe.yaml", tmp_path / "d"]
    with subprocess.Popen(command, stdout=-3, stderr=-3) as driver:
        deadline = time.monotonic() + 300  # however busy the machine is
        while not list(tmp_path.glob("d/images-*/*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.05)
        driver.send_signal(signal.SIGKILL)
    done = {file: file.stat().st_mtime_ns for file in tmp_path.glob("d/images-*/*.parquet")}
    assert done
    assert len(done) < 6
    assert run_on_ray(asked[0], tmp_path / "d", Watch()) == asked[1]
    assert {file: file.stat().st_mtime_ns for file in done} == done


def test_a_task_that_kills_its_workers_is_given_up_with_the_reason(cluster):
    with RayActors(2, begin_trouble, (), 1, 0.0, quiet) as actors:
        done = dict(run_list(actors, ["dies", "fine", "good"]))
    assert done.pop("dies").message.startswith("3 workers died while they ran it (out of memory?).")
    assert done == {"fine": "fine", "good": "good"}


def test_what_fails_names_the_machine_and_what_is_told_comes_to_the_driver(cluster):
    heard = []
    with RayActors(1, begin_trouble, (), 1, 0.0, quiet) as actors:
        (fault,) = dict(run_list(actors, ["complains"])).values()
    assert fault == Fault("StageError", f"on {socket.gethostname()}: there is no such image")
    with RayActors(1, begin_squares, (10,), 1, 0.0, quiet) as actors:
        first = dict(run_list(actors, range(3), heard.append))
        assert dict(run_list(actors, range(3))) == first == {0: 10, 1: 11, 2: 14}
    assert heard == [0, 1, 2]


def test_workers_that_can_not_start_end_the_run(cluster, monkeypatch):
    monkeypatch.setattr("synthset.ray_actors._Actor", Hopeless)
    with (
        RayActors(1, begin_trouble, (), 1, 0.0, quiet) as actors,
        pytest.raises(StageError, match="3 workers were lost before they had started; synthset"),
    ):
        list(run_list(actors, ["fine"]))


def test_a_worker_that_the_cluster_has_no_room_for_is_waited_for_aloud(cluster, monkeypatch):
    monkeypatch.setattr("synthset.ray_actors.PATIENCE_S", 0)

    class Heard(BaseException):
        pass

    def say(words):
        raise Heard(words)

    with (
        RayActors(1, begin_trouble, (), 1, 1.0, say) as actors,
        pytest.raises(Heard, match=r"needs 1 CPU, the cluster has 2 and .* needs 1 GPU, .* has 0"),
    ):
        list(run_list(actors, ["fine"]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "rya"}, "engine: 'rya'; did you mean 'ray'?"),
        ({"address": "auto"}, "address: only the engine ray has one"),
        ({"engine": "ray", "gpus_per_worker": 1.5}, "gpus_per_worker: found 1.5; give a part of"),
    ],
)
def test_what_no_engine_can_do_is_refused_before_anything_is_written(tmp_path, options, said):
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        synthset.run(recipe(), tmp_path / "d", **options)
    assert not (tmp_path / "d").exists()


class Hopeless(_Actor):
    """Stands for a worker on a machine that lacks a library."""

    def __init__(self, *_):
        raise ModuleNotFoundError("No module named 'torch'")


def quiet(words):
    """Where nobody listens."""
