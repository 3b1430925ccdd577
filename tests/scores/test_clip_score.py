import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.recipe.encoders import ClipEncoder
from synthset.recipe.scores import ClipScore as ClipScoreSettings
from synthset.scores.clip_score import ClipScoreStage

TEXTS = {"a cat": [1.0, 0.0], "a dog": [0.0, 1.0], "a photo of a cat": [0.6, 0.8]}


@pytest.fixture
def scorer(monkeypatch):
    """Make a stage whose texts have the features above; it counts what it is asked."""

    def make(**settings):
        stage = ClipScoreStage(
            ClipScoreSettings(kind="clip_score", **settings), ClipEncoder(kind="clip", model="none")
        )
        asked = []

        def encode(texts):
            asked.append(list(texts))
            return np.array([TEXTS[text] for text in texts], dtype=np.float32)

        monkeypatch.setattr(stage._clip, "encode", encode)
        monkeypatch.setattr(stage, "asked", asked, raising=False)
        return stage

    return make


def test_the_score_is_a_hundred_cosines_cut_at_zero(scorer, joined):
    images = [[1.0, 0.0], [0.6, 0.8], [0.0, -1.0]]
    prompts = ["a cat", "a cat", "a dog"]
    table = scorer()(joined("features", images, prompt=prompts, class_name=["x"] * 3))
    assert table.column("clip_score").to_pylist() == pytest.approx([100, 60, 0])
    assert table.column("error").null_count == 3


def test_a_text_with_class_does_not_need_a_prompt(scorer, joined):
    stage = scorer(text="a photo of a {class}", name="class_score")
    rows = joined("features", [[0.6, 0.8]], prompt=[None], class_name=["cat"])
    assert stage(rows).column("class_score").to_pylist() == pytest.approx([100])
    assert stage.asked == [["a photo of a cat"]]


def test_rows_without_image_or_prompt_are_null_and_say_why(scorer, joined):
    images = [None, [1.0, 0.0], [1.0, 0.0]]
    stage = scorer()
    table = stage(joined("features", images, prompt=["a cat", None, "a cat"], class_name=["x"] * 3))
    assert table.column("clip_score").to_pylist() == [None, None, pytest.approx(100)]
    assert table.column("error").to_pylist() == ["no image", "no prompt", None]
    assert stage.asked == [["a cat"]]


def test_a_text_without_numbers_is_an_error_of_its_record(scorer, joined, monkeypatch):
    monkeypatch.setitem(TEXTS, "a dog", [np.nan, np.nan])
    rows = joined("features", [[1.0, 0.0]] * 2, prompt=["a cat", "a dog"], class_name=["x"] * 2)
    first, second = scorer()(rows).column("error").to_pylist()
    assert first is None
    assert second.startswith("not finite")


def test_a_chunk_where_all_failed_asks_for_no_text(scorer, joined):
    stage = scorer()
    rows = joined("features", [None, [1.0, 0.0]], prompt=["a cat", None], class_name=["x", "x"])
    table = stage(rows)
    assert table.column("clip_score").null_count == 2
    assert stage.asked == []
    assert table.schema.remove(1) == stage.writes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{promt}", r"unknown field 'promt'; did you mean 'prompt'\?"),
        ("a cat", "the same for all images"),
        ("{prompt", "expected"),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused_at_once(scorer, text, message):
    with pytest.raises(RecipeError, match=message):
        scorer(text=text)
