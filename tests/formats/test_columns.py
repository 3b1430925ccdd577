"""Which columns of a table hold what."""

import json

import pyarrow as pa
import pytest

from synthset.errors import RecipeError
from synthset.formats.columns import Columns, explain_missing, find_columns

CELL = pa.struct({"bytes": pa.binary(), "path": pa.string()})
T, N = pa.string(), pa.int64()
WHERE = "source.paths[0].path"


NONE = Columns()


def found(features=None, given=NONE, **columns):
    schema = pa.schema(columns)
    if features:
        noted = json.dumps({"info": {"features": features}})
        schema = schema.with_metadata({"huggingface": noted})
    return find_columns(schema, given, "t.parquet", WHERE)


def label(*names):
    return {name: {"_type": "ClassLabel", "names": ["cat", "dog"]} for name in names}


@pytest.mark.parametrize(
    ("columns", "image", "name", "caption"),
    [
        ({"image": CELL, "label": N, "caption": T}, "image", "label", "caption"),
        ({"img": CELL, "fine_label": N, "coarse_label": N}, "img", "fine_label", None),
        ({"JPG": pa.binary(), "Class": T, "TEXT": T}, "JPG", "Class", "TEXT"),
        ({"picture": pa.large_binary(), "target": N, "prompt": T}, "picture", "target", "prompt"),
        ({"photo_of_it": CELL, "n": N, "cls": T}, "photo_of_it", "cls", None),
        ({"a": pa.binary(), "b": pa.binary(), "breed": T}, None, "breed", None),
        ({"image": T, "jpg": pa.binary(), "wnid": T}, "image", "wnid", None),
        ({"img": T, "data": CELL}, "data", None, None),
    ],
)
def test_columns_are_found_by_their_usual_names_else_images_by_type(columns, image, name, caption):
    one = found(**columns)
    assert (one.image, one.label, one.caption, one.rivals) == (image, name, caption, ())


def test_features_that_are_noted_count_before_names():
    image = {"x": {"_type": "Image"}}
    one = found(image | label("y"), x=CELL, jpg=pa.binary(), y=N, category=T)
    assert (one.image, one.label, one.vocabulary.names) == ("x", "y", ("cat", "dog"))
    assert found(label("fine_label", "coarse_label"), fine_label=N, coarse_label=N).notes == (
        "t.parquet: the label is 'fine_label', which is more specific than 'coarse_label'",
    )
    assert found(label("a", "b"), a=N, b=N).rivals == ("a", "b")
    assert found(label("a"), a=N, label=N).label == "label"


def test_numbers_have_their_names_beside_them():
    for number, name in (
        ("label", "label_name"),
        ("class_id", "class"),
        ("class_id", "class_name"),
        ("category_id", "category_name"),
        ("target", "class_name"),
        ("label", "class_name"),
    ):
        one = found(**{name: T, number: N})
        assert (one.label, one.named, one.rivals) == (number, name, ())
        given = one.read_label({number: 3, name: "cat"})
        assert (given.name, given.number) == ("cat", 3)


def test_a_label_is_never_guessed_among_several():
    schema = pa.schema({"breed": T, "species": T})
    one = find_columns(schema, NONE, "t.csv", WHERE)
    fault = explain_missing(schema, "label", one, "t.csv", WHERE)
    assert str(fault) == (
        "source.paths[0].label_column: the labels of t.csv may be in 'breed' or 'species'; "
        "name the column: label_column (--label-column), such as 'breed'"
    )
    assert find_columns(schema, Columns(label="Species"), "t.csv", WHERE).label == "species"


def test_a_name_that_is_given_must_be_there_but_the_usual_one_means_to_look():
    usual = Columns("image", "label", "caption", "key")
    one = found(given=usual, img=CELL, fine_label=N, TEXT=T, uid=T)
    assert (one.image, one.label, one.caption, one.key) == ("img", "fine_label", "TEXT", "uid")
    for kind in ("image", "label", "caption", "key"):
        given = Columns(**{kind: "pictre"})
        with pytest.raises(RecipeError, match=rf"\.{kind}_column: .*'pictre'; did you mean 'pic"):
            found(given=given, picture=CELL)
    with pytest.raises(RecipeError, match="--test: t has no column 'y'"):
        find_columns(pa.schema({"x": T}), Columns(label="y"), "t", "--test")


@pytest.mark.parametrize("noted", [b"{", b"[]", b'{"info": null}', b'{"info": {"features": []}}'])
def test_broken_notes_are_no_features(noted):
    schema = pa.schema({"label": N}, metadata={b"huggingface": noted})
    assert find_columns(schema, NONE, "t", WHERE).vocabulary is None


def test_a_list_says_what_numbers_mean_and_rows_which_synset():
    one = found(label("label"), label=N, wnid=T)
    rows = [{"label": value, "wnid": "n02123045"} for value in (1, 2, -1, None)]
    labels = [one.read_label(row) for row in rows]
    assert (labels[0].name, labels[0].number, labels[0].wnid) == ("dog", 1, "n02123045")
    assert labels[1:] == [None, None, None]
