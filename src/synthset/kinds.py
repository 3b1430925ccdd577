"""The kinds that a recipe may name: those of the package, and those that other packages bring.

A kind is a settings class: its `kind` is the name in recipes, its fields are what may be set, and
`implementation` names the code that does it, which is imported when it is needed. Another package
brings kinds by entry points, such as

    [project.entry-points."synthset.scores"]
    redness = "my_package.redness:Redness"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

OWN = "synthset"  # origin of the kinds that come with the package


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that stand at one place of a recipe.

    Attributes:
        base: the class that all their settings are of.
        own: settings classes that come with the package.
    """

    base: str
    own: tuple[str, ...]


GROUPS: dict[str, Group] = {
    "encoders": Group(
        "synthset.recipe.encoders:EncoderSettings",
        (
            "synthset.recipe.encoders:InceptionEncoder",
            "synthset.recipe.encoders:ClipEncoder",
            "synthset.recipe.encoders:ClassifierEncoder",
            "synthset.recipe.encoders:PixelsEncoder",
            "synthset.recipe.encoders:PythonEncoder",
        ),
    ),
    "scores": Group(
        "synthset.recipe.scores:ScoreSettings",
        (
            "synthset.recipe.scores:ClipScore",
            "synthset.recipe.scores:Recognition",
            "synthset.recipe.scores:Quality",
            "synthset.recipe.scores:PerceptualHash",
            "synthset.recipe.scores:Column",
            "synthset.recipe.scores:Python",
            "synthset.recipe.scores:FdInfluence",
            "synthset.recipe.scores:IsContribution",
            "synthset.recipe.scores:Neighbours",
        ),
    ),
    "steps": Group(
        "synthset.recipe.steps:StepSettings",
        (
            "synthset.recipe.steps:Limits",
            "synthset.recipe.steps:Duplicates",
            "synthset.recipe.steps:Top",
            "synthset.recipe.steps:Random",
            "synthset.recipe.steps:NearestSet",
            "synthset.recipe.steps:Diverse",
        ),
    ),
    "exports": Group(
        "synthset.recipe.exports:ExportSettings",
        (
            "synthset.recipe.exports:ImageFolder",
            "synthset.recipe.exports:WebDataset",
            "synthset.recipe.exports:Parquet",
            "synthset.recipe.exports:Npy",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that can be used.

    Attributes:
        name: in recipes.
        settings: the class of its settings.
        origin: `synthset`, or the package that brings it, with its version.
    """

    name: str
    settings: type[Any]
    origin: str = OWN


@dataclass(frozen=True, slots=True)
class Broken:
    """A kind of another package that can't be used.

    Attributes:
        name: of its entry point.
        origin: the package that brings it, with its version.
        fault: what is wrong with it, and what would be right.
    """

    name: str
    origin: str
    fault: str

    def __str__(self) -> str:
        return f"{self.name} of {self.origin} can't be used: {self.fault}"


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of a group.

    Attributes:
        usable: by name, those of the package first.
        broken: those of other packages that can't be used.
    """

    usable: Mapping[str, Kind]
    broken: tuple[Broken, ...]


@cache
def kinds(group: str) -> Kinds:
    """List the kinds of a group, such as `scores`. A package whose kind can't be used doesn't stop
    the others."""
    own = (imported(target) for target in GROUPS[group].own)
    usable = {kind_of(settings): Kind(kind_of(settings), settings) for settings in own}
    broken = []
    for entry in sorted(entry_points(group=f"synthset.{group}"), key=lambda one: one.name):
        origin = _origin(entry)
        try:
            settings = _checked(entry.load(), group)
            name = kind_of(settings)
            if name in usable:
                there = usable[name].origin
                raise TypeError(f"{there} has a kind {name!r} already; give it another name")
        except Exception as fault:  # whatever foreign code does when it is imported
            broken.append(Broken(entry.name, origin, f"{type(fault).__name__}: {fault}"))
        else:
            usable[name] = Kind(name, settings, origin)
    return Kinds(usable, tuple(broken))


def kind_of(settings: type[Any]) -> str:
    """The name of a kind in recipes."""
    named = get_args(settings.model_fields["kind"].annotation)
    return str(named[0]) if named else ""


def imported(target: str) -> Any:
    """Import what `package.module:name` names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _checked(settings: Any, group: str) -> type[Any]:
    """See that an entry point names settings of its group.

    Raises:
        TypeError: it names something else, or they lack what a kind has.
    """
    base = imported(GROUPS[group].base)
    if not (isinstance(settings, type) and issubclass(settings, base)):
        raise TypeError(f"it has to name a subclass of {GROUPS[group].base}")
    if not kind_of(settings):
        raise TypeError('its settings need a `kind: Literal["its_name"]`')
    for name in ("implementation", "version"):
        if not isinstance(getattr(settings, name, None), str):
            raise TypeError(f"its settings need `{name}`, a class variable of type str")
    return settings


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
