"""`export.json`: the file that marks a folder as an export of ours, and says of what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synthset.errors import DatasetError
from synthset.export.folder import ExportFolder

MARKER = "export.json"
FORMAT = 1
DOUBTFUL = "doubtful"  # state of an export that somebody has changed: no file of it is trusted


def read_marker(folder: ExportFolder) -> dict[str, Any] | None:
    """Read what an export says of itself; None where the folder is missing or empty.

    Raises:
        DatasetError: the folder holds something that is no export of ours; nothing is touched.
    """
    if not folder.exists(MARKER):
        strangers = _find_strangers(folder)
        if strangers:
            shown = ", ".join(strangers[:3]) + (" …" if len(strangers) > 3 else "")
            raise DatasetError(
                f"{folder}: contains {shown} but no {MARKER}, so it is not an export of synthset; "
                f"{suggest_folder(folder)}"
            )
        return None
    try:
        content = json.loads(folder.read(MARKER))
        if content["made_by"] != "synthset" or content["format"] != FORMAT:
            raise ValueError(f"made_by {content['made_by']!r}, format {content['format']!r}")
    except (ValueError, KeyError, TypeError) as fault:
        raise DatasetError(
            f"{folder}/{MARKER}: is not in the format of this version of synthset ({fault}); "
            f"{suggest_folder(folder)}"
        ) from None
    return dict(content)


def write_marker(folder: ExportFolder, content: dict[str, Any]) -> None:
    """Say what the folder is, in place of what was said before."""
    text = json.dumps({"made_by": "synthset", "format": FORMAT, **content}, indent=2)
    folder.write(MARKER, (text + "\n").encode())


def mark_doubtful(folder: ExportFolder) -> None:
    """Have a finished export's files looked at again, where there is one."""
    marker = read_marker(folder)
    if marker and marker.get("state") == "complete":
        write_marker(folder, {**marker, "state": DOUBTFUL})


def is_doubtful(marker: Mapping[str, Any] | None) -> bool:
    """Whether an export's files may not be what was written."""
    return marker is not None and marker.get("state") == DOUBTFUL


def begin_marker(
    folder: ExportFolder, marker: Mapping[str, Any] | None, facts: Mapping[str, Any]
) -> str | None:
    """Say that an export isn't finished; doubt stays.

    Returns:
        The hash of the card that an earlier export wrote.
    """
    card: str | None = (marker or {}).get("card_sha256")
    state = DOUBTFUL if is_doubtful(marker) else "unfinished"
    write_marker(folder, {"state": state, **facts, **({"card_sha256": card} if card else {})})
    return card


def suggest_folder(folder: ExportFolder) -> str:
    """Name a folder that is free, for the end of a refusal."""
    place, number = folder.place, 2
    while (place.parent / f"{place.name}-{number}").exists():
        number += 1
    return f"give the export another folder, such as {place.name}-{number}"


def _find_strangers(folder: ExportFolder) -> list[str]:
    if folder.place.exists() and not folder.place.is_dir():
        return ["a file is in its place"]
    return folder.list_names()
