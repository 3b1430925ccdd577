"""One search for words, examples and texts."""

import subprocess
import sys

import pytest

import synthset
from synthset.errors import UsageError


def test_a_search_asks_one_thing(tmp_path):
    for asked in ({}, {"words": "red", "clip": "a red star"}):
        with pytest.raises(UsageError, match="give exactly one thing"):
            synthset.search(tmp_path, **asked)


def test_a_search_by_words_loads_no_torch():
    code = "import sys, synthset.search.search_records; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
