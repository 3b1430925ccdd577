"""A score that was measured elsewhere: a column of a table, by id."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import RecipeError
from synthset.recipe.recipe import load_recipe


def recipe(**column):
    content = {
        "name": "shapes",
        "classes": ["cat", "dog"],
        "images_per_class": 2,
        "source": {"kind": "shapes", "size_px": 16},
        "report": {"groups": []},
    }
    scores = [{"kind": "column", **column}] if column else []
    return load_recipe({**content, "scores": scores})


@pytest.fixture
def ids(tmp_path):
    return synthset.run(recipe(), tmp_path / "set").records()["id"].to_pylist()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_values_are_joined_by_id_whatever_their_order(tmp_path, ids, ending):
    path = tmp_path / f"votes.{ending}"
    rows = {"id": [*ids[::-1][1:], "other"], "beauty": [3.0, 2.0, 1.0, 9.0], "note": ["x"] * 4}
    if ending == "csv":
        lines = zip(*rows.values(), strict=True)
        path.write_text("id,beauty,note\n" + "".join(f"{a},{b},{c}\n" for a, b, c in lines))
    else:
        pq.write_table(pa.table(rows), path)
    dataset = synthset.run(recipe(path=str(path), column="beauty"), tmp_path / "set")
    assert dataset.records()["beauty"].to_pylist() == [1.0, 2.0, 3.0, None]


def test_words_stay_words_and_the_score_may_have_a_name(tmp_path, ids):
    path = tmp_path / "said.csv"
    path.write_text("id,what\n" + "".join(f"{one},fine\n" for one in ids))
    settings = {"path": str(path), "column": "what", "name": "said"}
    dataset = synthset.run(recipe(**settings), tmp_path / "set")
    assert dataset.records()["said"].to_pylist() == ["fine"] * 4


def test_another_table_is_another_score(tmp_path, ids):
    path = tmp_path / "votes.csv"
    path.write_text(f"id,beauty\n{ids[0]},1\n")
    first = synthset.run(recipe(path=str(path), column="beauty"), tmp_path / "set")
    assert first.records()["beauty"].to_pylist()[0] == 1
    path.write_text(f"id,beauty\n{ids[0]},2\n")
    second = synthset.run(recipe(path=str(path), column="beauty"), tmp_path / "set")
    assert second.records()["beauty"].to_pylist()[0] == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id,beuty\na,1\n", "no column 'beauty'; did you mean 'beuty'"),
        ("name,beauty\na,1\n", "no column 'id'"),
        ("id,beauty\na,1\na,2\n", "several rows with the id 'a'"),
        (None, "no file"),
    ],
)
def test_a_table_that_does_not_fit_is_said_by_plan(tmp_path, text, found):
    path = tmp_path / "votes.csv"
    if text is not None:
        path.write_text(text)
    (problem,) = forecast_run(
        recipe(path=str(path), column="beauty"), str(tmp_path / "set")
    ).problems
    assert problem.where == "scores[0].path"
    assert found in str(problem)


def test_words_where_numbers_are_wanted_name_their_column(tmp_path, ids):
    path = tmp_path / "votes.csv"
    path.write_text(f"id,beauty\n{ids[0]},1\n{ids[1]},nice\n")
    settings = recipe(path=str(path), column="beauty").to_content()
    settings["selection"] = {"steps": [{"kind": "top", "by": "beauty", "per_class": 1}]}
    with pytest.raises(RecipeError, match=r"column beauty: it holds text .*nice"):
        synthset.run(load_recipe(settings), tmp_path / "set")
