"""Keys of plain class names, which also name folders: safe on every file system, none twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from itertools import count

from synthset.litter import is_litter
from synthset.taxonomy.names import INVISIBLE, fold_loosely, normalise

MAX_FOLDER_BYTES = 200  # most file systems stop at 255, and exports add suffixes
WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
IDLE = re.compile(r"-(sign|mark|symbol|character)$")  # "plus sign" is "plus"


def make_keys(names: Sequence[str]) -> list[str]:
    """Give each name of a list its key: its slug, and where an earlier name has that, or it is
    empty, the name with its symbols spelt. What is appended changes no key before it.

    >>> make_keys(["C", "C++", "C#", "Golden Retriever", "\U0001f34e"])
    ['c', 'c-plus-plus', 'c-number', 'golden-retriever', 'red-apple']
    """
    keys: dict[str, None] = {}
    for name in names:
        key = make_slug(name)
        if not key or key in keys:
            key = spell_symbols(name)
        keys[_make_free(key, keys)] = None
    return list(keys)


def make_slug(name: str) -> str:
    """Make a name safe for every file system: lower case, everything but letters and digits to "-".

    Letters of all scripts stay, in one normal form. Names that Windows keeps for devices get a "-".

    >>> make_slug("Granny Smith (apple)"), make_slug("crème brûlée"), make_slug("CON")
    ('granny-smith-apple', 'crème-brûlée', 'con-')
    """
    words = re.sub(r"[\W_]+", "-", fold_case(name)).strip("-")
    return f"{words}-" if WINDOWS_DEVICES.fullmatch(words) else words


def spell_symbols(name: str) -> str:
    """Make a slug in which symbols are words, by their names in Unicode.

    >>> spell_symbols("5 €"), spell_symbols("m²")
    ('5-euro', 'm-superscript-two')
    """
    text = fold_loosely(name)
    words = re.sub(r"-{2,}", "-", "".join(map(_word, text))).strip("-")
    words = words or "-".join(map(_name_char, text.replace(" ", "")))  # of hyphens alone
    while len(words.encode()) > MAX_FOLDER_BYTES - 4:  # room for a number
        words = words[:-1].rstrip("-")
    return words


def name_folder(key: str) -> str:
    """Name the folder of a class by its key; a name that only systems give gets a "-"."""
    return f"{key}-" if is_litter(key) else key


def find_folder_fault(folder: str) -> str | None:
    """Say why a folder of a class could not be made or read back everywhere; None where it can.

    >>> find_folder_fault("CON"), find_folder_fault("01-cats")
    ('is the name of a Windows device', None)
    """
    if not normalise(folder) or folder in (".", "..") or re.search(r"[/\\\0-\x1f\x7f]", folder):
        return "is not a plain name"
    if is_litter(folder):
        return "is hidden, or belongs to the system"
    if folder != folder.strip() or folder.endswith(".") or INVISIBLE.search(folder):
        return "begins or ends with an invisible character, or ends with a dot"
    if WINDOWS_DEVICES.fullmatch(folder):
        return "is the name of a Windows device"
    if len(folder.encode()) > MAX_FOLDER_BYTES:
        return f"is longer than {MAX_FOLDER_BYTES} bytes"
    return None


def fold_case(text: str) -> str:
    """Write a name as a file system that ignores case and accents' encoding compares it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _word(char: str) -> str:
    """A letter or digit as it is, a symbol as its name between hyphens."""
    plainly = char.isalnum() and unicodedata.normalize("NFKC", char) == char
    if plainly or unicodedata.category(char).startswith("M"):
        return char
    return "-" if char in " -" else f"-{_name_char(char)}-"


def _name_char(char: str) -> str:
    name = unicodedata.name(char, f"u{ord(char):04x}").casefold()
    return IDLE.sub("", re.sub(r"[^a-z0-9]+", "-", name))


def _make_free(key: str, taken: Container[str]) -> str:
    """The key, with a number where another class has it."""
    numbered = (f"{key}-{i}" for i in count(2))
    return key if key not in taken else next(one for one in numbered if one not in taken)
