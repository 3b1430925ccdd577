import numpy as np
import pytest
from scipy.special import softmax

from synthset.encoders.classlist import OutputClasses
from synthset.errors import ModelError
from synthset.recipe.scores import Recognition as RecognitionSettings
from synthset.scores.recognition import RecognitionStage, rank_intended

CLASSES = OutputClasses(names=("cat", "dog", "", "fish"))


def scored(rows, indices=(3, 1), **settings):
    stage = RecognitionStage(RecognitionSettings(kind="recognition", **settings), CLASSES, indices)
    table = stage(rows)
    assert table.schema.remove(4) == stage.writes
    return table.to_pydict()


def test_probability_rank_and_first_choice_are_of_the_mapped_class(joined):
    logits = [[1.0, 2.0, 0.0, 3.0], [1.0, 2.0, 0.0, 3.0]]
    found = scored(joined("logits", logits, label=[0, 1]))
    probabilities = softmax(logits[0])
    assert found["recognition_probability"] == pytest.approx(probabilities[[3, 1]])
    assert found["recognition_rank"] == [1, 2]
    assert found["recognition_predicted"] == ["fish", "fish"]
    assert found["recognition_confidence"] == pytest.approx([probabilities[3]] * 2)
    assert found["error"] == [None, None]


def test_a_failed_row_is_null_among_good_ones(joined):
    rows = joined("logits", [None, [5.0, 0.0, 0.0, 0.0], None], label=[0, 1, 1])
    found = scored(rows, name="seen")
    assert found["seen_rank"] == [None, 2, None]
    assert found["seen_predicted"] == [None, "cat", None]
    assert found["error"] == ["no image", None, "no image"]


def test_a_chunk_where_all_failed_keeps_its_columns(joined):
    rows = joined("logits", [None, [1.0] * 4], label=[0, 1])
    rows.table = rows.table.slice(0, 1)
    assert scored(rows)["recognition_probability"] == [None]


def test_a_class_without_a_name_is_called_by_its_index(joined):
    found = scored(joined("logits", [[0.0, 0.0, 9.0, 0.0]], label=[0]))
    assert found["recognition_predicted"] == ["2"]


def test_of_equal_probabilities_the_lower_index_stands_first():
    same = np.full((3, 3), 1 / 3)
    assert rank_intended(same, np.array([0, 1, 2])).tolist() == [1, 2, 3]


def test_rank_one_is_exactly_the_first_choice(joined):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(200, 4)).round(1).tolist()  # rounded: with ties
    labels = generator.integers(0, 2, 200).tolist()
    found = scored(joined("logits", logits, label=labels), indices=(0, 1))
    first = [
        name == CLASSES.names[label]
        for name, label in zip(found["recognition_predicted"], labels, strict=True)
    ]
    assert first == [rank == 1 for rank in found["recognition_rank"]]


def test_a_class_list_of_another_length_is_refused(joined):
    with pytest.raises(ModelError, match=r"returns 3 numbers.*names 4 classes"):
        scored(joined("logits", [[1.0, 2.0, 3.0]], label=[0]))
