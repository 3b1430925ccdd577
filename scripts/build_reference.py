"""Writes docs/reference/ from the schemas of recipes and experiments, the docstrings of what
`import synthset` offers, and the help of the commands.

python scripts/build_reference.py
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import synthset
from synthset import metrics
from synthset.cli.app import app
from synthset.engine.check import Forecast
from synthset.experiment.run_experiment import Done
from synthset.experiment.single import Trained
from synthset.machine import ProgressBar
from synthset.recipe.experiment import Experiment
from synthset.recipe.recipe import Recipe
from synthset.recipe.single import Single
from synthset.results.hits import Hit, Hits
from synthset.results.recognition import Study
from synthset.store.kept_image import KeptImage
from synthset.store.torch_images import TorchImages

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
WRITTEN = "Written by `scripts/build_reference.py`; change the docstrings instead."
NONE = "In these tables, none is YAML's `null`, or an empty text, list or mapping."
RETURNED = (Forecast, Done, Trained, Study, Hits, Hit, KeptImage, TorchImages, ProgressBar)
SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:", "Yields:")
BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minItems": "{} or more",
}
INSIDE = ("view", "write_view", "recipe_content", "read_records", "read_metrics")  # of Dataset
PLAIN = {"string": "text", "integer": "whole number", "boolean": "yes or no", "null": "none"}

Schema = Mapping[str, Any]


def pages() -> dict[str, str]:
    """Write every page: name of the file to its text."""
    recipe, experiment = (one.model_json_schema() for one in (Recipe, Experiment))
    training = Single.model_json_schema()
    more = {**experiment["$defs"], **training["$defs"]}
    rest = {name: one for name, one in more.items() if name not in recipe["$defs"]}
    links = {name: link(heading, "recipe.md") for name, heading in names(recipe).items()}
    tops = {"An experiment": experiment, "A training (`synthset train --config`)": training}
    return {
        "recipe.md": settings_page("The recipe", {"A recipe": recipe}, recipe["$defs"], {}),
        "experiment.md": settings_page("Experiments and trainings", tops, rest, links),
        "python.md": "\n".join(python_page()),
        "command-line.md": "\n".join(command_line_page()),
    }


def settings_page(
    title: str, tops: Mapping[str, Schema], parts: Mapping[str, Schema], links: Mapping[str, str]
) -> str:
    """Tables of keys: the file's own, then those of each kind, then those of other parts."""
    merged = {"properties": {name: top for name, top in tops.items()}, "$defs": parts}
    headings = {name: heading for name, heading in names(merged).items() if name in parts}
    anchors = {name: link(heading) for name, heading in headings.items()} | dict(links)
    lines = [f"# {title}", "", WRITTEN, "", NONE, ""]
    for heading, top in tops.items():
        lines += [f"## {heading}", "", *keys(top, anchors)]
    for name, heading in sorted(headings.items(), key=lambda pair: (":" not in pair[1], pair[1])):
        lines += [f"### {heading}", "", flat(parts[name].get("description", "")), ""]
        lines += keys(parts[name], anchors)
    return "\n".join(lines)


def names(schema: Schema) -> dict[str, str]:
    """What each part is called: `source: txt2img` where a key tells kinds apart, else its class."""
    called = {name: name for name in schema["$defs"]}
    for key, mapping in kinds(schema, ""):
        for kind, target in mapping.items():
            name = target.removeprefix("#/$defs/")
            if called.get(name) == name:
                called[name] = f"{key}: {kind}"
    return called


def kinds(content: Any, key: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each place of a schema that tells kinds apart, by the key it stands under."""
    if isinstance(content, list):
        for one in content:
            yield from kinds(one, key)
    if not isinstance(content, dict):
        return
    if "discriminator" in content:
        yield key, content["discriminator"]["mapping"]
    for name, one in content.items():
        if name == "properties":
            for setting, value in one.items():
                yield from kinds(value, setting)
        else:
            yield from kinds(one, key)


def keys(schema: Schema, anchors: Mapping[str, str]) -> list[str]:
    """A table of the keys of one part."""
    required = set(schema.get("required", ()))
    rows = [
        (f"`{key}`", values(one, anchors), default(key in required, one), one.get("description"))
        for key, one in schema.get("properties", {}).items()
        if key != "kind"
    ]
    if not rows:
        return ["It has no settings.", ""]
    return table(("key", "value", "default", "meaning"), rows)


def table(headings: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> list[str]:
    cells = [" | ".join(in_cell(cell or "") for cell in row) for row in rows]
    rule = "|".join("---" for _ in headings)
    return [f"| {' | '.join(headings)} |", f"|{rule}|", *(f"| {row} |" for row in cells), ""]


def in_cell(text: str) -> str:
    """Write a cell of a table; code stays as it is."""
    parts = flat(text).replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def values(schema: Schema, anchors: Mapping[str, str]) -> str:
    """Which values a key takes."""
    if "$ref" in schema:
        return anchors[schema["$ref"].removeprefix("#/$defs/")]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if several := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(dict.fromkeys(values(one, anchors) for one in several))
    kind = schema.get("type", "anything")
    if kind == "array":
        of = schema.get("items") or {}
        return f"list of {values(of, anchors)}" if of else "list"
    if kind == "object":
        of = schema.get("additionalProperties") or next(
            iter(schema.get("patternProperties", {}).values()), None
        )
        return f"mapping to {values(of, anchors)}" if isinstance(of, dict) else "mapping"
    bounds = [words.format(schema[name]) for name, words in BOUNDS.items() if name in schema]
    return ", ".join([PLAIN.get(kind, kind), *bounds])


def default(required: bool, schema: Schema) -> str:
    if required:
        return "required"
    value = schema.get("default")
    if isinstance(value, dict) and value:
        return f"`{{kind: {value['kind']}}}`" if "kind" in value else "its defaults"
    return "none" if value in (None, "", [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def python_page() -> Iterator[str]:
    """What `import synthset` offers, what that returns, and the metrics."""
    yield from ("# Python", "", WRITTEN, "", "## synthset", "")
    for name in synthset.__all__:
        if name in ("__version__", "metrics"):
            continue
        yield from member(f"synthset.{name}", getattr(synthset, name))
    yield from ("## What they return", "")
    for one in RETURNED:
        yield from member(one.__name__, one)
    yield from ("## synthset.metrics", "", flat(metrics.__doc__.partition("\n")[0]), "")
    for name in metrics.__all__:
        yield from member(f"synthset.metrics.{name}", getattr(metrics, name))


class Annotation(str):
    """An annotation, shown as it is written."""

    __repr__ = str.__str__


def member(name: str, what: Any) -> Iterator[str]:
    """A function, or a class with its public methods."""
    yield from (f"### {name}", "")
    if not inspect.isclass(what):
        function = inspect.unwrap(what)
        yield from (f"`{name.rpartition('.')[2]}{signature(function)}`", "")
        yield from prose(function.__doc__)
        return
    yield from prose(what.__doc__)
    if what is Recipe:
        yield from ("Its settings are those of [the recipe](recipe.md).", "")
    for method, function in vars(what).items():
        if method.startswith(("_", "model_")) and method not in ("__len__", "__iter__"):
            continue
        if method in INSIDE or not function.__doc__:
            continue
        if isinstance(function, property):
            yield from (f"**`{method}`**", "", *prose(function.__doc__))
        elif inspect.isfunction(function):
            yield from (f"**`{method}{signature(function)}`**", "", *prose(function.__doc__))


def signature(function: Any) -> str:
    """A signature as it is written, without `self`."""
    found = inspect.signature(function)
    shown = [
        one.replace(annotation=Annotation(one.annotation))
        for one in found.parameters.values()
        if one.name != "self"
    ]
    returned = Annotation(found.return_annotation)
    return str(found.replace(parameters=shown, return_annotation=returned))


def prose(text: str | None) -> Iterator[str]:
    """A docstring: its paragraphs, and the items of its sections as a list."""
    section = False
    for block in inspect.cleandoc(text or "").split("\n\n"):
        head, _, body = block.partition("\n")
        if head in SECTIONS:
            section = True
            yield from (f"*{head[:-1]}*", "", *items(body), "")
        elif head.startswith(">>>"):
            yield from ("```text", re.sub(r"\s*# doctest.*", "", block), "```", "")
        else:
            yield from (block if section and block.startswith(" ") else flat(block), "")


def items(body: str) -> Iterator[str]:
    """Each `name: words` of a section on a line; other words as they stand."""
    for item in re.split(r"\n(?=\S)", textwrap.dedent(body)):
        name, colon, words = flat(item).partition(": ")
        yield f"- `{name}`: {words}" if colon and re.fullmatch(r"[\w, *]+", name) else flat(item)


def command_line_page() -> Iterator[str]:
    """Every command, as its `--help` says."""
    yield from ("# Command line", "", WRITTEN, "")
    root = typer.main.get_command(app)
    yield from commands(root, "synthset")


def commands(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        if path != "synthset":
            yield from (f"## {path}", "", flat(command.help or ""), "")
        for name, one in command.commands.items():
            yield from commands(one, f"{path} {name}")
        return
    text, _, example = (command.help or "").partition("Example: ")
    yield from (f"{'##' if path.count(' ') == 1 else '###'} {path}", "", flat(text), "")
    if example:
        yield from (f"    {flat(example)}", "")
    rows = [parameter(one) for one in command.params if one.name != "help"]
    if rows:
        yield from table(("argument or option", "default", "meaning"), rows)


def parameter(one: Any) -> tuple[str, str, str]:
    options = [name for name in (*one.opts, *one.secondary_opts) if name.startswith("-")]
    called = ", ".join(f"`{name}`" for name in options or [one.metavar or one.name.upper()])
    value = "" if one.default in (None, False) or one.required else f"`{one.default}`"
    return called, "required" if one.required else value, getattr(one, "help", None) or ""


def link(heading: str, page: str = "") -> str:
    """A link to a heading, whose anchor is as GitHub makes it."""
    anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    return f"[{heading.rpartition(': ')[2]}]({page}#{anchor})"


def flat(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text.rstrip() + "\n")
