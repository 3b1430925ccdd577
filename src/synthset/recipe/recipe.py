"""The recipe: one file that says what is wanted, read and checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.recipe.classes import Classes, Names
from synthset.recipe.encoders import Encoder
from synthset.recipe.entries import check_name
from synthset.recipe.exports import EngineSettings, Export, Report
from synthset.recipe.messages import explain
from synthset.recipe.metrics import Metric
from synthset.recipe.presets import Preset, apply_preset
from synthset.recipe.prompts import Prompts, Template
from synthset.recipe.reading import override, read_yaml
from synthset.recipe.references import Reference
from synthset.recipe.scores import Score
from synthset.recipe.selection import Selection
from synthset.recipe.settings import KindSettings, Name, Settings
from synthset.recipe.sources import Source
from synthset.recipe.steps import Limit
from synthset.recipe.variables import fill_in, restore_variables
from synthset.taxonomy.label_conflicts import Rule
from synthset.taxonomy.names import find_same_names

#: Columns that a selection may look at without any score.
SELECTABLE = ("width", "height", "nsfw", "round", "index", "seed")


ImageCount = Annotated[int, Field(ge=1, le=10_000_000)]
ImagesOfClass = Annotated[int, Field(ge=0, le=10_000_000)]


class Recipe(Settings):
    """Everything that makes up one dataset."""

    version: Literal[1] = 1
    """Version of the recipe format."""
    name: Name
    """Name of the dataset."""
    description: str = ""
    """A sentence for the report and the dataset card."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Every image's own seed is derived from it."""
    classes: Classes
    """Which classes: a list of names, or `kind: names | imagenet | wordnet | source`."""
    preset: Preset | None = None
    """`training` (guidance 2.0, plain words) or `pretty` (guidance 7.5, embellished words): sets
    what the recipe leaves open."""
    prompts: Prompts = Template()
    """How a class becomes a prompt."""
    source: Source
    """Where images come from."""
    images_per_class: ImageCount | dict[str, ImagesOfClass] | None = None
    """Images planned for each class: one number for all, or a number for each by its name, where
    classes that aren't named get none. With a folder, a pool or OpenImages, the most taken of each
    class: one number (none means all)."""
    encoders: dict[Name, Encoder] = Field(default_factory=dict)
    """Models that look at images, each under a name of your choice."""
    scores: tuple[Score, ...] = ()
    """What is measured on each image."""
    references: dict[Name, Reference] = Field(default_factory=dict)
    """Real images (or their stored statistics) to compare with, each under a name of your
    choice."""
    metrics: tuple[Metric, ...] = ()
    """What is measured on the set as a whole: on all its images, on the kept and on the rejected
    ones."""
    accept: dict[str, Limit] = Field(default_factory=dict)
    """What the kept images must reach as a set: `min` and `max` for a metric, under its name in the
    report, such as `FID: {max: 30}`. The report and the end of the run say whether they do."""
    selection: Selection = Selection()
    """What is kept."""
    exports: tuple[Export, ...] = ()
    """How the kept images are written for training."""
    report: Report = Report()
    """What the report page shows."""
    engine: EngineSettings = EngineSettings()
    """How the run is carried out."""
    _written: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, content: Any) -> Any:
        return apply_preset(content) if isinstance(content, dict) else content

    @field_validator("prompts", mode="before")
    @classmethod
    def _templates_in_short(cls, value: Any) -> Any:
        return {"kind": "template", **value} if isinstance(value, dict) else value

    @field_validator("classes", mode="before")
    @classmethod
    def _names_in_short(cls, value: Any) -> Any:
        return {"kind": "names", "names": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _hangs_together(self) -> Recipe:
        problems = list(_problems(self))
        if problems:
            raise RecipeError.of(problems)
        return self

    @property
    def most_per_class(self) -> int | None:
        """The one number of images for every class; None where it isn't given."""
        return self.images_per_class if isinstance(self.images_per_class, int) else None

    @property
    def code(self) -> tuple[str, ...]:
        """The user's own code that it runs, as files and functions."""
        parts: tuple[KindSettings, ...] = (
            self.source,
            *self.encoders.values(),
            *self.scores,
            *self.metrics,
        )
        return tuple(part.code for part in parts if part.code is not None)

    def to_content(self) -> dict[str, Any]:
        """Give what `load_recipe` reads: every default spelt out, variables as `${NAME}`."""
        return dict(restore_variables(self.model_dump(mode="json"), self._written))

    def to_yaml(self) -> str:
        """Write the recipe with every default spelt out, and variables as `${NAME}`."""
        return yaml.safe_dump(self.to_content(), sort_keys=False, allow_unicode=True)


def _problems(recipe: Recipe) -> list[Problem]:
    """Check what concerns more than one part."""
    problems: list[Problem] = []
    source, classes = recipe.source, recipe.classes
    if recipe.images_per_class is None and not source.lists_images:
        problems.append(
            Problem(
                "images_per_class", "missing", "say how many images each class gets, such as 100"
            )
        )
    if isinstance(recipe.images_per_class, dict):
        problems += _counts(recipe, recipe.images_per_class)
    if classes.kind == "source" and not source.brings_classes:
        problems.append(
            Problem(
                "classes",
                "kind 'source' takes the source's own classes, but a source of kind "
                f"{source.kind!r} has none",
                "list the classes: [cat, dog]",
            )
        )
    problems += source.problems(recipe, "source")
    if isinstance(classes, Names):
        problems += find_same_names(classes.names, "classes", "[{}]")
    for i, score in enumerate(recipe.scores):
        problems += score.problems(recipe, f"scores[{i}]")
    problems += _captions(recipe)
    problems += _find_doubled("scores", [score.prefix for score in recipe.scores], "score")
    problems += _selection(recipe)
    problems += _acceptance(recipe)
    for i, step in enumerate(recipe.selection.steps):
        problems += step.problems(recipe, f"selection.steps[{i}]")
    for i, metric in enumerate(recipe.metrics):
        problems += metric.problems(recipe, f"metrics[{i}]")
    problems += _find_doubled(
        "exports", [export.path for export in recipe.exports if export.path], "folder"
    )
    if recipe.selection.max_rounds and recipe.selection.target_per_class is None:
        problems.append(
            Problem(
                "selection.max_rounds",
                "set without a target",
                "set selection.target_per_class as well",
            )
        )
    if recipe.selection.max_rounds and source.lists_images:
        problems.append(
            Problem(
                "selection.max_rounds",
                f"a source of kind {source.kind!r} has a fixed number of images",
                "set it to 0",
            )
        )
    return problems


def _counts(recipe: Recipe, asked: Mapping[str, int]) -> list[Problem]:
    """A number for each class is for images that are made, and not for rounds."""
    problems, where = [], "images_per_class"
    if not any(asked.values()):
        found, right = "no image of any class", "give a class a number above 0"
        problems.append(Problem(where, found, right))
    if recipe.source.lists_images:
        found = f"numbers for single classes, with a source of kind {recipe.source.kind!r}"
        problems.append(Problem(where, found, "give one number, or generate the images"))
    if recipe.selection.max_rounds:
        found = "numbers for single classes, with rounds that fill every class to one target"
        problems.append(Problem(where, found, "give one number, or set selection.max_rounds to 0"))
    return problems


def list_comparisons(recipe: Recipe) -> list[tuple[str, str, str]]:
    """List what compares with a reference: its place in the recipe, the reference, the encoder."""
    found = [
        (f"scores[{i}]", score.compares, score.seen_by or "")
        for i, score in enumerate(recipe.scores)
        if score.compares is not None
    ]
    found += [
        (f"metrics[{i}]", metric.compares, metric.seen_by)
        for i, metric in enumerate(recipe.metrics)
        if metric.compares is not None and metric.seen_by is not None
    ]
    found += [
        (f"selection.steps[{i}]", name, step.seen_by)
        for i, step in enumerate(recipe.selection.steps)
        if step.seen_by is not None
        for name in step.compares
    ]
    return found


def _acceptance(recipe: Recipe) -> list[Problem]:
    """A metric is a number."""
    return [
        Problem(f"accept.{name}", "it has neither min nor max", "write it as FID: {max: 30}")
        for name, limit in recipe.accept.items()
        if limit.is_equality
    ]


def _selection(recipe: Recipe) -> list[Problem]:
    """Each column that the selection names must be written by a score."""
    known = [*SELECTABLE, *(column for score in recipe.scores for column in score.columns)]
    named_by: list[tuple[str, str]] = []
    for i, step in enumerate(recipe.selection.steps):
        where = f"selection.steps[{i}]"
        named_by += [(f"{where}.{setting}", column) for setting, column in step.columns]
    if recipe.selection.order_by:
        named_by.append(("selection.order_by", recipe.selection.order_by))
    return [
        Problem(where, f"no score writes a column {column!r}", did_you_mean(column, known))
        for where, column in named_by
        if column not in known
    ]


def _captions(recipe: Recipe) -> list[Problem]:
    """Captions of a reference want images of which some paths say where the captions stand."""
    name = getattr(recipe.prompts, "reference", None)
    if name is None:
        return []
    where = "prompts.reference"
    problems = check_name(where, name, list(recipe.references), "references")
    if problems:
        return problems
    found = recipe.references[name]
    if found.kind == "images" and all(path.prompt_column for path in found.paths):
        return []
    what = f"reference {name!r} has no captions"
    return [
        Problem(
            where, what, "name a reference of kind images that has a prompt_column on each path"
        )
    ]


def get_conflict_rule(recipe: Recipe) -> Rule:
    """The source's rule for bytes under several labels; what a generator makes is dropped."""
    rule: Rule = getattr(recipe.source, "conflicts", "drop")
    return rule


def _find_doubled(where: str, names: Sequence[str], what: str) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for i, name in enumerate(names):
        key = name.strip().casefold()
        if key in first:
            found = f"{what} {name!r} appears twice (first at {where}[{first[key]}])"
            problems.append(
                Problem(f"{where}[{i}]", found, "give each its own name, or remove one")
            )
        first.setdefault(key, i)
    return problems


def load_recipe(
    source: Recipe | str | Path | Mapping[str, Any], overrides: Sequence[str] = ()
) -> Recipe:
    """Read a recipe from a YAML file, the name of a shipped recipe, or a mapping.

    Args:
        source: a path, a shipped name (see `synthset recipes`), or the recipe's content; or a
            recipe, to change it.
        overrides: changes such as `source.guidance_scale=3` or `classes=[cat, dog]`; the value is
            read as YAML.

    Raises:
        RecipeError: with every problem found, each with its place and what would be right.

    >>> recipe = load_recipe({"name": "pets", "classes": ["cat", "dog"], "images_per_class": 5,
    ...                       "source": {"kind": "txt2img"}}, ["source.num_steps=4"])
    >>> recipe.source.num_steps
    4
    """
    if isinstance(source, Recipe):
        if not overrides:
            return source
        source = source.to_content()
    content = deepcopy(dict(source)) if isinstance(source, Mapping) else read_yaml(Path(source))
    if "arms" in content and "source" not in content:
        right = "run it with `synthset experiment`"
        raise RecipeError("arms", "this is an experiment, not a recipe", right)
    for change in overrides:
        override(content, change)
    return _check_content(content)


def load_stored(content: dict[str, Any]) -> Recipe:
    """Read the recipe that a dataset holds.

    Args:
        content: `Dataset.recipe_content()`. Variables that are not set now stay `${NAME}`: to look
            at a dataset needs none.

    Raises:
        RecipeError: it was changed, and is no recipe any more.
    """
    return _check_content(content, leave_unset=True)


def _check_content(content: dict[str, Any], leave_unset: bool = False) -> Recipe:
    content, written = fill_in(content, leave_unset)
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise RecipeError.of(explain(error, Recipe)) from None
    recipe._written.update(written)
    return recipe
