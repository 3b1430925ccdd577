"""A service behind an address: asked patiently, never twice, and never told on."""

from __future__ import annotations

import pytest
from chat_server import chat_server

from synthset.errors import ModelError
from synthset.prompts.kept_answers import KeptAnswers, Question
from synthset.prompts.questions import ask, fill_in_instruction, read_prompts
from synthset.prompts.service import TRIES, Service
from synthset.recipe.prompts import LanguageModel
from synthset.taxonomy.classlists import make_name_classes

KEY = "sk-very-secret"
CAT, DOG = make_name_classes(["cat", "dog"])


@pytest.fixture
def server():
    with chat_server() as running:
        yield running


def settings(server, **changes):
    address = f"http://127.0.0.1:{server.server_port}/v1"
    return LanguageModel(
        **{"kind": "llm", "model": "tiny", "address": address, "per_class": 3, **changes}
    )


def prompts(server, tmp_path, entries=(CAT, DOG), wait=lambda s: None, **changes):
    wanted = settings(server, **changes)
    return ask(wanted, entries, Service(wanted, wait), KeptAnswers(tmp_path / "kept"))


def test_each_class_gets_its_prompts(server, tmp_path):
    found = prompts(server, tmp_path)
    assert found["dog"] == ("A dog number 0-0", "A dog number 0-1", "A dog number 0-2")
    path, _, asked = server.asked[0]
    assert path == "/v1/chat/completions"
    assert (asked["model"], asked["temperature"]) == ("tiny", 1.0)


def test_what_was_answered_is_not_asked_again(server, tmp_path):
    first = prompts(server, tmp_path)
    count = len(server.asked)
    assert prompts(server, tmp_path) == first
    assert len(server.asked) == count == 2
    prompts(server, tmp_path, temperature=0.5)
    assert len(server.asked) == 4


def test_too_few_prompts_are_asked_for_again_with_another_seed(server, tmp_path):
    found = prompts(server, tmp_path, per_class=5, entries=[CAT])
    assert found["cat"][2:4] == ("A cat number 0-2", "A cat number 1-0")
    assert len(found["cat"]) == 5


def test_a_busy_service_is_asked_again_later(server, tmp_path):
    server.script = [(429, {"Retry-After": "7"}, "slow down"), (503, {}, "x"), (200, {}, "no json"),
                     (200, {}, None)]  # fmt: skip
    waited = []
    assert len(prompts(server, tmp_path, entries=[CAT], wait=waited.append)["cat"]) == 3
    assert waited == [7.0, 2.0, 4.0]


def test_after_several_tries_it_gives_up(server, tmp_path):
    server.script = [(500, {}, "broken")] * TRIES
    with pytest.raises(ModelError, match=r"gave no answer in 6 tries \(status 500: broken\)"):
        prompts(server, tmp_path, entries=[CAT])
    assert len(server.asked) == TRIES


def test_a_service_that_is_not_there_is_named(tmp_path):
    wanted = LanguageModel(kind="llm", model="tiny", address="http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9/v1 gave no answer"):
        Service(wanted, lambda s: None).answers([Question("x", 0)])


@pytest.mark.parametrize("status", [401, 404, 400, 302])
def test_a_refusal_is_not_repeated_and_says_what_to_do(server, tmp_path, status):
    server.script = [(status, {"Location": "http://elsewhere/"}, "no")] * 9
    right = {401: "OPENAI_API_KEY, which is not set", 404: "prompts.model (tiny)",
             400: "fix it", 302: "http://elsewhere/"}  # fmt: skip
    with pytest.raises(ModelError) as error:
        prompts(server, tmp_path, entries=[CAT])
    assert right[status] in str(error.value)
    assert len(server.asked) == 1


def test_the_key_goes_to_the_service_and_nowhere_else(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    prompts(server, tmp_path)
    assert server.asked[0][1]["Authorization"] == f"Bearer {KEY}"
    kept = [file.read_text() for file in (tmp_path / "kept").rglob("*.json")]
    assert len(kept) == 2
    assert not any(KEY in text for text in kept)
    server.script = [(401, {}, f"wrong key {KEY}")]
    with pytest.raises(ModelError, match=r"wrong key \*\*\*.*which is set"):
        prompts(server, tmp_path, entries=[CAT], temperature=0)


def test_answers_that_name_no_class_are_left_out_and_missed(server, tmp_path):
    server.say = lambda asked: "a barn\na wolf"
    with pytest.raises(ModelError, match="tiny gave no usable prompt for 'cat', 'dog'"):
        prompts(server, tmp_path)
    assert prompts(server, tmp_path, names_class=False)["cat"] == ("a barn", "a wolf")


def test_numbers_bullets_and_quotes_go_and_words_stay():
    said = 'Here are two:\n- "A cat."\n(12) A cat at 3. p.m.\n* 3 cats\n\n4.5 m of cat'
    assert read_prompts(said, CAT, True) == ["A cat.", "A cat at 3. p.m.", "3 cats", "4.5 m of cat"]


def test_the_instruction_is_filled_and_other_braces_stay(server):
    told = settings(server, instruction="{number} x {a_class} as {json}, {gloss}")
    (unicycle,) = make_name_classes(["unicycle"])
    assert fill_in_instruction(told, unicycle).startswith(
        "3 x a unicycle as {json}, a vehicle with"
    )


def test_a_damaged_answer_is_asked_for_again(server, tmp_path):
    prompts(server, tmp_path, entries=[CAT])
    for file in (tmp_path / "kept").rglob("*.json"):
        file.write_text("{")
    prompts(server, tmp_path, entries=[CAT])
    assert len(server.asked) == 2
