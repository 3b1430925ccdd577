"""`synthset classes`, as a user types it."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import RecipeError, UsageError
from synthset.taxonomy import wordnet
from synthset.taxonomy.listfile import read_class_file


def printed(*words):
    result = CliRunner().invoke(app, ["classes", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("command", ["wordnet", "imagenet", "words", "show"])
def test_each_command_has_a_sentence_and_an_example(command):
    assert f"Example: synthset classes {command}" in printed(command, "--help")


def test_the_counts_of_object_come_from_one_command():
    assert printed("wordnet", "object.n.01", "--count") == (
        "object.n.01: 29,581 synsets, 26,210 distinct first lemmas\n"
        "screened: 6,998 (6,944 people, 54 offensive)\n"
        "left: 22,583 synsets, 20,269 distinct first lemmas\n"
    )
    whole = printed("wordnet", "object.n.01", "--count", "--no-screen")
    assert whole == "object.n.01: 29,581 synsets, 26,210 distinct first lemmas\n"


def test_depth_leaves_and_instances():
    assert printed("wordnet", "cat.n.01", "--count", "--depth", "1").startswith("cat.n.01: 3 ")
    leaves = printed("wordnet", "cat.n.01", "--count", "--depth", "2", "--leaves")
    whole = printed("wordnet", "cat.n.01", "--count", "--depth", "2")
    assert 0 < int(leaves.split()[1]) == int(whole.split()[1]) - 6
    named = printed("wordnet", "national_capital.n.01", "--count", "--instances")
    assert int(named.split()[1].replace(",", "")) > 100


def test_a_tree_shows_what_lies_under_what():
    lines = printed("wordnet", "big_cat.n.01", "--tree", "--depth", "2").splitlines()
    assert lines[:2] == ["big_cat.n.01", "  leopard.n.02"]
    assert "    leopardess.n.01" in lines


def test_a_synset_under_two_is_opened_once_in_a_tree():
    lines = printed("wordnet", "sport.n.01", "--tree").splitlines()
    again = [line for line in lines if line.endswith("(above)")]
    assert again
    names = [line.split()[0] for line in lines if not line.endswith("(above)")]
    below = {line.split()[0] for line in again}
    assert below <= set(names)


def test_the_csv_is_a_class_file(tmp_path):
    (tmp_path / "cats.csv").write_text(printed("wordnet", "cat.n.01", "--csv"))
    entries = read_class_file(str(tmp_path / "cats.csv"))
    assert entries[0].name == "cat"
    assert entries[0].wnid == "n02121620"
    assert len(entries) == len(wordnet.load().closure("cat.n.01"))


def test_the_screened_are_listed_with_their_criterion_and_no_offensive_word():
    lines = printed("wordnet", "object.n.01", "--screened").splitlines()
    assert len(lines) == 6_998
    assert all(line.endswith("–") for line in lines if " offensive " in line)
    assert any(line.split() == ["n10366966", "people", "under", "person.n.01", "nurse.n.01"]
               for line in lines)  # fmt: skip


def test_imagenet_by_subset_and_hypernym():
    rows = printed("imagenet", "--subset", "imagenet-100", "--under", "dog.n.01").splitlines()
    assert rows[0].split() == ["label", "key", "name", "folder", "synset"]
    assert rows[1].split() == ["0", "n02107142", "Dobermann", "n02107142", "doberman.n.01"]
    assert printed("imagenet", "--under", "building.n.01", "--count") == "14 classes\n"
    with pytest.raises(RecipeError, match="did you mean 'imagenet-100'"):
        printed("imagenet", "--subset", "imagenet100")


def test_words_and_the_review_file(tmp_path):
    file = str(tmp_path / "senses.yaml")
    out = printed("words", "unicycle", "crane (bird)", "seal", "--review", file)
    assert [row.split()[-1] for row in out.splitlines()[1:]] == ["unicycle.n.01", "crane.n.05"]
    assert "- word: seal" in (tmp_path / "senses.yaml").read_text()
    with pytest.raises(UsageError, match="may hold answers"):
        printed("words", "seal", "--review", file)
    with pytest.raises(RecipeError, match=r"'seal' has 9 senses, and .* doesn't choose one"):
        printed("words", "seal", "--senses", file)


def test_the_classes_of_the_demo_by_group():
    assert [line.split() for line in printed("show", "demo", "--groups").splitlines()] == [
        ["animal", "6"],
        ["vehicle", "4"],
    ]


def test_columns_that_cannot_be_told_are_named(tmp_path):
    written = io.BytesIO()
    Image.new("RGB", (4, 4)).save(written, "png")
    cells = [{"bytes": written.getvalue(), "path": None}] * 2
    file = tmp_path / "some.parquet"
    pq.write_table(pa.table({"pic": cells, "what": ["a", "b"], "who": ["x", "y"]}), file)
    with pytest.raises(RecipeError, match=r"label_column.*what, who"):
        printed("show", str(file))
    shown = printed("show", str(file), "--label-column", "who").splitlines()
    assert [line.split()[2] for line in shown[1:]] == ["x", "y"]
