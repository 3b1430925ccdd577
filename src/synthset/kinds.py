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

from synthset.errors import ModelError, StageError, SynthsetError

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
    "sources": Group(
        "synthset.recipe.sources:SourceSettings",
        (
            "synthset.recipe.sources:Txt2Img",
            "synthset.recipe.sources:Img2Img",
            "synthset.recipe.sources:Folder",
            "synthset.recipe.sources:Augment",
            "synthset.recipe.sources:Gan",
            "synthset.recipe.pools:Pool",
            "synthset.recipe.openimages:OpenImages",
            "synthset.recipe.sources:Shapes",
        ),
    ),
    "prompts": Group(
        "synthset.recipe.prompts:PromptSettings",
        (
            "synthset.recipe.prompts:Template",
            "synthset.recipe.prompts:Gloss",
            "synthset.recipe.prompts:ClassGloss",
            "synthset.recipe.prompts:Background",
            "synthset.recipe.prompts:ClipTemplates",
            "synthset.recipe.prompts:Captions",
            "synthset.recipe.prompts:PromptFile",
            "synthset.recipe.prompts:LanguageModel",
        ),
    ),
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
    "metrics": Group(
        "synthset.recipe.metrics:MetricSettings",
        (
            "synthset.recipe.metrics:FrechetDistance",
            "synthset.recipe.metrics:InceptionScore",
            "synthset.recipe.metrics:RecognitionRate",
            "synthset.recipe.metrics:Kid",
            "synthset.recipe.metrics:Cmmd",
            "synthset.recipe.metrics:Prdc",
            "synthset.recipe.metrics:Vendi",
            "synthset.recipe.metrics:Copies",
            "synthset.recipe.metrics:SourceCues",
        ),
    ),
    "suites": Group(
        "synthset.recipe.suites:SuiteSettings",
        (
            "synthset.recipe.suites:Shift",
            "synthset.recipe.suites:Corruptions",
            "synthset.recipe.suites:Transfer",
            "synthset.recipe.suites:Knn",
            "synthset.recipe.suites:DataStatistics",
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
            "synthset.recipe.exports:DiffusionDb",
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


class Unfit(Exception):
    """A kind of another package that lacks what a kind has."""


@cache
def list_kinds(group: str) -> Kinds:
    """List the kinds of a group, such as `scores`. A package whose kind can't be used doesn't stop
    the others."""
    own = (import_name(target) for target in GROUPS[group].own)
    usable = {name_kind(settings): Kind(name_kind(settings), settings) for settings in own}
    broken, brought = [], dict[str, list[Kind]]()
    for entry in sorted(entry_points(group=f"synthset.{group}"), key=lambda one: one.name):
        origin = _origin(entry)
        try:
            settings = _check_settings(entry.load(), group)
            name = name_kind(settings)
            if name in usable:
                raise Unfit(f"synthset has a kind {name!r} of its own; give this one another name")
        except Unfit as fault:
            broken.append(Broken(entry.name, origin, str(fault)))
        except (Exception, SystemExit) as fault:  # whatever foreign code does when it is imported
            broken.append(Broken(entry.name, origin, describe_fault(fault)))
        else:
            brought.setdefault(name, []).append(Kind(name, settings, origin))
    for name, several in brought.items():
        if len(several) == 1:
            usable[name] = several[0]
            continue
        who = " and ".join(one.origin for one in several)
        both = f"{who} both provide a kind {name!r}; uninstall one of them"
        broken += [Broken(name, one.origin, both) for one in several]
    return Kinds(usable, tuple(broken))


def carry_out(settings: Any, *arguments: Any) -> Any:
    """Call the implementation of some settings.

    Raises:
        ModelError: it can't be imported.
        StageError: it is another package's, and fails.
    """
    do = import_name(settings.implementation)
    if settings.implementation.startswith(f"{OWN}."):
        return do(*arguments)
    try:
        return do(*arguments)
    except SynthsetError:
        raise
    except Exception as fault:  # whatever foreign code does
        found = f"{settings.kind} ({settings.implementation}) failed: {describe_fault(fault)}"
        raise StageError(f"{found}; fix or update its package and run this again") from fault


def describe_fault(fault: BaseException) -> str:
    """The kind of an exception and its message, on one line."""
    return " ".join(f"{type(fault).__name__}: {fault}".split())


def name_kind(settings: type[Any]) -> str:
    """The name of a kind in recipes."""
    named = get_args(settings.model_fields["kind"].annotation)
    return str(named[0]) if named else ""


def import_name(target: str) -> Any:
    """Import what `package.module:name` names.

    Raises:
        ModelError: it can't be imported.
    """
    module, _, name = target.partition(":")
    if target.startswith(f"{OWN}."):
        return getattr(import_module(module), name)
    try:
        return getattr(import_module(module), name)
    except (Exception, SystemExit) as fault:  # whatever foreign code does when it is imported
        raise ModelError(f"{target} can't be imported ({describe_fault(fault)}); fix it") from fault


def _check_settings(settings: Any, group: str) -> type[Any]:
    """See that an entry point names settings of its group.

    Raises:
        Unfit: it names something else, or they lack what a kind has.
    """
    base = import_name(GROUPS[group].base)
    if not (isinstance(settings, type) and issubclass(settings, base)):
        raise Unfit(f"it must name a subclass of {GROUPS[group].base}")
    if not name_kind(settings):
        raise Unfit('its settings need a `kind: Literal["its_name"]`')
    for name in ("implementation", "version"):
        if not isinstance(getattr(settings, name, None), str):
            raise Unfit(f"its settings need `{name}`, a class variable of type str")
    return settings


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
