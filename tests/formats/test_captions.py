"""Captions beside images."""

import json

import pytest

from synthset.formats.captions import read_caption
from synthset.formats.columns import Columns


def caption(named=None, **beside):
    files = {
        ending: data if isinstance(data, bytes) else data.encode()
        for ending, data in beside.items()
    }
    return read_caption(files.get, Columns(caption=named))


def entry(**said):
    return json.dumps(said)


@pytest.mark.parametrize("empty", ["", " \n", "\ufeff"])
def test_an_empty_text_hides_no_other_caption(empty):
    assert caption(txt=empty, json=entry(caption="a tabby")) == "a tabby"
    assert caption(txt=empty, caption="a tabby", json=entry(caption="x")) == "a tabby"
    assert caption(txt=empty, json=entry(caption="")) is None


def test_the_entry_that_is_named_is_read_in_any_case_and_else_the_usual_ones():
    said = entry(Text="a", PROMPT="b", alt="c")
    assert [caption(name, json=said) for name in (None, "caption", "prompt", "ALT", "x")] == [
        *("a", "a", "b", "c", None)
    ]
    assert caption(json=entry(caption=" ", text="a")) == "a"
    assert caption(json=entry(captions=["a", "b"])) == "a"
    assert caption(json=entry(caption={"a": 1})) is None


def test_endings_in_large_letters_are_read():
    assert [caption(TXT="a"), caption(CAPTION="b"), caption(JSON=entry(text="c"))] == [*"abc"]


@pytest.mark.parametrize("broken", ["{", "[1]", "3", "[" * 100_000, b"\xff{", ""])
def test_a_broken_json_says_nothing(broken):
    assert caption(json=broken) is None


def test_half_of_a_surrogate_pair_is_no_letter():
    assert caption(json='{"caption": "a \\ud83d cat \\ud83d\\udc08"}') == "a ? cat \U0001f408"


def test_text_of_another_encoding_loses_only_what_cannot_be_read():
    assert caption(txt="caf\u00e9".encode("utf-16")) == "caf\u00e9"
    assert caption(txt="caf\u00e9".encode("latin-1")) == "caf\ufffd"
