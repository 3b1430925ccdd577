"""OpenImages' own files, of any version."""

import json

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.open_images import OpenImagesVocabulary, read_vocabulary

TREE = {
    "LabelName": "/m/0bl9f",
    "Subcategory": [
        {"LabelName": "/m/0jbk", "Subcategory": [{"LabelName": "/m/015p6"}]},
        {
            "LabelName": "/m/07yv9",
            "Subcategory": [{"LabelName": "/m/015p6"}],
            "Part": [{"LabelName": "/m/083wq"}],
        },
    ],
}


def described(tmp_path, text):
    (tmp_path / "classes.csv").write_text(text)
    return str(tmp_path / "classes.csv")


@pytest.mark.parametrize("head", ["", "LabelName,DisplayName\n"])
def test_names_are_read_with_and_without_a_header(tmp_path, head):
    path = described(tmp_path, head + '/m/015p6,Bird\n\n/m/x1,"Cat, big"\n')
    assert read_vocabulary(path).names == {"/m/015p6": "Bird", "/m/x1": "Cat, big"}


def test_what_lies_above_a_label_is_listed_nearest_first_and_parts_are_no_kinds(tmp_path):
    tree = tmp_path / "tree.json"
    tree.write_text(json.dumps(TREE))
    found = read_vocabulary(described(tmp_path, "/m/015p6,Bird\n"), str(tree))
    assert found.list_above("/m/015p6") == ("/m/0jbk", "/m/07yv9", "/m/0bl9f")
    assert found.list_above("/m/083wq") == ()


def test_labels_in_a_circle_end():
    circle = OpenImagesVocabulary({"/m/a": "a"}, {"/m/a": ("/m/b",), "/m/b": ("/m/a",)})
    assert circle.list_above("/m/a") == ("/m/b", "/m/a")


def test_a_line_that_is_no_label_is_named(tmp_path):
    path = described(tmp_path, "/m/015p6,Bird\nBird\n")
    with pytest.raises(RecipeError, match=r"classes\.csv, line 2: 'Bird' is not a MID with a name"):
        read_vocabulary(path)


@pytest.mark.parametrize("text", ["[]", "{", '{"Subcategory": []}'])
def test_another_json_is_no_hierarchy(tmp_path, text):
    (tmp_path / "tree.json").write_text(text)
    with pytest.raises(RecipeError, match="bbox_labels_600_hierarchy"):
        read_vocabulary(described(tmp_path, "/m/1,A\n"), str(tmp_path / "tree.json"))


def test_missing_and_empty_files_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="does not exist"):
        read_vocabulary(str(tmp_path / "no.csv"))
    with pytest.raises(RecipeError, match="is empty"):
        read_vocabulary(described(tmp_path, ""))
