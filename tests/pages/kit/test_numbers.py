"""Numbers are written one way, by one module."""

import ast
from pathlib import Path

import synthset
from synthset.metrics.statistics.intervals import wilson
from synthset.pages.kit.numbers import count, duration, interval, number, percent, rate, short

PAGES = Path(synthset.__file__).parent / "pages"
WORDS = {"count", "number", "short", "percent", "interval", "points", "probability", "duration"}


def test_words_for_numbers():
    assert count(1234567) == "1,234,567"
    assert [percent(*pair) for pair in ((1, 3), (1, 200), (199, 200), (0, 5), (5, 5), (1, 0))] == [
        "33 %", "0.5 %", "99.5 %", "0 %", "100 %", "0 %",
    ]  # fmt: skip
    assert [duration(s) for s in (None, 0.5, 59.94, 61, 3600)] == [
        "–",
        "500 ms",
        "59.9 s",
        "1 min 1 s",
        "1 h 0 min",
    ]
    assert [rate(r) for r in (None, 12.34, 0.5)] == ["–", "12.3 / s", "30 / min"]
    assert rate(1634.2) == "1,634 / s"
    assert [number(v) for v in (None, 0.12345, 12345.6)] == ["–", "0.1235", "12,346"]
    assert [short(v) for v in (None, 0.12345, 0.012345)] == ["–", "0.123", "0.012"]
    assert interval(wilson(50, 100)) == "40.4 to 59.6"
    assert interval(None) == ""


def test_no_other_module_of_the_pages_writes_numbers():
    for file in PAGES.rglob("*.py"):
        if file.name != "numbers.py":
            tree = ast.walk(ast.parse(file.read_text()))
            functions = {node.name for node in tree if isinstance(node, ast.FunctionDef)}
            assert not functions & WORDS, file
