"""What files say of an image's class: a number, a name, or nothing; and which classes there are."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from synthset.errors import RecipeError
from synthset.formats.listed import Label, Listed, Vocabulary

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
            raise ValueError(f"the label {value} is no whole number")
        value = int(value)
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, list | dict | tuple):
        raise ValueError(f"{str(value)[:40]} is no single label")
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise ValueError(f"the label {value[:20]!r} is no text in UTF-8") from None
    return str(value) if str(value).strip() else None


def number_of(text: str) -> int | float | None:
    """The number that a text is, NaN included; None for other texts."""
    return float(text) if NUMBER.fullmatch(text) else None


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Give classes of one name their numbers, as in `crane (134)` and `crane (517)`.

    Args:
        names: of the classes by their number.
    """
    while len(set(names)) < len(names):
        times = Counter(names)
        names = [f"{name} ({i})" if times[name] > 1 else name for i, name in enumerate(names)]
    return tuple(names)


def numbers_told_apart(found: Iterable[Listed]) -> Iterator[Listed]:
    """Do the same for images whose files give each image a name and a number, and list no classes.

    Args:
        found: images of one numbering.
    """
    images = list(found)
    numbers: dict[str, set[int]] = {}
    for label in map(_unlisted, images):
        if label is not None and label.number is not None:
            numbers.setdefault(label.name, set()).add(label.number)
    for image in images:
        label = _unlisted(image)
        if label is None or label.number is None or len(numbers[label.name]) == 1:
            yield image
        else:
            yield replace(image, label=replace(label, name=f"{label.name} ({label.number})"))


def _unlisted(image: Listed) -> Label | None:
    """The label of an image whose files list no classes."""
    return image.label if image.label and image.label.vocabulary is None else None


def class_names(images: Sequence[Listed]) -> list[str]:
    """Name the classes of some images in label order.

    They stand as their files list them, also those without an image; then the others by the number
    that their files give them, else by name, where all are numbers by size.
    """
    labels = {id(image.label): image.label for image in images if image.label}.values()
    lists = {id(label.vocabulary): label.vocabulary for label in labels if label.vocabulary}
    listed = list(dict.fromkeys(name for one in lists.values() for name in one.names))
    numbers: dict[str, set[int]] = {label.name: set() for label in labels}
    for label in labels:
        if label.number is not None:
            numbers[label.name].add(label.number)
    rest = sorted(numbers.keys() - set(listed))
    given = [min(numbers[name]) for name in rest if len(numbers[name]) == 1]
    if len(set(given)) == len(rest):
        rest = [name for _, name in sorted(zip(given, rest, strict=True))]
    elif all(name.isdecimal() for name in rest):
        rest.sort(key=int)
    return [*listed, *rest]


def listed_classes(folders: Sequence[Path], where: str) -> Vocabulary | None:
    """Read the classes by their number from the first `classes.json` or `classes.txt`.

    Args:
        folders: where it may lie.
        where: place in the recipe, for messages.

    Returns:
        A name for each number, each once; None where there is no list.

    Raises:
        RecipeError: the list can't be read.
    """
    for folder in folders:
        listed, plain = folder / "classes.json", folder / "classes.txt"
        try:
            names = _in_json(listed) if listed.is_file() else []
            if not names and plain.is_file():
                names = plain.read_text(encoding="utf-8-sig").rstrip("\r\n").splitlines()
        except (ValueError, RecursionError, OSError) as fault:
            found = f"the list of classes in {folder} can't be read ({fault})"
            raise RecipeError(where, found, "mend it, or remove it") from None
        if names:
            return Vocabulary(told_apart(names), said_by="a list of classes")
    return None


def _in_json(path: Path) -> list[str]:
    """A list of names, or of objects with `name`, and perhaps `folder`, which is unique."""
    rows = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        return []
    if all(isinstance(row, dict) and "name" in row for row in rows):
        return [str(row.get("folder") or row["name"]) for row in rows]
    return rows if all(isinstance(row, str) for row in rows) else []
