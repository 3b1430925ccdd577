"""What users wrote is shown as it stands."""

import io

import pytest
from PIL import Image
from rich.table import Table
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.cli.terminal import escape, say, screen

SPELT = {
    "\x1b[31mred": r"\x1b[31mred", "a\u202eb": r"a\u202eb", "\udcff": r"\udcff", "\x9b": r"\x9b",
    "\U000e0041": r"\U000e0041", "bell\a": r"bell\x07", "\r": r"\x0d", "\u2028": r"\u2028",
    "狗\xa0é\n\t👩\u200d🔬": "狗\xa0é\n\t👩\u200d🔬",
}  # fmt: skip


@pytest.mark.parametrize("text", SPELT)
def test_what_a_terminal_would_obey_is_spelt_out(text):
    assert escape(text) == SPELT[text]


def test_tables_and_lines_show_markup_as_it_stands():
    console, table = screen(), Table(title="[b]pets[/b]")
    console.file = io.StringIO()
    table.add_column("[red]class")
    table.add_row("dog[/b] :smile:\x1b[2J")
    console.print(table)
    console.print("[/style]")
    shown_text = console.file.getvalue()
    for part in ("[b]pets[/b]", "[red]class", r"dog[/b] :smile:\x1b[2J", "[/style]"):
        assert part in shown_text


def test_a_plan_shows_brackets_of_prompts_and_classes(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "name: markup\nclasses: ['dog[/b]', '[red]x']\nimages_per_class: 1\n"
        "source: {kind: shapes}\nprompts: {templates: ['{class} [/style]']}"
    )
    done = CliRunner().invoke(app, ["plan", str(tmp_path / "r.yaml"), "-o", str(tmp_path / "d")])
    assert done.exit_code == 0
    assert "“dog[/b] [/style]”" in done.output
    assert "“[red]x [/style]”" in done.output


def test_words_hold_no_value_of_a_variable(monkeypatch, capsys):
    monkeypatch.setattr("synthset.recipe.variables._values", {"/very/secret": "${WHERE}"})
    say("/very/secret/cats: no such folder")
    assert capsys.readouterr().err == "${WHERE}/cats: no such folder\n"


def test_a_plan_says_its_notes_beside_the_table(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "pets" / name / "a.png")
        Image.new("RGB", (8, 8), {"cat": "red", "dog": "blue"}[name]).save(
            tmp_path / "pets" / name / "b.png"
        )
    source = f"{{kind: folder, paths: [{{path: {tmp_path / 'pets'}}}]}}"
    (tmp_path / "r.yaml").write_text(f"name: r\nclasses: {{kind: source}}\nsource: {source}\n")
    done = CliRunner().invoke(app, ["plan", str(tmp_path / "r.yaml"), "-o", str(tmp_path / "d")])
    assert "note: label conflict: 1 image occurs with the same bytes" in done.stderr
    assert "label conflict" not in done.stdout
