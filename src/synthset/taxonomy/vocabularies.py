"""The classes of a model, in the order of its outputs: `classes.json` beside its weights.

A row for each class says what it is called and which class of its images' own list it is. Older
files are a list of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synthset.taxonomy.keys import make_keys
from synthset.taxonomy.names import ClassNames, normalise

FILE = "classes.json"


def write_classes(classes: Sequence[ClassNames]) -> list[dict[str, Any]]:
    """Write classes down, in label order.

    >>> write_classes([ClassNames(["Golden Retriever"], "n02099601", label=207)])[0]["key"]
    'n02099601'

    Returns:
        For each class its `label`, `name`, `key`, `wnid`, and its `number` among the classes of its
        images' own files; None where there is none.
    """
    keys = make_keys([normalise(names[0]) for names in classes])
    return [
        {
            "label": label,
            "name": names[0],
            "key": names.key or names.wnid or key,
            "wnid": names.wnid,
            "number": names.label if names.number is None else names.number,
        }
        for label, (names, key) in enumerate(zip(classes, keys, strict=True))
    ]


def read_classes(content: Any) -> list[ClassNames]:
    """Read classes back, in label order.

    >>> [names.wnid for names in read_classes([{"name": "dog", "wnid": "n02084071"}, "cat"])]
    ['n02084071', None]

    Raises:
        ValueError: it is no list of rows with a `name`, or of names.
    """
    if not isinstance(content, list) or not all(map(_is_class, content)):
        raise ValueError("it is not a list of classes")
    rows: list[dict[str, Any]] = [{"name": one} if isinstance(one, str) else one for one in content]
    return [
        ClassNames(
            [str(row[name]) for name in ("name", "key", "wnid") if row.get(name)],
            row.get("wnid"),
            label=row.get("number"),
            key=row.get("key"),
        )
        for row in rows
    ]


def _is_class(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, dict) and isinstance(value.get("name"), str)
    )
