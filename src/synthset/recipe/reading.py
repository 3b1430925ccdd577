"""Reads what a user wrote: YAML files, and changes given as `source.guidance_scale=3`."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from synthset.errors import RecipeError, did_you_mean, shorten
from synthset.recipe.yaml_text import DEEPEST, LONGEST, parse_yaml

WRITTEN = (".yaml", ".yml", ".json")  # endings of files of settings
EXPERIMENT = "experiment.json"  # marks the folder of an experiment
SHOWN = 200  # letters of a change that a message repeats


def list_shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return _list_shipped("shipped")


def list_shipped_experiments() -> dict[str, Path]:
    """The experiments that come with the package, by name."""
    return _list_shipped("experiments")


def _list_shipped(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((Path(__file__).parent / folder).glob("*.yaml"))}


def holds_images(place: str) -> bool:
    """Tell whether a name is that of images rather than of a file of settings: a folder, an
    archive, a table or a URL. What an experiment has written under the name of a shipped one
    doesn't count, so that the same command goes on with it."""
    known, path = list_shipped_recipes() | list_shipped_experiments(), Path(place)
    if place in known and (not path.is_dir() or (path / EXPERIMENT).exists()):
        return False
    return path.is_dir() or "://" in place or (path.is_file() and path.suffix not in WRITTEN)


def read_yaml(path: Path, what: str = "recipe") -> dict[str, Any]:
    """Read a file of settings, or a shipped one by its name.

    Args:
        path: of the file, or the shipped name.
        what: it should be: `recipe`, `experiment`, or another file that doesn't ship.

    Raises:
        RecipeError: it can't be read, is no YAML that we read, or holds no mapping.
    """
    shipped = {"recipe": list_shipped_recipes(), "experiment": list_shipped_experiments()}
    known = shipped["recipe"] | shipped["experiment"]
    where = str(path)
    try:
        if where in known and not path.is_file():
            path = known[where]
        if path.is_dir():
            raise RecipeError(where, "is a folder", "name a recipe file, such as my-recipe.yaml")
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(LONGEST + 1)  # a device has no end
    except FileNotFoundError:
        right = "name a YAML file"
        if names := shipped.get(what):
            right = f"name a file, or a shipped {what} ({did_you_mean(path.stem, names)})"
        raise RecipeError(where, "no such file", right) from None
    except (OSError, ValueError) as fault:
        raise RecipeError(where, f"cannot be read ({fault})", "name a YAML file in UTF-8") from None
    return parse_settings(text, str(path))


def parse_settings(text: str, where: str) -> dict[str, Any]:
    """Read the text of a file of settings.

    Raises:
        RecipeError: it is no YAML that we read, or holds no mapping.
    """
    content = deepcopy(_parse(text, where))
    if not isinstance(content, dict):
        right = "a recipe is a mapping with name, classes and source"
        raise RecipeError(where, f"the file holds {_kind(content)}", right)
    return content


@lru_cache(maxsize=8)
def _parse(text: str, where: str) -> Any:
    """Parse a text once: a run reads its dataset's recipe a dozen times."""
    return parse_yaml(text, where)


def _kind(content: Any) -> str:
    return "nothing" if content is None else f"a {type(content).__name__}"


def override(content: dict[str, Any], change: str) -> None:
    """Carry out a change such as `source.guidance_scale=3`; the value is read as YAML.

    Raises:
        RecipeError: it is not written so, or leads nowhere.
    """
    path, equals, text = change.partition("=")
    if not equals or not path:
        where = f"--set {change[:SHOWN]}"
        raise RecipeError(where, "it has no '='", "write it as source.guidance_scale=3")
    where = f"--set {path[:SHOWN]}"
    set_value(content, path, parse_yaml(text, where), where)


def set_value(content: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Set what a dotted path names; numbers count into lists.

    Raises:
        RecipeError: the path leads nowhere; `where` is the place in the message.
    """
    place: Any = content
    *parents, last = path.split(".")
    if len(parents) >= DEEPEST:
        raise RecipeError(
            where, f"it goes {len(parents)} levels deep", "name a setting, such as seed"
        )
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
            f"{so_far} is {shorten(inner)}, which has no settings inside",
            f"set {so_far} as a whole",
        )
    return inner


def _item(place: list[Any], part: str, where: str) -> Any:
    if not (part.isascii() and part.isdigit() and len(part) < 10 and int(part) < len(place)):
        found = f"a list of {len(place)} has no item {shorten(part)}"
        raise RecipeError(where, found, "items are counted from 0")
    return place[int(part)]
