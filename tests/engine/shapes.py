"""Small recipes with the fake generator, for tests of the engine."""

import hashlib
from pathlib import Path
from typing import Any

from synthset.recipe.recipe import Recipe, load_recipe

CONTENT: dict[str, Any] = {
    "name": "shapes",
    "classes": ["circle", "square", "star"],
    "source": {"kind": "shapes", "size_px": 16, "batch_size": 4},
    "images_per_class": 8,
    "engine": {"rows_per_shard": 10, "workers": 1},
}


def recipe(*changes: str, **content: Any) -> Recipe:
    """The recipe, with changes."""
    return load_recipe({**CONTENT, **content}, changes)


def cells(
    path: Path,
    but: tuple[str, ...] = (
        "run.jsonl",
        "recipe.yaml",
        "report",
        "derived",
        ".lock",
        ".lock-holder",
    ),
) -> dict[str, str]:
    """Hash every file of a dataset, less what tells times."""
    found = {}
    for file in sorted(path.rglob("*")):
        place = file.relative_to(path)
        if file.is_file() and place.parts[0] not in but:
            found[str(place)] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
