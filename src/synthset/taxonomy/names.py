"""Class names: their one normal form, which two are one name, and which class a name means.

Case and what the eye can't see are set aside only to find a collision; `_` and hyphens, too, to
find the class that another set means, where none is called exactly so. The invisible characters are
Unicode's Default_Ignorable_Code_Point, less the tags that make flags of emoji.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from synthset.errors import Problem, RecipeError

INVISIBLE = re.compile(
    r"[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e0fff]"
)
ENDS = re.compile(rf"^(?:\s|{INVISIBLE.pattern})+|(?:\s|(?![\ufe0e\ufe0f]){INVISIBLE.pattern})+$")
JOINT = re.compile(r"_|(?<=[^\s_-])[-\u2010\u2011](?=[^\s_-])")  # what may stand for a blank
RIGHT = "rename one, or make them one class"
SHOWN = 12  # collisions that a message lists before it counts the rest


class ClassNames(tuple[str, ...]):
    """What a class is called: its name, then its key, folder and wnid, each once.

    Attributes:
        wnid: number of its WordNet synset; None where nothing says it.
        number: that its files give it, where they list no classes; None elsewhere.
        label: its number in the list of its set; None where there is no list.
        key: that a dataset of ours gives it; None elsewhere.
    """

    wnid: str | None
    number: int | None
    label: int | None
    key: str | None

    def __new__(
        cls,
        names: Iterable[str],
        wnid: str | None = None,
        number: int | None = None,
        *,
        label: int | None = None,
        key: str | None = None,
    ) -> Self:
        self = super().__new__(cls, dict.fromkeys(names))
        self.wnid, self.number, self.label, self.key = wnid, number, label, key
        return self


def normalise(name: str) -> str:
    """Write a name in its normal form: NFC, nothing unseen at its ends, single blanks inside.

    >>> normalise(" Golden \\u00a0Retriever\\ufeff"), len(normalise("cafe\\u0301"))
    ('Golden Retriever', 4)
    """
    return unicodedata.normalize("NFC", " ".join(ENDS.sub("", name).split()))


def fold_name(name: str) -> str:
    """Write a name as collisions are looked for: without case and what is invisible.

    >>> fold_name("Golden  \\u200bRetriever"), fold_name("hot_dog")
    ('golden retriever', 'hot_dog')
    """
    return _apply_steps(name) or normalise(name)


def fold_loosely(name: str) -> str:
    """Write a name as it is looked up where none is called exactly so: `fold_name`, `_` and the
    hyphens of a word as blanks.

    >>> [fold_loosely(name) for name in ("Golden_Retriever", "t-shirt", "A-", "__")]
    ['golden retriever', 't shirt', 'a-', '__']
    """
    return _apply_steps(JOINT.sub(" ", INVISIBLE.sub("", name))) or normalise(name)


def name_classes(classes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the classes of a dataset, each once: where some share a name, all carry their key.

    Args:
        classes: entries of `classes.json`.
    """
    names = [entry["name"] for entry in classes]
    if len(set(names)) < len(names):
        names = [f"{entry['name']} ({entry['key']})" for entry in classes]
    return names


def describe_difference(one: str, other: str) -> str:
    """Say in what two names differ that `fold_name` writes alike.

    >>> describe_difference("cat", "cat ")
    "'cat' and 'cat ' differ only in a blank at the end"
    >>> describe_difference("Cat", "cat")
    "'Cat' and 'cat' differ only in case"
    """
    if one == other:
        return f"{one!r} appears twice"
    said = [
        _describe_step(step, one, other)
        for step in STEPS
        if _apply_steps(one, but=step) != _apply_steps(other, but=step)
    ]
    how = f" differ only in {' and in '.join(said)}" if said else " are the same name"
    return f"{_show_code_points(one, other)} and {_show_code_points(other, one)}{how}"


def refuse_same(names: Iterable[str], where: str) -> None:
    """Refuse names of one set that are one name but for what the eye can't see, or for case.

    Args:
        names: of classes, as files or people write them, each class once.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: each such pair is a problem of its own.
    """
    problems = find_same_names(names, where)
    if problems:
        raise RecipeError.of(problems)


def find_same_names(names: Iterable[str], where: str, each: str = "") -> list[Problem]:
    """List what `refuse_same` refuses.

    Args:
        names: of classes.
        where: place in the recipe, for messages.
        each: how the place of one name goes on, as in `[{}]` with its number.
    """
    first: dict[str, str] = {}
    problems = []
    for number, name in enumerate(names):
        key = fold_name(name)
        if key in first:
            place = where + each.format(number)
            problems.append(Problem(place, describe_difference(first[key], name), RIGHT))
        first.setdefault(key, name)
    if len(problems) > SHOWN:
        rest = Problem(where, f"{len(problems) - SHOWN:,} more collisions", "as above")
        problems = [*problems[:SHOWN], rest]
    return problems


class ClassIndex:
    """Finds the class of a list that another set means.

    WordNet numbers come first, then names as they are written, then their normal form; and only
    where nothing is called so, any case with `_` and hyphens as blanks. A key joins a name, and
    never another key: `c` may be short for C and for C++.

    >>> index = ClassIndex([ClassNames(x) for x in (["C", "c"], ["C++", "c-plus"], ["hot dog"])])
    >>> index.find(["C++", "c"]), index.find(["c_plus"]), index.find(["Hot-Dog"])
    ({1}, {1}, {2})
    >>> index.find(["C#", "c"]), ClassIndex([["hot_dog"], ["hot-dog"]]).find(["hot dog"])
    (set(), {0, 1})
    """

    def __init__(self, classes: Sequence[Sequence[str]]) -> None:
        self.classes = [one if isinstance(one, ClassNames) else ClassNames(one) for one in classes]
        self._called = [_by(spell, [one[:1] for one in self.classes]) for spell in SPELLINGS]
        self._keyed = [
            _by(spell, [_keys(one, spell) for one in self.classes]) for spell in SPELLINGS
        ]
        self._wnids = _by(keep_spelling, [(one.wnid,) if one.wnid else () for one in self.classes])

    def find(self, names: Sequence[str]) -> set[int]:
        """Give the classes that are meant: one, none, or several that share what it is called.

        Raises:
            Contradiction: the names agree, and the numbers or wnids don't.
        """
        (found,) = self.find_all([names])
        return found

    def find_all(self, classes: Sequence[Sequence[str]]) -> list[set[int]]:
        """Do so for all classes of a set. Those that are called exactly so come first: no other is
        taken for the same class because it looks like it.

        Raises:
            Contradiction: names agree, and the numbers or wnids don't; or two classes of the set
                look like one.
        """
        mine = [one if isinstance(one, ClassNames) else ClassNames(one) for one in classes]
        found = [self._find_exactly(one) for one in mine]
        taken = set[int]().union(*found)
        like: dict[int, ClassNames] = {}
        for i, one in enumerate(mine):
            if not found[i]:
                found[i] = self._find_by_name(one, LOOSELY) - taken
                label = next(iter(found[i])) if len(found[i]) == 1 else -1
                if like.setdefault(label, one)[0] != one[0] and label >= 0:
                    both = f"{like[label][0]!r} and {one[0]!r}"
                    raise Contradiction(f"{both} could both be {self.classes[label][0]!r}")
        for one, labels in zip(mine, found, strict=True):
            for label in labels:
                _refuse_contradiction(one, self.classes[label])
        return found

    def _find_exactly(self, mine: ClassNames) -> set[int]:
        by_wnid = self._wnids.get(mine.wnid or "", set[int]())
        by_name = self._find_by_name(mine, EXACTLY) if len(by_wnid) != 1 else set[int]()
        return (by_wnid & by_name) or set(by_wnid) or by_name

    def _find_by_name(self, mine: ClassNames, levels: Sequence[int]) -> set[int]:
        for level in levels:
            spell, called, keyed = SPELLINGS[level], self._called[level], self._keyed[level]
            name = spell(mine[0])
            if name in called:
                return set(called[name])
            if name in keyed:  # a key is an exact name as long as no class looks like it
                return keyed[name] | self._called[-1].get(fold_loosely(mine[0]), set())
            for key in _keys(mine, spell, own=level in LOOSELY):
                if spell(key) in called:
                    return set(called[spell(key)])
        return set()


class Contradiction(ValueError):
    """What two sets call their classes contradicts itself; the message shows both."""


def describe_lookalike(name: str, others: Iterable[str]) -> str:
    """Say by which code points a name isn't the one of `others` that it looks like, as Cyrillic
    letters among Latin ones; empty where it looks like none.

    >>> describe_lookalike("\\u0441at", ["cat"])
    "'\u0441at' (\u0441 is U+0441 CYRILLIC SMALL LETTER ES) is not 'cat'"
    """
    near = sorted(
        (found, other) for other in others if (found := _count_other_scripts(name, other))
    )
    if not near:
        return ""
    return f"{_show_code_points(name, near[0][1])} is not {_show_code_points(near[0][1], name)}"


def keep_spelling(name: str) -> str:
    """The spelling that is looked up first."""
    return name


#: Ways to write a name that are compared, the strictest first.
SPELLINGS: tuple[Callable[[str], str], ...] = (keep_spelling, normalise, fold_loosely)
EXACTLY, LOOSELY = (0, 1), (2,)


#: What `fold_name` sets aside, one after the other.
STEPS: dict[str, Callable[[str], str]] = {
    "invisible": lambda text: INVISIBLE.sub("", text),
    "blank": lambda text: " ".join(text.split()),
    "encoding": lambda text: unicodedata.normalize("NFC", text),
    "case": str.casefold,
}


def _apply_steps(name: str, but: str = "") -> str:
    for step, change in STEPS.items():
        name = change(name) if step != but else name
    return name


def _describe_step(step: str, one: str, other: str) -> str:
    """Say in words what a step of `fold_name` sets aside between two names."""
    if step == "invisible":
        found = sorted(set(INVISIBLE.findall(one + other)))
        return f"invisible characters ({', '.join(map(_name_code_point, found))})"
    if step == "blank":
        one, other = (_apply_steps(name, but="blank") for name in (one, other))
        if one.strip() != other.strip():
            return "blanks"
        begins, ends = one.rstrip() != other.rstrip(), one.lstrip() != other.lstrip()
        at = "the ends" if begins and ends else "the beginning" if begins else "the end"
        return f"a blank at {at}"
    return {"encoding": "how Unicode encodes them", "case": "case"}[step]


def _show_code_points(name: str, beside: str) -> str:
    """Show a name with the code points of what is not ASCII and not in another name."""
    said = []
    for i, char in enumerate(name):
        if char.isascii() or char in beside or char in name[:i] or INVISIBLE.match(char):
            continue
        combining = unicodedata.combining(char) and i > 0
        said.append(
            f"{name[i - 1]} and {_name_code_point(char)}"
            if combining
            else f"{char} is {_name_code_point(char)}"
        )
    return f"{name!r} ({', '.join(said)})" if said else repr(name)


def _name_code_point(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _count_other_scripts(name: str, other: str) -> int:
    """Count the letters by which two names differ, each of another script; 0 for other names."""
    one, two = normalise(name).casefold(), normalise(other).casefold()
    if len(one) != len(two):
        return 0
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    apart = all(a.isalpha() and b.isalpha() and _script(a) != _script(b) for a, b in pairs)
    return len(pairs) if apart else 0


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _keys(names: ClassNames, spell: Callable[[str], str], own: bool = True) -> list[str]:
    """What a class is called besides its name; unless `own`, less what says no more than its name.
    A key that is too short to tell its name counts only as it is written."""
    keys = [key for key in names[1:] if own or fold_loosely(key) != fold_loosely(names[0])]
    return keys if spell is keep_spelling else [k for k in keys if not _is_short(k, names[0])]


def _is_short(key: str, name: str) -> bool:
    letters = re.sub(r"[\W_]+", "-", fold_loosely(name)).strip("-")
    return key == letters and key != fold_loosely(name).replace(" ", "-")


def _by(spell: Callable[[str], str], lists: Iterable[Iterable[str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for label, names in enumerate(lists):
        for name in names:
            found[spell(name)].add(label)
    return found


def _refuse_contradiction(mine: ClassNames, known: ClassNames) -> None:
    for what in ("wnid", "number"):
        one, other = getattr(mine, what), getattr(known, what)
        if one is not None and other is not None and one != other:
            raise Contradiction(f"{mine[0]!r} has the {what} {one} here and {other} there")
