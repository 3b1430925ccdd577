"""Reads what a user wrote: YAML files, and changes given as `source.guidance_scale=3`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml

from synthset.errors import RecipeError, did_you_mean

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")  # as in path: ${SYNTHSET_DATA}/cifar10


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return _shipped("shipped")


def shipped_experiments() -> dict[str, Path]:
    """The experiments that come with the package, by name."""
    return _shipped("experiments")


def _shipped(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((Path(__file__).parent / folder).glob("*.yaml"))}


def read_yaml(path: Path) -> dict[str, Any]:
    known = shipped_recipes() | shipped_experiments()
    if not path.is_file() and str(path) in known:
        path = known[str(path)]
    if path.is_dir():
        raise RecipeError(str(path), "is a folder", "name a recipe file, such as my-recipe.yaml")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        right = f"name a file, or a shipped recipe: {did_you_mean(path.stem, known)}"
        raise RecipeError(str(path), "no such file", right) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(
            str(path), f"cannot be read ({fault})", "name a YAML file in UTF-8"
        ) from None
    try:
        content = yaml.safe_load(VARIABLE.sub(_variable, text))
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        found = f"not valid YAML ({getattr(fault, 'problem', None) or fault})"
        raise RecipeError(
            where, found, "mend the line; a list is [a, b], a mapping is `key: value`"
        ) from None
    if not isinstance(content, dict):
        raise RecipeError(
            str(path),
            f"holds {_kind(content)}",
            "a recipe is a mapping with name, classes and source",
        )
    return content


def _variable(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        right = f"set it, as in `export {found[1]}=/data`"
        raise RecipeError(found[0], f"the environment variable {found[1]} is not set", right)
    return value


def _kind(content: Any) -> str:
    return "nothing" if content is None else f"a {type(content).__name__}"


def override(content: dict[str, Any], change: str) -> None:
    """Carry out a change such as `source.guidance_scale=3`; the value is read as YAML.

    Raises:
        RecipeError: it is not written so, or leads nowhere.
    """
    path, equals, text = change.partition("=")
    if not equals or not path:
        raise RecipeError(f"--set {change}", "no '=' in it", "write it as source.guidance_scale=3")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise RecipeError(
            f"--set {change}", "the value is not YAML", "quote it, or write a plain value"
        ) from None
    set_value(content, path, value, f"--set {change}")


def set_value(content: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Set what a dotted path names; numbers count into lists.

    Raises:
        RecipeError: the path leads nowhere; `where` is the place in the message.
    """
    place: Any = content
    *parents, last = path.split(".")
    for i, part in enumerate(parents):
        place = _step(place, part, where, ".".join(parents[: i + 1]))
    if isinstance(place, list):
        _item(place, last, where)
        place[int(last)] = value
    else:
        place[last] = value


def _step(place: Any, part: str, where: str, so_far: str) -> Any:
    listed = isinstance(place, list)
    inner = _item(place, part, where) if listed else place.setdefault(part, {})
    if not isinstance(inner, dict | list):
        raise RecipeError(
            where,
            f"{so_far} is {inner!r}, which holds no settings",
            "set it as a whole",
        )
    return inner


def _item(place: list[Any], part: str, where: str) -> Any:
    if not part.isdigit() or int(part) >= len(place):
        raise RecipeError(where, f"no item {part!r} in a list of {len(place)}", "count from 0")
    return place[int(part)]
