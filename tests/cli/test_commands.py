"""The commands, as a user types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from shapes import recipe
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.errors import SynthsetError

COMMANDS = (
    "demo",
    "plan",
    "run",
    "sweep",
    "status",
    "what-if",
    "review",
    "export",
    "report",
    "recipes",
    "schema",
)


def synthset_command(*words, cwd=None):
    command = [sys.executable, "-m", "synthset.cli.app", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "recipe.yaml").write_text(recipe().to_yaml())
    done = synthset_command("run", folder / "recipe.yaml", "-o", folder / "d")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_terminal_without_letters_gets_escapes(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "name: r\nclasses: [Käse, 狗]\nimages_per_class: 1\nsource: {kind: shapes}",
        encoding="utf-8",
    )
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "synthset.cli.app", "plan", tmp_path / "r.yaml"]
    done = subprocess.run(command, capture_output=True, env=plain, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"K\xe4se" in done.stdout


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from synthset.cli.app import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'torch', 'diffusers', 'pyarrow', 'pydantic', 'numpy', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_sentence_and_an_example(command):
    out = synthset_command(command, "--help")
    assert out.returncode == 0
    assert f"Example: synthset {command}" in out.stdout


def test_run_ends_with_a_table_and_names_the_report(finished):
    folder, done = finished
    assert done.stdout.rstrip().endswith(str(folder / "d" / "report" / "index.html"))
    assert "star" in done.stdout
    assert "24 records" in done.stderr


def test_status_counts_shards(finished):
    folder, _ = finished
    out = synthset_command("status", folder / "d")
    assert out.returncode == 0
    assert "3/3" in out.stdout
    assert "no process is working on it" in out.stdout


FAR = "s3://bucket/x"


@pytest.mark.parametrize(
    "words",
    [
        ["export", "d", "s3:/bucket/x"],
        ["train", "d", "-o", FAR],
        ["review", "d", "-o", f"{FAR}.html"],
        ["search", "d", "star", "-o", f"{FAR}.html"],
        ["what-if", "d", "-o", f"{FAR}.png"],
        ["experiment", "imbalance-digits", "-o", FAR],
        ["bench", "imbalance-digits", "-o", FAR],
        ["bench", "statistics", "a.csv", "-o", f"{FAR}.csv"],
        ["sweep", "demo", "-o", FAR],
        ["pool", "index", "d", "-o", FAR],
        ["pool", "download", "urls.csv", "-o", FAR],
        ["pool", "download", f"{FAR}.csv", "-o", "pool"],
        ["pool", "map", "classes.txt", "-o", f"{FAR}.csv"],
        ["classes", "words", "crane", "--review", f"{FAR}.csv"],
        ["schema", "-o", f"{FAR}.json"],
        ["plan", "demo", "-o", "s3:/bucket/x"],
    ],
    ids=lambda words: "-".join(word for word in words[:2] if word.isalpha()),
)
def test_what_is_written_to_a_disk_is_no_url(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(app, words).exception
    assert isinstance(refused, SynthsetError)
    assert refused.exit_code == 2
    assert re.search(r"is not on a local disk; name a local path|did you mean s3://", str(refused))
    assert not list(tmp_path.iterdir())


def test_report_is_written_again(finished):
    folder, _ = finished
    page = folder / "d" / "report" / "index.html"
    page.unlink()
    out = synthset_command("report", folder / "d")
    assert out.returncode == 0, out.stderr
    assert page.exists()


def test_export_writes_folders(finished, tmp_path):
    folder, _ = finished
    out = synthset_command("export", folder / "d", tmp_path / "folders", "--val-fraction", "0.25")
    assert out.returncode == 0, out.stderr
    kept = synthset.open(folder / "d").kept().num_rows
    assert len(list((tmp_path / "folders").glob("*/*/*.png"))) == kept
    assert Path(out.stdout.strip()) == tmp_path / "folders"


def test_plan_shows_and_writes_nothing(finished, tmp_path):
    folder, _ = finished
    out = synthset_command("plan", folder / "recipe.yaml", "-o", tmp_path / "new")
    assert out.returncode == 0
    assert "24" in out.stdout
    assert not (tmp_path / "new").exists()


def test_a_plan_without_classes_is_an_error_alone(tmp_path):
    out = synthset_command("plan", "demo", "--set", "classes=[crane, Crane]", cwd=tmp_path)
    assert (out.returncode, out.stdout) == (2, ""), out.stderr
    assert "'crane' and 'Crane' differ only in case" in out.stderr


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_wrong_recipe_is_explained_without_a_traceback(finished, tmp_path, command):
    folder, _ = finished
    words = ("-o", tmp_path / "new", "--set", "source.size_px=3")
    out = synthset_command(command, folder / "recipe.yaml", *words)
    assert out.returncode == 2
    assert out.stderr.startswith("error: source.size_px: found 3")
    assert "Traceback" not in out.stderr
    assert not (tmp_path / "new").exists()


def test_no_dataset_is_explained(tmp_path):
    out = synthset_command("status", tmp_path)
    assert out.returncode == 1
    assert "is not a dataset" in out.stderr


def test_recipes_are_listed_and_printed():
    assert "demo" in synthset_command("recipes").stdout
    text = synthset_command("recipes", "demo").stdout
    assert "kind: txt2img" in text
    assert "did you mean 'demo'" in synthset_command("recipes", "demmo").stderr


def test_the_schema_describes_every_setting(tmp_path):
    out = synthset_command("schema", "-o", tmp_path / "schema.json")
    assert out.returncode == 0
    schema = json.loads((tmp_path / "schema.json").read_text())
    for name, part in schema["$defs"].items():
        for field, content in part.get("properties", {}).items():
            if field != "kind":
                assert content.get("description"), f"{name}.{field} says nothing"
    again = synthset_command("schema", "-o", tmp_path / "schema.json")
    assert again.returncode == 2


def test_a_review_page_is_written_and_no_file_of_others_is_touched(finished, tmp_path):
    folder, _ = finished
    page = tmp_path / "review.html"
    assert synthset_command("review", folder / "d", "-o", page).returncode == 0
    assert page.read_text().count('class="pick"') == 24
    assert synthset_command("review", folder / "d", "-o", page).returncode == 0
    (tmp_path / "mine.html").write_text("my notes")
    refused = synthset_command("review", folder / "d", "-o", tmp_path / "mine.html")
    assert refused.returncode == 2
    assert (tmp_path / "mine.html").read_text() == "my notes"


def test_verdicts_in_a_file_change_the_selection_and_nothing_else(finished, tmp_path):
    folder, _ = finished
    table = tmp_path / "review.csv"
    assert synthset_command("review", folder / "d", "-o", table).returncode == 0
    lines = table.read_text().splitlines()
    assert lines[0].startswith("id,verdict,note")
    first = lines[1].split(",")[0]
    table.write_text(lines[0] + "\n" + f"{first},drop,odd,,\n")
    dataset = synthset.run(recipe(f"selection.review={table}"), folder / "d")
    assert dataset.kept().num_rows == 23
    dropped = next(row for row in dataset.records().to_pylist() if not row["keep"])
    reason = dropped["reason"]
    assert (dropped["id"], reason["rule"], reason["note"]) == (first, "reviewed", "odd")
    table.write_text(table.read_text().replace("drop,odd", "keep,fine"))
    assert synthset.run(recipe(f"selection.review={table}"), folder / "d").kept().num_rows == 24


def test_a_run_says_whether_the_kept_part_is_accepted(tmp_path):
    asked = recipe(
        encoders={"eye": {"kind": "pixels", "size_px": 2}},
        metrics=[{"kind": "vendi", "encoder": "eye"}],
        accept={"Vendi score (pixels fake)": {"min": 1000}},
    )
    (tmp_path / "recipe.yaml").write_text(asked.to_yaml())
    done = synthset_command("run", tmp_path / "recipe.yaml", "-o", tmp_path / "d")
    assert done.returncode == 0, done.stderr
    assert "not accepted: Vendi score (pixels fake)" in done.stdout
    assert "required at least 1000" in done.stdout
    assert "Not accepted" in (tmp_path / "d" / "report" / "index.html").read_text()


def test_the_package_is_a_command_and_tells_its_version():
    command = [sys.executable, "-m", "synthset", "--version"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"synthset {synthset.__version__}\n")
