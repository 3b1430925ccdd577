"""Turns the schema library's complaints into ours: where, what was found, what would be right."""

from __future__ import annotations

import typing
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from synthset.errors import Problem, RecipeError, did_you_mean, shorten
from synthset.kinds import GROUPS, list_kinds, name_kind
from synthset.recipe.settings import OneOf

Checked = TypeVar("Checked", bound=BaseModel)

RIGHT: dict[str, str] = {
    "missing": "add it",
    "int_parsing": "give a whole number",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_parsing": "give a number",
    "float_type": "give a number",
    "finite_number": "give a finite number",
    "bool_parsing": "give true or false",
    "bool_type": "give true or false",
    "string_type": "give text",
    "dict_type": "give a mapping: `key: value`",
    "model_type": "give a mapping: `key: value`",
    "model_attributes_type": "give a mapping: `key: value`",
    "tuple_type": "give a list: [a, b]",
    "list_type": "give a list: [a, b]",
}


def read_settings(content: dict[str, Any], settings: type[Checked]) -> Checked:
    """Read settings.

    Raises:
        RecipeError: they are wrong; with every problem.
    """
    try:
        return settings.model_validate(content)
    except ValidationError as fault:
        raise RecipeError.of(explain(fault, settings)) from None


def explain(error: ValidationError, root: type[BaseModel]) -> list[Problem]:
    """Describe each problem of a validation error, in the recipe's own terms.

    Args:
        error: what pydantic raised.
        root: the settings class that was read.
    """
    problems = []
    for item in error.errors(include_url=False):
        where, owner = _locate(item["loc"], root)
        problems.append(_problem(dict(item), where, owner))
    return _without_union_noise(problems)


def _problem(item: dict[str, Any], where: str, owner: type[BaseModel] | None) -> Problem:
    kind, value, context = item["type"], item.get("input"), item.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(item["loc"][-1])
        known = list(owner.model_fields) if owner else []
        return Problem(where, f"unknown setting {shorten(name)}", did_you_mean(name, known))
    if kind == "missing":
        return Problem(where, "missing", _describe(owner, str(item["loc"][-1])))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _kind_problem(where, kind, value, context)
    if kind == "literal_error":
        expected = [
            part.strip().strip("'") for part in context["expected"].replace(" or ", ", ").split(",")
        ]
        tried = value if isinstance(value, str) else shorten(value)
        return Problem(where, f"found {shorten(value)}", did_you_mean(tried, expected))
    if kind in ("too_short", "tuple_too_short") and context.get("actual_length") == 0:
        return Problem(where, "empty", "list at least one")
    if kind == "value_error":
        return Problem(where, str(context.get("error", item["msg"])), "correct it")
    right = RIGHT.get(kind) or item["msg"].removeprefix("Input ").replace(
        "should be", "it should be", 1
    )
    return Problem(where, f"found {shorten(value)}", right)


def _kind_problem(where: str, kind: str, value: Any, context: dict[str, Any]) -> Problem:
    if kind == "union_tag_not_found":
        return Problem(
            where, f"found {shorten(value)}, without `kind`", "write it as a mapping with a `kind`"
        )
    expected = [part.strip().strip("'") for part in context["expected_tags"].split(",")]
    tag = str(context["tag"])
    for broken in (one for group in GROUPS for one in list_kinds(group).broken if one.name == tag):
        return Problem(f"{where}.kind", str(broken), "fix that package, or reinstall it")
    return Problem(f"{where}.kind", f"unknown kind {shorten(tag)}", did_you_mean(tag, expected))


def _describe(owner: type[BaseModel] | None, name: str) -> str:
    field = owner.model_fields.get(name) if owner else None
    text = " ".join((field.description or "").split()).split(". ")[0] if field else ""
    return f"add it: {text}" if text else "add it"


def _locate(
    loc: tuple[int | str, ...], root: type[BaseModel]
) -> tuple[str, type[BaseModel] | None]:
    """Spell a place as users write it, and find the settings class that the last step belongs
    to."""
    where, owner = "", root
    current: Any = root
    for i, step in enumerate(loc):
        if isinstance(step, int):
            where += f"[{step}]"
            current = _inner(current)
            continue
        variants = [c for c in _models(current) if _tag(c) == step]
        if variants and not _has_field(current, step):
            current = variants[0]
            owner = current
            continue
        models = _models(current)
        model = next(
            (m for m in models if step in m.model_fields), models[0] if len(models) == 1 else None
        )
        if model is None:
            if _is_plain_union_step(step, i, loc):
                continue
            where += ("." if where else "") + step
            current = _inner(current)
            continue
        owner = model
        where += ("." if where else "") + step
        field = model.model_fields.get(step)
        current = _annotation(field) if field else None
    return where, owner


def _annotation(field: FieldInfo) -> Any:
    """What a field takes, with its mark, which pydantic keeps apart."""
    marks = [one for one in field.metadata if isinstance(one, OneOf)]
    return Annotated[field.annotation, marks[0]] if marks else field.annotation


def _is_plain_union_step(step: str, i: int, loc: tuple[int | str, ...]) -> bool:
    """pydantic names the tried member of a plain union ('int', 'literal[...]', 'tuple[...]'); users
    never wrote that."""
    return step.startswith(("tuple[", "dict[")) or (
        i == len(loc) - 1
        and (step in {"int", "float", "str", "bool"} or "[" in step or "-" in step)
    )


def _has_field(annotation: Any, step: str) -> bool:
    return (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and step in annotation.model_fields
    )


def _tag(model: type[BaseModel]) -> str | None:
    return name_kind(model) if "kind" in model.model_fields else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The settings classes that an annotation may hold, without going into containers."""
    marks = [one for one in get_args(annotation) if isinstance(one, OneOf)]
    if marks:
        return list(marks[0].classes)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = get_origin(annotation)
    if origin in (tuple, list, dict):
        return []
    found: list[type[BaseModel]] = []
    for inner in get_args(annotation):
        if inner is not type(None):
            found += _models(inner)
    return found


def _inner(annotation: Any) -> Any:
    """What a list, tuple or mapping holds."""
    origin = get_origin(annotation)
    args = get_args(annotation)
    if origin in (tuple, list):
        return args[0] if args else None
    if origin is dict:
        return args[1]
    if origin is typing.Annotated or args:
        for inner in args:
            held = _inner(inner)
            if held is not None:
                return held
    return None


def _without_union_noise(problems: list[Problem]) -> list[Problem]:
    """A plain union complains once for each member; say it once, and of a list or mapping at its
    entry."""
    seen: dict[str, Problem] = {}
    for problem in problems:
        if any(
            one.where.startswith((f"{problem.where}[", f"{problem.where}.")) for one in problems
        ):
            continue
        known = seen.get(problem.where)
        if known is None:
            seen[problem.where] = problem
        elif problem.right not in known.right:
            seen[problem.where] = Problem(
                known.where, known.found, f"{known.right}, or {problem.right}"
            )
    return list(seen.values())
