"""Class names: their one normal form, which two are one name, and which class a name means.

Case and what the eye can't see are set aside only to find a class or a collision. The invisible
characters are Unicode's Default_Ignorable_Code_Point, less the tags that make flags of emoji.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from synthset.errors import Problem, RecipeError

INVISIBLE = re.compile(
    r"[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e0fff]"
)
ENDS = re.compile(rf"^(?:\s|{INVISIBLE.pattern})+|(?:\s|(?![\ufe0e\ufe0f]){INVISIBLE.pattern})+$")
RIGHT = "rename one, or make them one class"
SHOWN = 12  # collisions that a message lists before it counts the rest


class Names(tuple[str, ...]):
    """What a class is called: its name, then its key, folder and wnid, each once.

    Attributes:
        wnid: number of its WordNet synset; None where nothing says it.
        number: that its files give it, where they list no classes; None elsewhere.
    """

    wnid: str | None
    number: int | None

    def __new__(
        cls, names: Iterable[str], wnid: str | None = None, number: int | None = None
    ) -> Self:
        self = super().__new__(cls, dict.fromkeys(names))
        self.wnid, self.number = wnid, number
        return self


def plain(name: str) -> str:
    """Write a name in its normal form: NFC, nothing unseen at its ends, single blanks inside.

    >>> plain(" Golden \\u00a0Retriever\\ufeff"), len(plain("cafe\\u0301"))
    ('Golden Retriever', 4)
    """
    return unicodedata.normalize("NFC", " ".join(ENDS.sub("", name).split()))


def loose(name: str) -> str:
    """Write a name as it is looked up: without case and what is invisible, `_` as a blank.

    >>> loose("Golden_\\u200bRetriever"), loose("__")
    ('golden retriever', '__')
    """
    return _stepped(name) or plain(name)


def told(one: str, other: str) -> str:
    """Say in what two names differ that `loose` writes alike.

    >>> told("cat", "cat ")
    "'cat' and 'cat ' differ only in a blank at the end"
    >>> told("Cat", "cat")
    "'Cat' and 'cat' differ only in case"
    """
    if one == other:
        return f"{one!r} stands there twice"
    said = [
        _difference(step, one, other)
        for step in STEPS
        if _stepped(one, but=step) != _stepped(other, but=step)
    ]
    how = f" differ only in {' and in '.join(said)}" if said else " are one name"
    return f"{_pointed(one, other)} and {_pointed(other, one)}{how}"


def refuse_same(names: Iterable[str], where: str) -> None:
    """Refuse names of one set that are one name but for what the eye can't see, or for case.

    Args:
        names: of classes, as files or people write them, each class once.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: each such pair is a problem of its own.
    """
    first: dict[str, str] = {}
    problems = []
    for name in names:
        key = loose(name)
        if key in first:
            problems.append(Problem(where, told(first[key], name), RIGHT))
        first.setdefault(key, name)
    if len(problems) > SHOWN:
        rest = Problem(where, f"{len(problems) - SHOWN:,} more collisions", "as above")
        problems = [*problems[:SHOWN], rest]
    if problems:
        raise RecipeError.of(problems)


class ClassIndex:
    """Finds the class of a list that another set means.

    Names as they are written come first, then their normal form, then any case with `_` as a blank.
    A key joins a name, and never another key: `c` may be short for C and for C++.

    >>> index = ClassIndex([Names(["C", "c"]), Names(["C++", "c-plus"])])
    >>> index.find(["C++", "c"]), index.find(["c_plus"]), index.find(["C#", "c"])
    ({1}, set(), set())
    """

    def __init__(self, classes: Sequence[Sequence[str]]) -> None:
        self.classes = [one if isinstance(one, Names) else Names(one) for one in classes]
        self._called: list[dict[str, set[int]]] = []
        self._keyed: list[dict[str, set[int]]] = []
        for spell in SPELLINGS:
            self._called.append(_by(spell, [one[:1] for one in self.classes]))
            self._keyed.append(
                _by(spell, [_keys(one, loosely=spell is not as_written) for one in self.classes])
            )
        self._wnids = _by(as_written, [(one.wnid,) if one.wnid else () for one in self.classes])

    def find(self, names: Sequence[str]) -> set[int]:
        """Give the classes that are meant: one, none, or several that share what it is called.

        Raises:
            Contradiction: the names agree, and the numbers or wnids don't.
        """
        mine = names if isinstance(names, Names) else Names(names)
        found = self._wnids.get(mine.wnid or "") or self._by_name(mine)
        for label in found:
            _refuse_contradiction(mine, self.classes[label])
        return found

    def _by_name(self, mine: Names) -> set[int]:
        for spell, called, keyed in zip(SPELLINGS, self._called, self._keyed, strict=True):
            name = spell(mine[0])
            found = called.get(name) or keyed.get(name)
            if found:
                return set(found)
            for key in _keys(mine, loosely=spell is not as_written):
                if spell(key) in called:
                    return set(called[spell(key)])
        return set()


class Contradiction(ValueError):
    """Two classes have one name and different numbers or wnids; the message shows both."""


def unlike(name: str, others: Iterable[str]) -> str:
    """Say by which code points a name isn't the one of `others` that it looks like, as Cyrillic
    letters among Latin ones; empty where it looks like none.

    >>> unlike("\\u0441at", ["cat"])
    "'\u0441at' (\u0441 is U+0441 CYRILLIC SMALL LETTER ES) is not 'cat'"
    """
    near = sorted((found, other) for other in others if (found := _scripts_apart(name, other)))
    if not near:
        return ""
    return f"{_pointed(name, near[0][1])} is not {_pointed(near[0][1], name)}"


def as_written(name: str) -> str:
    """The spelling that is looked up first."""
    return name


#: Ways to write a name that are compared, the strictest first.
SPELLINGS: tuple[Callable[[str], str], ...] = (as_written, plain, loose)


#: What `loose` sets aside, one after the other.
STEPS: dict[str, Callable[[str], str]] = {
    "invisible": lambda text: INVISIBLE.sub("", text),
    "underscore": lambda text: text.replace("_", " "),
    "blank": lambda text: " ".join(text.split()),
    "encoding": lambda text: unicodedata.normalize("NFC", text),
    "case": str.casefold,
}


def _stepped(name: str, but: str = "") -> str:
    for step, change in STEPS.items():
        name = change(name) if step != but else name
    return name


def _difference(step: str, one: str, other: str) -> str:
    """Say in words what a step of `loose` sets aside between two names."""
    if step == "invisible":
        found = sorted(set(INVISIBLE.findall(one + other)))
        return f"what is invisible ({', '.join(map(_point, found))})"
    if step == "blank":
        one, other = (_stepped(name, but="blank") for name in (one, other))
        if one.strip() != other.strip():
            return "blanks"
        begins, ends = one.rstrip() != other.rstrip(), one.lstrip() != other.lstrip()
        at = "the ends" if begins and ends else "the beginning" if begins else "the end"
        return f"a blank at {at}"
    words = {"underscore": "`_` for a blank", "encoding": "how Unicode spells them", "case": "case"}
    return words[step]


def _pointed(name: str, beside: str) -> str:
    """Show a name with the code points of what is not ASCII and not in another name."""
    said = []
    for i, char in enumerate(name):
        if char.isascii() or char in beside or char in name[:i] or INVISIBLE.match(char):
            continue
        combining = unicodedata.combining(char) and i > 0
        said.append(
            f"{name[i - 1]} and {_point(char)}" if combining else f"{char} is {_point(char)}"
        )
    return f"{name!r} ({', '.join(said)})" if said else repr(name)


def _point(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _scripts_apart(name: str, other: str) -> int:
    """Count the letters by which two names differ, each of another script; 0 for other names."""
    one, two = plain(name).casefold(), plain(other).casefold()
    if len(one) != len(two):
        return 0
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    apart = all(a.isalpha() and b.isalpha() and _script(a) != _script(b) for a, b in pairs)
    return len(pairs) if apart else 0


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _keys(names: Names, loosely: bool) -> list[str]:
    """What a class is called besides its name; where case doesn't count, less a key that is too
    short to tell its name."""
    return [key for key in names[1:] if not (loosely and _is_short(key, names[0]))]


def _is_short(key: str, name: str) -> bool:
    letters = re.sub(r"[\W_]+", "-", loose(name)).strip("-")
    return key == letters and key != loose(name).replace(" ", "-")


def _by(spell: Callable[[str], str], lists: Iterable[Iterable[str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for label, names in enumerate(lists):
        for name in names:
            found[spell(name)].add(label)
    return found


def _refuse_contradiction(mine: Names, known: Names) -> None:
    for what in ("wnid", "number"):
        one, other = getattr(mine, what), getattr(known, what)
        if one is not None and other is not None and one != other:
            raise Contradiction(f"{mine[0]!r} has the {what} {one} here and {other} there")
