"""YAML that anyone may have written ends in values or in an error with its line."""

import random
import re

import pytest

from synthset.errors import RecipeError
from synthset.recipe.reading import list_shipped_experiments, list_shipped_recipes
from synthset.recipe.yaml_text import DEEPEST, MOST_VALUES, parse_yaml

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)
REFUSED = {
    "aliases": (LAUGHS, f"more than {MOST_VALUES:,} values, counting each alias as if written out"),
    "a loop": ("a: &a [*a]", "1:8: *a contains itself; write it out"),
    "depth": ("[" * 1000, f"lists and mappings are nested {DEEPEST + 1} deep"),
    "a date": ("seed: 2020-99-99", "1:7: YAML reads '2020-99-99' as a date; put quotes around it"),
    "no number": ("a: 1\nseed: !!int abc", "2:7: 'abc' is not a valid int"),
    "no date": ("a: !!timestamp x", "1:4: YAML reads 'x' as a date"),
    "no truth": ("a: !!bool maybe", "1:4: 'maybe' is not a valid bool"),
    "Python": ("a: !!python/name:os.system", "1:4: a value of the type 'tag:yaml.org,2002:python"),
    "bytes": ("a: !!binary AAAA", "1:4: a value of the type 'tag:yaml.org,2002:binary'"),
    "a set": ("a: !!set {b}", "1:4: a value of the type 'tag:yaml.org,2002:set'"),
    "digits": (
        "seed: " + "1" * 5000,
        "1:7: it contains a number of 5,000 digits; numbers have at most 64 digits",
    ),
    "hex digits": ("seed: 0x" + "f" * 5000, "1:7: it contains a number of 5,002 digits"),
    "base 60": ("seed: 1:30:00", "1:7: YAML reads 1:30:00 as a number to base 60"),
    "base 8": ("seed: 017", "1:7: YAML reads 017 as a number to base 8; write 17"),
    "a key twice": ("a: 1\nb: 2\na: 3", "3:1: the key 'a' appears twice; keep only one"),
    "a surrogate": (
        r'a: "\ud800x"',
        "1:4: it contains the character U+D800, which text cannot have",
    ),
    "NUL": (r'a: "\0"', "1:4: it contains the character U+0000"),
    "NUL itself": ("a: 1\nb: \0", "test:2: it contains the unprintable character U+0000"),
    "no letter": (r'a: "\UFFFFFFFF"', "test:1: not valid YAML (Python int too large"),
    "a list as key": ("? [a]\n: b", "1:3: not valid YAML (found unhashable key)"),
    "two documents": ("a: 1\n---\nb: 2", "not valid YAML (but found another document)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_value_is_refused_with_its_line(name):
    text, message = REFUSED[name]
    with pytest.raises(RecipeError) as error:
        parse_yaml(text, "test")
    assert message in str(error.value)


def test_plain_values_come_as_they_stand():
    text = "base: &b {x: 1, y: [1.5, -2, 1e3, 0]}\nmore: {<<: *b, x: 2}\nt: true\nn: ~\nq: '017'"
    assert parse_yaml(text, "test") == {
        "base": {"x": 1, "y": [1.5, -2, "1e3", 0]},
        "more": {"x": 2, "y": [1.5, -2, "1e3", 0]},
        "t": True, "n": None, "q": "017",
    }  # fmt: skip


def test_keys_are_texts_also_where_yaml_sees_something_else():
    text = "no: crane.n.05\n1984: a\n2020-01-01: b\n~: c\n"
    assert list(parse_yaml(text, "test")) == ["no", "1984", "2020-01-01", "~"]


def test_broken_files_of_settings_end_in_an_error_with_words():
    draw = random.Random(0)
    texts = [
        re.sub("^#.*\n", "", path.read_text(), flags=re.MULTILINE)  # a torn comment is none
        for path in (list_shipped_recipes() | list_shipped_experiments()).values()
    ]
    torn = ["[", "{", '"', "'", "\0", "&a ", "*a", "!!int ", "? ", "|", "\t", "%", "\\", "<<: "]
    refused = 0
    for _ in range(150):
        text = draw.choice(texts)[:600]
        for _ in range(3):
            place = draw.randrange(len(text))
            text = text[:place] + draw.choice(torn) + text[place + draw.randrange(3) :]
        try:
            parse_yaml(text, "test")
        except RecipeError as error:
            refused += str(error).startswith("test")
    assert refused > 100
