"""`export.json`: the file that marks a folder as an export of ours, and says of what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError
from synthset.export.aside import write_file
from synthset.store.folder import LocalFolder

MARKER = "export.json"
FORMAT = 1


def read_marker(place: Path) -> dict[str, Any] | None:
    """Read what an export says of itself; None where the folder is missing or empty.

    Raises:
        DatasetError: the folder holds something that is no export of ours; nothing is touched.
    """
    file = place / MARKER
    if not file.exists():
        strangers = _find_strangers(place)
        if strangers:
            shown = ", ".join(strangers[:3]) + (" …" if len(strangers) > 3 else "")
            raise DatasetError(
                f"{place}: contains {shown} but no {MARKER}, so it is not an export of synthset; "
                f"{suggest_folder(place)}"
            )
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["made_by"] != "synthset" or content["format"] != FORMAT:
            raise ValueError(f"made_by {content['made_by']!r}, format {content['format']!r}")
    except (ValueError, KeyError, TypeError) as fault:
        raise DatasetError(
            f"{file}: is not in the format of this version of synthset ({fault}); "
            f"{suggest_folder(place)}"
        ) from None
    return dict(content)


def write_marker(place: Path, content: dict[str, Any]) -> None:
    """Say what the folder is, in place of what was said before."""
    text = json.dumps({"made_by": "synthset", "format": FORMAT, **content}, indent=2)
    write_file(place, MARKER, (text + "\n").encode())


def suggest_folder(place: Path) -> str:
    """Name a folder that is free, for the end of a refusal."""
    number = 2
    while (place.parent / f"{place.name}-{number}").exists():
        number += 1
    return f"give the export another folder, such as {place.name}-{number}"


def _find_strangers(place: Path) -> list[str]:
    if place.exists() and not place.is_dir():
        return ["a file is in its place"]
    return LocalFolder(place).names()  # what is hidden is scratch, or in nobody's way
