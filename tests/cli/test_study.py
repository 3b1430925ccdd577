"""`synthset study`, `search` and `metadata`, as a user types them."""

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.errors import DatasetError, UsageError
from synthset.recipe.recipe import load_recipe

CONTENT = {
    "name": "toy",
    "classes": ["cat", "ship"],
    "source": {"kind": "shapes"},
    "images_per_class": 3,
    "encoders": {"classifier": {"kind": "classifier"}},
    "engine": {"workers": 1},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(load_recipe(CONTENT), tmp_path_factory.mktemp("cli") / "d").path


def typed(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.parametrize("command", ["study recognition", "search"])
def test_each_command_has_a_sentence_and_an_example(command):
    out = typed(*command.split(), "--help")
    assert out.exit_code == 0
    assert f"Example: synthset {command}" in out.stdout


def test_the_study_shows_its_figures_and_names_the_page(made, tmp_path):
    out = typed("study", "recognition", made, "--sense", "cat=cat.n.01", "-o", tmp_path / "s")
    assert "top5-under" in out.stdout
    assert "animal" in out.stdout
    assert out.stdout.rstrip().endswith("index.html")
    assert sorted(path.name for path in (tmp_path / "s").iterdir())[1] == "index.html"


def test_a_sense_without_a_synset_is_explained(made):
    with pytest.raises(UsageError, match="dog=dog"):
        typed("study", "recognition", made, "--sense", "cat")


def test_search_prints_a_table_and_writes_a_page(made, tmp_path):
    out = typed("search", made, "cat photo", "-o", tmp_path / "found.html")
    assert "3 found, scored by BM25" in out.stdout
    assert (tmp_path / "found.html").read_text().count("data:image/") == 3


def test_a_search_that_finds_nothing_shows_no_table(made):
    assert typed("search", made, "submarine").stdout == "no record matches\n"


def test_words_that_no_record_has_together_are_searched_one_by_one(made):
    assert "any of the words" in typed("search", made, "cat submarine").stdout


@pytest.mark.parametrize("words", [[], ["cat", "--clip", "cat"], ["cat", "--like", "0"]])
def test_one_question_at_a_time(made, words):
    with pytest.raises(UsageError, match="give exactly one thing"):
        typed("search", made, *words)


def test_a_page_is_never_overwritten(made, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        typed("search", made, "cat", "-o", tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_metadata_is_one_table_and_is_never_mixed(made, tmp_path):
    typed("export", made, tmp_path / "m", "--kind", "diffusiondb")
    assert pq.read_table(tmp_path / "m" / "metadata.parquet").num_rows == 6
    typed("export", made, tmp_path / "m", "--kind", "diffusiondb")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "metadata.parquet").write_text("mine")
    with pytest.raises(DatasetError, match="not an export of synthset"):
        typed("export", made, tmp_path / "mine", "--kind", "diffusiondb")


def test_an_option_without_effect_on_the_kind_of_export_is_refused(made, tmp_path):
    with pytest.raises(UsageError, match="--size-px: has no effect on --kind parquet"):
        typed("export", made, tmp_path / "m", "--kind", "parquet", "--size-px", 8)
