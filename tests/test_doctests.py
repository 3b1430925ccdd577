"""The examples in docstrings."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
SHOWN = [path for path in sorted(SOURCE.rglob("*.py")) if ">>> " in path.read_text()]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_examples_of_docstrings_give_what_they_say(path):
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    assert not doctest.testmod(import_module(name)).failed
