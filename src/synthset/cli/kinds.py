"""`synthset kinds`: what a recipe may name, and who brings it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthset.cli.terminal import say, tell

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def kinds(
    name: Annotated[
        str | None,
        typer.Argument(help="A kind, to see its settings, or a group of kinds.", metavar="KIND"),
    ] = None,
) -> None:
    """List the kinds for recipes, including those of other packages, or the settings of one.

    Example: synthset kinds quality
    """
    from synthset.errors import UsageError, did_you_mean
    from synthset.kinds import GROUPS
    from synthset.kinds import list_kinds as kinds_of

    known: list[str] = []
    for group in GROUPS:
        found = kinds_of(group)
        shown = [kind for kind in found.usable.values() if name in (None, group, kind.name)]
        known += [group, *found.usable]
        if shown:
            tell(f"{group}:")
        for kind in shown:
            tell(f"  {kind.name:<18} {_sentence(kind.settings.__doc__)}  ({kind.origin})")
            for field, info in kind.settings.model_fields.items() if name == kind.name else ():
                if field != "kind":
                    tell(f"    {field:<20} {_default(info):<12} {_line(info.description)}")
        for broken in found.broken:
            say(f"warning: {group}: {broken}")
    if name is not None and name not in known:
        raise UsageError(f"kinds: there is no kind {name!r}; {did_you_mean(name, known)}")


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    return "required" if field.is_required() else str(value)


def _sentence(text: str | None) -> str:
    """The first sentence of a docstring."""
    return re.split(r"(?<=[.?]) ", _line(text), maxsplit=1)[0]


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
