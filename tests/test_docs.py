"""Every command, recipe and snippet of the README and the docs runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
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
