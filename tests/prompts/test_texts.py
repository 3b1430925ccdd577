"""Texts by class come from files, whatever they call the class."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import RecipeError
from synthset.prompts.texts import group_by_class, read_columns, read_lines
from synthset.taxonomy.classlists import make_name_classes, pick_imagenet_classes


def test_a_csv_gives_each_class_its_texts_once_and_in_order(tmp_path):
    file = tmp_path / "p.csv"
    file.write_text(
        'class,prompt\nCat,"a cat, asleep"\ndog,a dog\ncat,two cats\ncat,two  cats\nemu,x\n'
    )
    rows = read_columns(str(file), ["class", "prompt"], "prompts.file")
    found = group_by_class(rows, make_name_classes(["dog", "cat", "owl"]))
    assert found == {"cat": ("a cat, asleep", "two cats"), "dog": ("a dog",)}


def test_a_parquet_file_says_the_same_and_empty_cells_are_left_out(tmp_path):
    table = pa.table({"prompt": ["x", None, ""], "class": ["cat", "cat", "cat"], "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "p.parquet")
    assert read_columns(str(tmp_path / "p.parquet"), ["class", "prompt"], "") == [("cat", "x")]


def test_a_class_goes_by_wnid_key_name_and_underscored_name():
    (retriever,) = pick_imagenet_classes([207])
    for name in ("n02099601", "golden retriever", "Golden_Retriever"):
        assert group_by_class([(name, "x")], [retriever]) == {"n02099601": ("x",)}


def test_texts_of_a_name_that_may_be_two_classes_are_refused():
    entries = make_name_classes(["hot dog", "hot_dog"])
    found = group_by_class([("hot dog", "x"), ("hot_dog", "y")], entries)
    assert found == {"hot-dog": ("x",), "hot-dog-2": ("y",)}
    with pytest.raises(RecipeError, match=r"may belong to 'hot dog' \(hot-dog\) or 'hot_dog'"):
        group_by_class([("Hot-Dog", "x")], entries)


def test_a_text_file_has_a_template_a_line(tmp_path):
    file = tmp_path / "p.txt"
    file.write_text("# mine\n\na photo of {a_class}\n  {class} at night \n")
    assert read_lines(str(file), "prompts.file") == ("a photo of {a_class}", "{class} at night")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "class,promt\ncat,x\n", "has no column 'prompt'; did you mean 'promt'?"),
        ("a.parquet", "no parquet", "cannot be read"),
        ("a.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_explained(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(RecipeError, match=r"^prompts\.file: ") as error:
        read_columns(str(tmp_path / name), ["class", "prompt"], "prompts.file")
    assert said in str(error.value)


def test_an_empty_text_file_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("# nothing\n")
    with pytest.raises(RecipeError, match="has no lines"):
        read_lines(str(tmp_path / "a.txt"), "prompts.file")
