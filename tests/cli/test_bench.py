"""`synthset bench statistics`, as a user types it."""

import csv
import json

import pytest
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import DatasetError, UsageError

HEADING = "classname,most confused scores,accuracy,Precision,Recall,index,Class Count"


def typed(*words):
    words = [str(word) for word in ("bench", "statistics", *words)]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def table(path, counts, doubled=False):
    """Classes 0, 1, …: accuracy falls, precision is always one half."""
    rows = [
        f'c{i},"[0.04, 0.02]",{1 - i / 100},0.5,{1 - i / 100},{i},{count}'
        for i, count in enumerate(counts)
    ]
    path.write_text("\n".join([HEADING, *rows, *(rows[:1] if doubled else [])]) + "\n")
    return path


@pytest.fixture
def even(tmp_path):
    return table(tmp_path / "even.csv", [1300] * 20)


def test_the_command_has_a_sentence_and_an_example():
    assert "Example: synthset bench statistics classes.csv" in typed("--help").stdout


def test_each_table_is_a_row_and_conventions_are_said(even, tmp_path):
    odd = table(tmp_path / "odd.csv", [950, *[0] * 9, *[5] * 10], doubled=True)
    out = typed(even, odd).stdout
    rows = [
        line.split() for line in out.splitlines() if line.startswith("│ even") or "│ odd" in line
    ]
    assert rows[0][3::2] == ["26,000", "20", "20", "0", "5.0%", *rows[0][13::2]]
    assert rows[1][3::2] == ["1,000", "20", "11", "19", "95.0%", *rows[1][13::2]]
    assert (
        "note: odd: 2 rows that appear several times because of shared names are merged by index "
        "into 1 class, each with" in out
    )
    assert "* balanced accuracy is the mean recall" in out
    assert "* published conventions: balanced accuracy is" in typed(even, "--compat").stdout


def test_the_csv_has_a_row_for_each_table_and_is_never_overwritten(even, tmp_path):
    out = tmp_path / "results.csv"
    assert f"results: {out}" in typed(even, "--baseline", even, "-o", out).stdout
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert (row["table"], row["baseline"], row["convention"]) == ("even", "even", "corrected")
    assert (row["images"], row["coverage"], row["lt_500"]) == ("26000", "20", "0")
    assert float(row["ls_5pct"]) == pytest.approx(0.05)
    assert float(row["accuracy"]) == pytest.approx(0.905)
    assert float(row["accuracy_low"]) < 0.905 < float(row["accuracy_high"])
    assert float(row["accuracy_baseline_accuracy"]) == pytest.approx(1)
    assert row["precision_count"] == ""
    before = out.read_bytes()
    with pytest.raises(UsageError, match="exists already; name a new file"):
        typed(even, "-o", out)
    assert out.read_bytes() == before


def test_json_says_which_convention_it_follows(even, tmp_path):
    typed(even, "--compat", "-o", tmp_path / "results.json")
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["tables"][0]["convention"] == "published"
    assert found["tables"][0]["balanced_accuracy"] == pytest.approx((0.5 + 0.905) / 2)
    assert found["tables"][0]["precision_count"] is None
    assert found["notes"][0].startswith("published conventions")


def test_what_cannot_be_written_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.csv or \.json"):
        typed(tmp_path / "none.csv", "-o", tmp_path / "results.txt")
    with pytest.raises(UsageError, match="no folder"):
        typed(tmp_path / "none.csv", "-o", tmp_path / "none" / "results.csv")
    with pytest.raises(DatasetError, match="does not exist; name CSV tables"):
        typed(tmp_path / "none.csv")


def test_tables_of_one_name_are_told_apart_by_their_path(even, tmp_path):
    (tmp_path / "b").mkdir()
    other = table(tmp_path / "b" / "even.csv", [1] * 3)
    typed(even, other, "-o", tmp_path / "r.csv")
    names = [row["table"] for row in csv.DictReader((tmp_path / "r.csv").read_text().splitlines())]
    assert names == [str(even), str(other)]


EXPERIMENT = """
name: tiny
real: {train: {kind: digits}, max_per_class: 6, max_test_per_class: 3}
arms: [{name: all, parts: [{set: real}]}, {name: few, parts: [{set: real, per_class: 2}]}]
model: {kind: small_resnet, width: 4}
preprocessing: {size_px: 8}
training: {updates: 2, batch_size: 8, device: cpu}
seeds: [0]
explain: 0
suites: {near: {kind: knn, encoder: {kind: pixels}, k: [3]}}
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(EXPERIMENT)
    return tmp_path


def bench(*words):
    return CliRunner().invoke(app, ["bench", *words], catch_exceptions=False)


def test_help_shows_both_commands():
    out = bench("--help").stdout
    assert "synthset bench EXPERIMENT" in " ".join(out.split())
    assert "statistics" in out
    assert "Example: synthset bench imbalance-digits --plan" in bench("run", "--help").stdout


def test_a_plan_says_what_suites_measure_and_writes_nothing(tiny):
    out = bench("tiny.yaml", "--plan").stdout
    assert "suite near: the nearest 3 of 100 training images of each class vote" in out
    assert "balanced accuracy: the mean recall" in out
    assert list(tiny.iterdir()) == [tiny / "tiny.yaml"]


def test_a_benchmark_prints_a_table_and_names_its_page(tiny):
    result = bench("-o", "out", "tiny.yaml", "--workers", "1", "--set", "seeds=[0, 1]", "--compat")
    assert result.exit_code == 0
    assert "2 seeds, 95 % intervals" in " ".join(result.stdout.split())
    assert "near ↑ ┃" in result.stdout
    assert "\\" not in result.stdout
    assert "balanced accuracy: the mean of (precision + recall) / 2" in result.stdout
    assert f"benchmark: {tiny / 'out' / 'benchmark' / 'index.html'}" in result.stdout
    assert (tiny / "out" / "benchmark" / "index.html").is_file()
