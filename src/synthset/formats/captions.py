"""The caption that stands beside an image, in a file or tar member of its name: `.txt`, `.caption`
or an entry of `.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from synthset.formats.columns import CAPTIONS, Columns, find_column, is_given
from synthset.formats.rows import decode_text, read_json

TEXTS = ("txt", "caption")
FACTS = "json"


def read_caption(read: Callable[[str], bytes | None], columns: Columns) -> str | None:
    """Read the words that belong to an image; None where there are none. An empty text hides
    nothing that another file says.

    Args:
        read: gives the bytes of the file of an ending, such as `txt`; None where there is none.
        columns: `caption` names the entry of `.json`.
    """
    for ending in TEXTS:
        said = _text(_read_any_case(read, ending) or b"")
        if said:
            return said
    return find_caption(read_facts(read), columns)


def read_facts(read: Callable[[str], bytes | None]) -> dict[str, Any]:
    """Read the `.json` of an image."""
    return parse_facts(_read_any_case(read, FACTS))


def parse_facts(data: bytes | None) -> dict[str, Any]:
    """Read the JSON beside an image; nothing where it is no object, since images may do without."""
    try:
        facts = read_json((data or b"{}").decode(json.detect_encoding(data or b"{}")))
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def find_caption(facts: Mapping[str, Any], columns: Columns) -> str | None:
    """The caption among what is known of an image: the entry that is named, in any case, else the
    first of the usual ones that holds words."""
    given = is_given(columns.caption, "caption")
    wanted = (str(columns.caption),) if given else CAPTIONS
    for name in wanted:
        value = facts.get(find_column(facts, name) or "")
        value = value[0] if isinstance(value, list) and value else value
        said = "" if value is None or isinstance(value, list | dict) else str(value).strip()
        if said:
            return said
    return None


def _read_any_case(read: Callable[[str], bytes | None], ending: str) -> bytes | None:
    """The file of an ending, in small or in large letters."""
    data = read(ending)
    return read(ending.upper()) if data is None else data


def _text(data: bytes) -> str:
    """Words in UTF-8, or in what their mark says; letters of another encoding are replaced."""
    try:
        return decode_text(data).strip()
    except ValueError:
        return data.decode(errors="replace").strip()
