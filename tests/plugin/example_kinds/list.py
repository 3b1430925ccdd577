"""An export in one file: its settings, and what writes."""

from pathlib import Path
from typing import Literal

from synthset.recipe.exports import ExportSettings


class List(ExportSettings):
    """The ids of the kept images, a line each."""

    implementation = "example_kinds.list:write"
    version = "1"

    kind: Literal["list"]
    ending: str = "txt"
    """Of the file."""


def write(dataset, settings):
    from synthset.export.place import Exported

    place = Path(settings.path)
    place.mkdir(parents=True, exist_ok=True)
    ids = dataset.kept()["id"].to_pylist()
    (place / f"ids.{settings.ending}").write_text("".join(f"{one}\n" for one in ids))
    return Exported(place, {"train": len(ids)}, len(ids))
