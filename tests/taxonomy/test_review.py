"""Review files: written for a person, read back with the answers, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthset.errors import RecipeError, UsageError
from synthset.taxonomy.review import read_review, write_review
from synthset.taxonomy.senses import match

QUESTIONS = match(["crane", "seal"]).questions


@pytest.mark.parametrize("name", ["senses.yaml", "senses.csv"])
def test_a_new_file_has_every_word_undecided_with_its_senses_and_a_suggestion(
    tmp_path: Path, name: str
) -> None:
    path = str(tmp_path / name)
    write_review(path, QUESTIONS)
    review = read_review(path)
    assert (review.answers, review.undecided) == ({}, {"crane", "seal"})
    text = Path(path).read_text()
    assert "crane.n.04" in text
    assert "large long-necked wading bird" in text


def test_an_answer_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "senses.yaml"
    write_review(str(path), QUESTIONS)
    path.write_text(
        path.read_text().replace("- word: crane\n  sense:", "- word: crane\n  sense: crane.n.05")
    )
    review = read_review(str(path))
    assert (review.answers, review.undecided) == ({"crane": "crane.n.05"}, {"seal"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "crane: crane.n.05\nseal:\n"),
        ("a.csv", "word,sense\ncrane,crane.n.05\nseal,\n"),
        ("a.csv", "\ufeffword,remark,sense\ncrane,the bird,crane.n.05\nseal,?,\n"),
    ],
)
def test_short_files_do_as_well(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    review = read_review(str(tmp_path / name))
    assert (review.answers, review.undecided) == ({"crane": "crane.n.05"}, {"seal"})


def test_a_file_with_answers_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "senses.yaml"
    path.write_text("crane: crane.n.05\n")
    with pytest.raises(UsageError, match="exists and may hold answers; name a new file"):
        write_review(str(path), QUESTIONS)
    assert path.read_text() == "crane: crane.n.05\n"


WRONG = {
    "no file": (
        None,
        "does not exist; write it with `synthset classes words WORD … --review FILE`",
    ),
    "no YAML": ("crane: [", ":1:9: not valid YAML ("),
    "no list": ("just words", "contains no list of words; a review file is a list"),
    "twice": (
        "- {word: a, sense: b}\n- {word: a, sense: c}",
        "'a' is answered twice; keep one row",
    ),
    "no word": ("- {word: '', sense: b}", "a row has no word; keep one row per word"),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_file_is_refused(tmp_path: Path, name: str) -> None:
    text, message = WRONG[name]
    path = tmp_path / "senses.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RecipeError) as error:
        read_review(str(path))
    assert message in str(error.value)
    assert str(error.value).startswith(f"classes.senses: {path}")
