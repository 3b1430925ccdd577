"""Free words: the only sense, an answer, a hint; never a guess."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from synthset.taxonomy.senses import explain_refusal, match


def settled(*words: str, **how: object) -> list[str | None]:
    found = match(words, **how)  # type: ignore[arg-type]
    return [sense.name if sense else None for sense in found.senses]


@pytest.mark.parametrize(
    ("word", "sense"),
    [
        ("unicycle", "unicycle.n.01"),
        ("golden retriever", "golden_retriever.n.01"),
        ("dog.n.01", "dog.n.01"),
        ("n02084071", "dog.n.01"),
        ("crane (bird)", "crane.n.05"),
        ("crane (lifting_device.n.01)", "crane.n.04"),
        ("mouse (device)", "mouse.n.04"),
        ("seal (animal)", "seal.n.09"),
        ("unicycle (whatever)", "unicycle.n.01"),
        ("crane", None),
        ("crane (machine)", None),
        ("bass (fish)", "bass.n.08"),
        ("bass (food)", None),
    ],
)
def test_a_word_has_the_sense_that_its_words_settle_and_no_other(
    word: str, sense: str | None
) -> None:
    assert settled(word) == [sense]


def test_an_answer_comes_first() -> None:
    answers = {"crane": "crane.n.05", "crane (bird)": "crane.n.04"}
    assert settled("crane", "crane (bird)", answers=answers) == ["crane.n.05", "crane.n.04"]


def test_a_hint_that_several_senses_fit_leaves_these_to_ask() -> None:
    (question,) = match(["bass (food)"]).questions
    assert [sense.name for sense in question.senses] == ["sea_bass.n.01", "freshwater_bass.n.01"]


def by_length(text: str, others: Sequence[str]) -> list[float]:
    """A toy of nearness: the longer the nearer."""
    return [len(other) / 100 for other in others]


def test_meaning_settles_a_hint_that_no_words_settle() -> None:
    assert settled("crane (machine)", nearness=by_length) == ["crane.n.04"]


def test_meaning_that_is_not_clear_settles_nothing_but_suggests() -> None:
    def nearly(text: str, others: Sequence[str]) -> list[float]:
        return [0.5 + 0.01 * place for place in range(len(others))]

    (question,) = match(["crane (machine)"], nearness=nearly).questions
    assert question.suggested.name == "crane.n.05"
    assert question.why == "nearest to 'machine' in meaning, but not clearly"


def test_meaning_is_not_asked_where_words_settle() -> None:
    def never(text: str, others: Sequence[str]) -> list[float]:
        raise AssertionError

    assert settled("crane (bird)", "bass (food)", nearness=never) == ["crane.n.05", None]


def test_a_suggestion_is_a_kind_of_thing_and_no_person_or_name() -> None:
    questions = match(["crane", "cat", "nurse", "frog"]).questions
    named = [question.suggested.name for question in questions]
    assert named == ["crane.n.04", "cat.n.01", "nurse.n.01", "frog.n.01"]


def test_a_word_with_four_senses_is_refused_with_all_shown() -> None:
    (question,) = match(["owl", "mouse"]).questions
    assert str(explain_refusal(question)) == (
        "classes.words[1]: 'mouse' has 4 senses; name one, or add a hint as in 'mouse (…)', or "
        "decide in a review file that `senses` names:\n"
        "  mouse.n.01  any of numerous small rodents typically resembling diminutive rats having "
        "pointed snouts and small ears on elongated bodies with slender usually hairless tails\n"
        "  shiner.n.01  a swollen bruise caused by a blow to the eye\n"
        "  mouse.n.03  person who is quiet or timid\n"
        "  mouse.n.04  a hand-operated electronic device that controls the coordinates of a cursor "
        "on your computer screen as you move it around on a pad; on the bottom of the device is a "
        "ball that rolls on the surface of the pad"
    )


def test_a_hint_that_settles_nothing_is_told() -> None:
    (question,) = match(["crane (machine)"]).questions
    text = str(explain_refusal(question)).splitlines()[0]
    assert text == (
        "classes.words[0]: 'crane (machine)' has 5 senses, and the hint 'machine' doesn't decide "
        "between them; name one, or add another hint as in 'crane (…)', or decide in a review file "
        "that "
        "`senses` names:"
    )


def test_a_word_that_wordnet_lacks_is_a_problem_of_its_own() -> None:
    (problem,) = match(["owl", "blorple"]).problems
    assert problem.where == "classes.words[1]"
    assert problem.found == "WordNet 3.0 has no noun 'blorple'"


def test_an_answer_that_wordnet_lacks_names_word_and_place() -> None:
    (problem,) = match(["crane"], {"crane": "crane.n.99"}).problems
    assert problem.where == "classes.words[0] ('crane', as answered)"
    assert "did you mean 'crane.n.01'" in problem.right
