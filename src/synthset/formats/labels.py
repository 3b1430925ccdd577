"""What files say of an image's class: a number, a name, or nothing; and which classes there are."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from decimal import Decimal
from typing import Any

from synthset.errors import Problem, RecipeError
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.taxonomy import wordnet
from synthset.taxonomy.names import ClassNames, fold_name, refuse_same

NUMBER = re.compile(r"-?\d{1,9}(\.0*)?|nan", re.IGNORECASE)  # as text; longer ones are names


def read_label(value: Any) -> int | str | None:
    """Read one value of a label column.

    >>> read_label(1.0), read_label(b"cat"), read_label(-1), read_label(float("nan"))
    (1, 'cat', None, None)

    Returns:
        A number from 0 on, a name, or None where there is no label: nothing, NaN, a number below 0.

    Raises:
        ValueError: it is no single label; the message goes on after its place.
    """
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            return None
        if value != int(value):
            raise ValueError(f"the label {value} is not a whole number")
        value = int(value)
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, list | dict | tuple):
        raise ValueError(f"{str(value)[:40]} is not a single label")
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise ValueError(f"the label {value[:20]!r} is not valid UTF-8") from None
    return str(value) if str(value).strip() else None


def parse_number(text: str) -> int | float | None:
    """The number that a text is, NaN included; None for other texts."""
    return float(text) if NUMBER.fullmatch(text) else None


def number_same_names(names: Sequence[str]) -> tuple[str, ...]:
    """Give classes of one name their numbers: `crane (134)` and `crane (517)`; so do those whose
    names differ in case alone, as ImageNet's Cardigan, a dog, and cardigan.

    >>> number_same_names(["Cardigan", "tabby", "cardigan"])
    ('Cardigan (0)', 'tabby', 'cardigan (2)')

    Args:
        names: of the classes by their number.
    """
    while len({fold_name(name) for name in names}) < len(names):
        times = Counter(map(fold_name, names))
        numbered = [f"{name} ({i})" for i, name in enumerate(names)]
        names = [
            other if times[fold_name(name)] > 1 else name
            for name, other in zip(names, numbered, strict=True)
        ]
    return tuple(names)


def number_same_labels(found: Iterable[Listed], where: str = "source") -> Iterator[Listed]:
    """Do the same for images whose files give each image a name and a number, and list no classes.

    Args:
        found: images of one set.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: two of its names are one but for case or what the eye can't see.
    """
    images = list(found)
    numbers: dict[str, set[int]] = {}
    for label in map(_find_unlisted_label, images):
        if label is not None and label.number is not None:
            numbers.setdefault(fold_name(label.name), set()).add(label.number)
    images = [_add_number(image, numbers) for image in images]
    refuse_same(sorted({image.name for image in images if image.label}), where)
    yield from images


def _add_number(image: Listed, numbers: Mapping[str, Set[int]]) -> Listed:
    label = _find_unlisted_label(image)
    if label is None or label.number is None or len(numbers[fold_name(label.name)]) == 1:
        return image
    return replace(image, label=replace(label, name=f"{label.name} ({label.number})"))


def _find_unlisted_label(image: Listed) -> Label | None:
    """The label of an image whose files list no classes."""
    return image.label if image.label and not _is_listed(image.label) else None


def _is_listed(label: Label) -> bool:
    """Whether a list says which number its class has."""
    return label.vocabulary is not None and label.vocabulary.ordered


def name_image_classes(images: Sequence[Listed]) -> list[str]:
    """Name the classes of some images in label order, as `find_classes` does."""
    return [names[0] for names in find_classes(images)]


def find_classes(images: Sequence[Listed], where: str = "source") -> list[ClassNames]:
    """Find the classes of some images in label order, and what says which class each is.

    They stand as their files list them, also those without an image; then the others by the number
    that their files give them, else by name, where all are numbers by size.

    Args:
        images: of one or several sets.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: a name has two numbers, or two wnids.
    """
    labels = {id(image.label): image.label for image in images if image.label}.values()
    lists = {id(label.vocabulary): label.vocabulary for label in labels if label.vocabulary}
    return _join_classes([*labels], [*lists.values()], where)


def name_vocabulary(vocabulary: Vocabulary, where: str = "source") -> list[ClassNames]:
    """Name the classes of a vocabulary as `find_classes` does those of images that have it."""
    return _join_classes([], [vocabulary], where)


def join_vocabularies(lists: Sequence[Vocabulary]) -> Vocabulary:
    """Put vocabularies of one set together, in the order of the classes in `find_classes`."""
    if len(set(lists)) == 1:
        return lists[0]
    names = _join_classes([], lists, "source")
    said_by = " and ".join(dict.fromkeys(one.said_by for one in lists))
    wnids = tuple(one.wnid for one in names)
    ordered = any(one.ordered for one in lists)
    return Vocabulary(tuple(one[0] for one in names), wnids if any(wnids) else (), said_by, ordered)


def _join_classes(
    labels: Sequence[Label], lists: Sequence[Vocabulary], where: str
) -> list[ClassNames]:
    ordered = [one for one in lists if one.ordered]
    listed: dict[str, int] = {}
    for one in ordered:
        for number, name in enumerate(one.names):
            listed.setdefault(name, number)
    numbers: dict[str, set[int]] = {label.name: set() for label in labels}
    numbers |= {name: set() for one in lists if not one.ordered for name in one.names}
    wnids: dict[str, set[str]] = {name: set() for name in (*listed, *numbers)}
    for label in labels:
        if label.number is not None and not _is_listed(label):
            numbers[label.name].add(label.number)
        if label.wnid:
            wnids[label.name].add(label.wnid)
    for one in lists:
        for name, wnid in zip(one.names, one.wnids, strict=bool(one.wnids)):
            wnids[name] |= {wnid} if wnid else set()
    _refuse_torn(numbers, "numbers", where)
    _refuse_torn(wnids, "wnids", where)
    rest = sort_names(list(numbers.keys() - set(listed)))
    given = {number: name for name in rest for number in numbers[name]}
    if len(given) == len(rest):
        rest = [given[number] for number in sorted(given)]
    return [
        _make_names(
            *(name, min(wnids[name], default=None), min(numbers.get(name, ()), default=None)),
            listed.get(name),
        )
        for name in (*listed, *rest)
    ]


def _make_names(name: str, wnid: str | None, number: int | None, label: int | None) -> ClassNames:
    """A class may be called by its name and number elsewhere, where another has the same name."""
    wnid = wnid or (name if wordnet.is_number(name) else None)
    numbered = number is not None and not name.endswith(f"({number})")
    more = [wnid] if wnid else []
    called = [name, *more, *([f"{name} ({number})"] if numbered else [])]
    return ClassNames(called, wnid, number, label=label)


def _refuse_torn(said: Mapping[str, Set[int] | Set[str]], what: str, where: str) -> None:
    torn = [
        Problem(
            where,
            f"{name!r} has the {what} {' and '.join(map(str, sorted(found)))}",
            f"give the classes different names, or the same {what}",
        )
        for name, found in said.items()
        if len(found) > 1
    ]
    if torn:
        raise RecipeError.of(torn)


def sort_names(names: Sequence[str]) -> list[str]:
    """Sort names; where all are numbers, by size.

    >>> sort_names(["10", "2"]), sort_names(["10", "2", "a"])
    (['2', '10'], ['10', '2', 'a'])
    """
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names)
