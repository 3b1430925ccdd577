"""The one way to the terminal: what users wrote is shown as it stands, and never obeyed."""

from __future__ import annotations

import os
import sys
import unicodedata
from io import TextIOWrapper
from typing import Any

from rich.console import Console
from rich.text import Text

from synthset.recipe.variables import conceal

KEPT = "\n\t\u200c\u200d"  # the last two join letters of Persian and parts of emoji


def escape(words: str) -> str:
    r"""Spell out what a terminal would obey or not show: escapes, bidi controls, lone surrogates.

    >>> escape("cat\x1b[31m")
    'cat\\x1b[31m'
    """
    if words.isprintable():
        return words
    return "".join(letter if _is_plain(letter) else _escape_letter(letter) for letter in words)


def tell(result: object) -> None:
    """Print a result: to stdout, so that it can be piped."""
    print(escape(str(result)))


def say(words: str) -> None:
    """Print words about what happens: to stderr, beside what is piped."""
    print(escape(conceal(words)), file=sys.stderr)


def screen(stderr: bool = False) -> Console:
    """Make the console that tables and lines go to: no markup, no emoji codes, no colours of its
    own choice in texts."""
    return _Screen(stderr=stderr, highlight=False, markup=False, emoji=False)


def prepare() -> None:
    """Make every text printable, whatever the terminal's alphabet.

    With Python's ASCII (the locale C) not even a file with an umlaut can be named, so the command
    starts again in UTF-8; other alphabets get what they lack as escapes.
    """
    if sys.getfilesystemencoding() == "ascii" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Screen(Console):
    """Every text that rich draws passes `render_str`, those in tables too."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(escape(conceal(text)), **options)


def _is_plain(letter: str) -> bool:
    return letter.isprintable() or letter in KEPT or unicodedata.category(letter) == "Zs"


def _escape_letter(letter: str) -> str:
    code = ord(letter)
    width, mark = (2, "x") if code < 1 << 8 else (4, "u") if code < 1 << 16 else (8, "U")
    return f"\\{mark}{code:0{width}x}"
