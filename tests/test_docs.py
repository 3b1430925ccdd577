"""Every command, recipe and snippet of the README and the docs runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.recipe.experiment import load_experiment
from synthset.recipe.recipe import load_recipe

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {"make"}  # CI runs make demo and make test themselves


def blocks(page, *languages):
    return [text for language, text in BLOCK.findall(page.read_text()) if language in languages]


def run_command(line):
    words = shlex.split(line, comments=True)
    if not words or words[0] in ELSEWHERE:
        return
    assert words[0] == "synthset", f"{line!r} is run by no test"
    result = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, f"{line}: {result.output}"


@pytest.fixture(autouse=True)
def _end_ray():
    """Leave no cluster behind that a page has started."""
    yield
    if ray := sys.modules.get("ray"):
        ray.shutdown()


def with_commands():
    return [page for page in PAGES if blocks(page, "sh", "python")]


@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.name)
def test_commands_and_snippets_run_in_their_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for language, text in BLOCK.findall(page.read_text()):
        if file := re.match(r"# (\w+\.(py|yaml))\n", text):
            (tmp_path / file[1]).write_text(text)
        if language == "sh":
            for line in text.splitlines():
                run_command(line)
        elif language == "python":
            exec(compile(text, str(page), "exec"), {"__name__": "shown"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_recipes_and_their_parts_are_right(page):
    whole = {
        "name": "whole",
        "classes": ["cat"],
        "images_per_class": 1,
        "source": {"kind": "shapes"},
    }
    for text in blocks(page, "yaml"):
        content = yaml.safe_load(text)
        if "arms" in content:
            assert load_experiment(content).name
        else:
            assert load_recipe({**whole, **content}).name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
        if "://" in target:
            continue
        place = page.parent / target if target else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), f"{target}#{anchor}"


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}


def test_the_readme_recipe_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (recipe,) = blocks(ROOT / "README.md", "yaml")
    (tmp_path / "pets.yaml").write_text(recipe)
    run_command("synthset plan pets.yaml")
    run_command("synthset run pets.yaml --workers 1")
    assert (tmp_path / "pets" / "report" / "index.html").exists()


def test_the_kinds_that_are_shown_run_together(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = [text for text in blocks(ROOT / "docs/own-kinds.md", "python") if "Settings)" in text]
    entries = []
    for text in shown:
        file, name, group = re.search(
            r"# (\w+).py.*class (\w+)\((\w+)Settings\)", text, re.S
        ).groups()
        Path(f"{file}.py").write_text(text)
        entries.append(f"[synthset.{group.lower()}s]\n{file} = {file}:{name}\n")
    Path("shown-1.0.dist-info").mkdir()
    Path("shown-1.0.dist-info/METADATA").write_text("Name: shown\nVersion: 1.0\n")
    Path("shown-1.0.dist-info/entry_points.txt").write_text("".join(entries))
    recipe = {
        "name": "shown",
        "classes": ["cat", "dog"],
        "images_per_class": 4,
        "source": {"kind": "shapes"},
        "encoders": {"pixels": {"kind": "pixels"}},
        "scores": [{"kind": "redness"}],
        "metrics": [{"kind": "spread", "encoder": "pixels"}],
        "selection": {"steps": [{"kind": "small", "width_px": 32}]},
    }
    Path("shown.yaml").write_text(yaml.safe_dump(recipe))
    run = [sys.executable, "-m", "synthset.cli.app", "run", "shown.yaml", "--workers", "1"]
    subprocess.run(run, check=True, env=os.environ | {"PYTHONPATH": f"{ROOT}/src:{tmp_path}"})
    (spread,) = [one for one in synthset.open("shown").metrics() if one.of == "all"]
    assert spread.name == "spread (pixels fake)"
    assert spread.value > 0


def test_make_targets_that_are_named_exist():
    named = {
        name for page in PAGES for name in re.findall(r"\bmake ([a-z-]+)\b", page.read_text())
    } - {"an", "a"}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {
        name for name in named if name in ("demo", "test", "check", "bench", "setup")
    } <= targets


def commands_of(file):
    """Commands of ours in an example of another tool, with their options."""
    found = re.findall(r"synthset (run [^'\"\n]*(?:'\$\w+'[^'\"\n]*)*)", file.read_text())
    return [shlex.split(line.replace("\\$", "$")) for line in found]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "docs" / "cluster").iterdir()), ids=lambda f: f.name
)
def test_commands_of_cluster_examples_have_the_options_they_use(file):
    commands = commands_of(file)
    assert commands
    for name, *words in commands:
        get_command(app).commands[name].make_context(name, list(words))


def test_the_example_of_a_ray_cluster_is_one():
    from ray.autoscaler._private.util import prepare_config, validate_config

    content = yaml.safe_load((ROOT / "docs" / "cluster" / "ray.yaml").read_text())
    validate_config(prepare_config(content))


def test_the_example_for_slurm_makes_a_dataset(tmp_path, monkeypatch):
    """With an `sbatch` that runs what it is given, at once and one after the other."""
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(SBATCH)
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHON", sys.executable)
    changes = "name: s\nclasses: [star]\nimages_per_class: 4\nsource: {kind: shapes}\n"
    (tmp_path / "r.yaml").write_text(changes + "engine: {rows_per_shard: 2}\n")
    command = ["sh", ROOT / "docs" / "cluster" / "slurm.sh", tmp_path / "r.yaml", tmp_path / "d"]
    said = subprocess.run(
        [*command, "2", "--time=1:00"], check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == ["7"]
    dataset = synthset.open(tmp_path / "d")
    assert len(dataset) == 4
    runs = [event["slice"] for event in dataset.events() if event["event"] == "run"]
    assert runs == ["0/2", "1/2", None]


SBATCH = """#!/bin/sh
last=0 command=
for word; do
    case $word in
    --parsable | --gpus=1 | --requeue | --time=1:00 | --wrap) ;;
    --array=0-*) last=${word#--array=0-} ;;
    --dependency=afterany:7) ;;
    --*) echo "sbatch: $word?" >&2; exit 1 ;;
    *) command=$word ;;
    esac
done
synthset() { "$PYTHON" -m synthset "$@" >&2; }
for SLURM_ARRAY_TASK_ID in $(seq 0 "$last"); do eval "$command" || exit 1; done
echo 7
"""
