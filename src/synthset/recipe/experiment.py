"""The experiment: which classifiers judge which images, and against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from synthset.errors import Problem, RecipeError, did_you_mean, shorten
from synthset.recipe.arms import (
    UNNAMED,
    Arm,
    ArmPart,
    add_control,
    check_choices,
    check_draws,
    check_judge,
    fill_in_cut,
)
from synthset.recipe.default_network import fill_network
from synthset.recipe.labelled_images import (
    Found,
    KeptSet,
    Matchable,
    PictureSet,
    TorchvisionSet,
)
from synthset.recipe.messages import explain
from synthset.recipe.reading import override, read_yaml, set_value
from synthset.recipe.settings import EXECUTION, Name, Settings
from synthset.recipe.suites import BASE, Suite
from synthset.recipe.training import Model, Preprocessing, SmallResNet, Training
from synthset.recipe.variables import fill_in, restore_variables
from synthset.taxonomy.label_conflicts import Rule

#: Stand in a set's recipe for the Parquet files of the real images of one split.
REAL, REAL_VAL = "$real", "$real_val"

#: Figures of the validation split that choose between draws.
TunedBy = Literal["average_precision", "f1", "matched_f1", "balanced_accuracy", "accuracy"]


class Made(Matchable):
    """The kept images of a recipe, which the experiment runs."""

    kind: Literal["recipe"]
    recipe: str | dict[str, Any]
    """A recipe file, or a recipe written here. `$real` stands for the Parquet file with the split's
    real training images, `$real_val` for that with its validation images. So a GAN or an
    augmentation sees what its arm has, and a choice of images never sees test data."""
    changes: tuple[str, ...] = ()
    """Changes to a recipe file, such as `images_per_class=50`."""


ImageSet = Annotated[PictureSet | TorchvisionSet | KeptSet | Made, Field(discriminator="kind")]


class Real(Settings):
    """The real images, and how they are split. Every arm sees the same splits."""

    train: Found
    """Images for training and validation."""
    test: Found | None = None
    """Images for testing; none splits them off `train`."""
    test_fraction: float = Field(0.2, gt=0, lt=1)
    """Share of each class that is split off for testing if `test` is not given."""
    val_fraction: float = Field(0.1, gt=0, lt=1)
    """Share of each class for validation: it is used to choose checkpoints, never to train."""
    classes: tuple[str, ...] | None = None
    """Only these classes; none means all."""
    max_per_class: int | None = Field(None, ge=2)
    """At most this many training images of each class, drawn by the split's seed."""
    max_test_per_class: int | None = Field(None, ge=1)
    """At most this many test images of each class."""
    cut: dict[str, int] = Field(default_factory=dict)
    """How many training images a class keeps; this makes the imbalance. Its validation images are
    cut in the same proportion (to two at least): someone with few images has few to validate with,
    too."""
    cut_validation: bool = True
    """False keeps all validation images of cut classes, so that draws can be chosen by them. A
    study then knows more about a rare class than someone with so few images of it would."""
    conflicts: Rule = "drop"
    """What to do with the same bytes under several labels: `drop` them all, train on the label
    listed `first`, or `keep` each. Such images are never used for validation, and test images are
    never trained on."""
    redraw: bool = True
    """Split and cut anew for each seed, so that intervals hold for other images, too; false splits
    once, by the first seed."""


class Exchange(Settings):
    """How many synthetic images are worth one real image?"""

    real: tuple[Name, ...] = Field(min_length=3)
    """Arms with only real images, in different numbers; they make the curve."""
    with_synthetic: tuple[Name, ...] = Field(min_length=1)
    """Arms whose worth in real images is read off the curve."""
    measure: Literal["accuracy", "balanced_accuracy"] = "accuracy"
    """The measure that the curve shows."""


class SmallerBudget(Settings):
    """A second training of every arm, with fewer updates. Where it changes the order of the arms,
    the network may be trained too little for a verdict. The learning rate falls to zero by the end
    of each training, so the shorter one is a training of its own, not a checkpoint of the other."""

    share: float = Field(0.5, gt=0, lt=1)
    """Share of `training.updates`. It costs as much: 0.5 adds half of the time that training the
    arms takes. Draws and images that were chosen for the full budget are used here, too; choosing
    isn't repeated."""
    seeds: int | None = Field(None, ge=1)
    """Use the smaller budget only for the first so many of `seeds`, which costs less; none means
    all. Both budgets are compared over these seeds alone."""


class Experiment(Settings):
    """Arms that are trained alike on different images and tested on the same real ones."""

    version: Literal[1] = 1
    """Version of the format."""
    name: Name
    """Name of the experiment."""
    description: str = ""
    """A sentence for the report."""
    real: Real
    """The real images, and how they are split."""
    sets: dict[Name, ImageSet] = Field(default_factory=dict)
    """Synthetic (or other) images, each set under a name of your choice."""
    arms: tuple[Arm, ...] = Field(min_length=1)
    """The arms that are compared."""
    tuned_by: TunedBy = "average_precision"
    """The measure by which candidates in the lists of `draws` are chosen, on the validation split
    and in the same way for every arm: the mean over the classes whose share is chosen, or over all
    classes if only shares of sets are. `matched_f1` is F1 with the class predicted as often as it
    occurs."""
    base: Name | None = None
    """Arm that the others are compared with; none means the first."""
    focus: tuple[str, ...] = ()
    """Classes that the report shows first; none means those of `real.cut`."""
    model: Model = SmallResNet(kind="small_resnet")
    """The classifier; by default `small_resnet` with a matching schedule up to 64 px, and timm's
    ResNet-18 above."""
    preprocessing: Preprocessing = Preprocessing()
    """What is done to every image."""
    training: Training = Training()
    """The budget, the same for every arm."""
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    """Every arm is trained once with each seed; arms are paired by seed."""
    smaller_budget: SmallerBudget | None = None
    """Train every arm a second time with fewer updates, and name the arms whose order changes; none
    trains with one budget only."""
    exchange: Exchange | None = None
    """Estimate how many synthetic images are worth one real image."""
    suites: dict[Name, Suite] = Field(default_factory=dict)
    """What `synthset bench` measures in addition to the accuracy on the test images, each suite
    under a name of your choice."""
    explain: int = Field(6, ge=0, le=100)
    """How many right and wrong test images of each focus class are shown with Grad-CAM and their
    nearest training images; 0 for none."""
    sizes: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    """Other sizes of the same experiment: changes, by dotted name, such as `full:
    {training.updates: 50000}`."""
    workers: int | Literal["auto"] = Field("auto", json_schema_extra=EXECUTION)
    """Number of trainings that run at the same time; `auto` takes one per GPU, or one per core."""
    _written: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def focused(self) -> tuple[str, ...]:
        """Classes that come first in tables."""
        return self.focus or tuple(self.real.cut)

    @property
    def used_sets(self) -> tuple[str, ...]:
        """Sets that the arms take images of."""
        return tuple(dict.fromkeys(name for arm in self.arms for name in arm.sets))

    @property
    def compared_with(self) -> str:
        """Name of the arm that the others are compared with."""
        return self.base or self.arms[0].name

    @property
    def smaller_updates(self) -> int:
        """Updates of the smaller budget; 0 without one."""
        share = self.smaller_budget.share if self.smaller_budget else 0.0
        return round(share * self.training.updates)

    @property
    def smaller_seeds(self) -> tuple[int, ...]:
        """Seeds that are trained at the smaller budget, too."""
        return self.seeds[: self.smaller_budget.seeds] if self.smaller_budget else ()

    def find_judge(self, arm: Arm) -> Arm:
        """Find what trains the classifier by which an arm chooses images."""
        return next((one for one in self.arms if one.name == arm.judge), None) or arm.own_judge

    @property
    def random_controls(self) -> dict[str, str]:
        """Controls that take as many images at random as the one arm that chooses them, but are
        that arm otherwise: control -> arm."""
        pairs = [(arm.control, arm) for arm in self.arms if arm.choosing and arm.control]
        names = [name for name, _ in pairs]
        alike = {arm.name: arm.model_copy(update=UNNAMED) for arm in self.arms}
        return {
            name: arm.name
            for name, arm in pairs
            if isinstance(name, str)
            and names.count(name) == 1
            and alike[name] == arm.draw_randomly(**UNNAMED)
        }

    @model_validator(mode="before")
    @classmethod
    def _fill_network(cls, content: Any) -> Any:
        return fill_network(content)

    @field_validator("arms")
    @classmethod
    def _spell_out(cls, arms: tuple[Arm, ...], info: ValidationInfo) -> tuple[Arm, ...]:
        cut = tuple(info.data["real"].cut) if "real" in info.data else ()
        return tuple(one for arm in arms for one in add_control(fill_in_cut(arm, cut)))

    @model_validator(mode="after")
    def _hangs_together(self) -> Experiment:
        problems = _problems(self)
        if problems:
            raise RecipeError.of(problems)
        return self

    def to_yaml(self) -> str:
        """Write the experiment with every default spelt out, and variables as `${NAME}`."""
        content = restore_variables(self.model_dump(mode="json"), self._written)
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def load_experiment(
    source: str | Path | Mapping[str, Any], size: str | None = None, overrides: Sequence[str] = ()
) -> Experiment:
    """Read an experiment from a YAML file or a mapping.

    Args:
        source: a path, or the content.
        size: one of the experiment's `sizes`; none means it as it stands.
        overrides: changes such as `training.updates=100`, after those of the size; the value is
            read as YAML.

    Raises:
        RecipeError: with every problem found, each with its place and what would be right.
    """
    content = (
        deepcopy(dict(source))
        if isinstance(source, Mapping)
        else read_yaml(Path(source), "experiment")
    )
    if "source" in content and "arms" not in content:
        right = "run it with `synthset run`"
        raise RecipeError("source", "this is a recipe, not an experiment", right)
    sizes = content.get("sizes") or {}
    if not isinstance(sizes, dict):
        raise RecipeError("sizes", f"found {shorten(sizes)}", "give a mapping: `key: value`")
    if size is not None and size not in sizes:
        raise RecipeError(
            "sizes", f"the experiment has no size {shorten(size)}", did_you_mean(size, list(sizes))
        )
    changes = {} if size is None else sizes[size]
    if not isinstance(changes, dict):
        found = f"found {shorten(changes)}"
        raise RecipeError(f"sizes.{size}", found, "give a mapping: `training.updates: 100`")
    for name, value in changes.items():
        set_value(content, name, value, f"sizes.{size}.{name}")
    for change in overrides:
        override(content, change)
    content, written = _filled_in(content)
    try:
        experiment = Experiment.model_validate(content)
    except ValidationError as error:
        raise RecipeError.of(explain(error, Experiment)) from None
    experiment._written.update(written)
    return experiment


def _filled_in(content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill in variables, but for the recipes of sets: those are saved on their own, as written."""
    filled, written = fill_in(content)
    sets = content.get("sets")
    for name, one in sets.items() if isinstance(sets, dict) else ():
        for key, kind in (("recipe", dict), ("changes", list)):
            if isinstance(one, dict) and isinstance(one.get(key), kind):
                filled["sets"][name][key] = one[key]
    return filled, written


def _problems(experiment: Experiment) -> list[Problem]:
    """Check what concerns more than one part."""
    names, updates = [arm.name for arm in experiment.arms], experiment.training.updates
    problems = [
        Problem(f"arms[{i}].name", f"{name!r} appears twice", "give each arm its own name")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    if "real" in experiment.sets:
        problems.append(
            Problem(
                "sets.real", "`real` is the name of the real images", "give the set another name"
            )
        )
    if BASE in experiment.suites:
        found = f"`{BASE}` is the name of the experiment's own test"
        problems.append(Problem(f"suites.{BASE}", found, "give the suite another name"))
    arms = {arm.name: arm for arm in experiment.arms}
    for i, arm in enumerate(experiment.arms):
        for field in ("pretrain", "parts"):
            for j, part in enumerate(getattr(arm, field)):
                problems += _part(experiment, f"arms[{i}].{field}[{j}]", part, first=j == 0)
        problems += check_draws(f"arms[{i}]", arm)
        judge = arms.get(arm.judge or "")
        problems += check_choices(f"arms[{i}]", arm, judge)
        if judge is not None:
            problems += check_judge(f"arms[{i}]", arm, judge, experiment.random_controls)
        problems += arm.loss.find_problems(f"arms[{i}].loss", experiment.training)
    problems += _arm_names(experiment, names)
    if len(set(experiment.seeds)) < len(experiment.seeds):
        problems.append(Problem("seeds", "a seed appears twice", "give each seed once"))
    if experiment.smaller_budget and not 0 < experiment.smaller_updates < updates:
        share = f"{experiment.smaller_budget.share:g} of {updates:,} updates"
        found = f"{share} are {experiment.smaller_updates:,}"
        right = f"give a share that leaves between 1 and {updates - 1:,}"
        problems.append(Problem("smaller_budget.share", found, right))
    return problems


def _part(experiment: Experiment, where: str, part: ArmPart, first: bool) -> list[Problem]:
    problems = []
    if part.set != "real" and part.set not in experiment.sets:
        right = did_you_mean(part.set, ["real", *experiment.sets])
        problems.append(Problem(f"{where}.set", f"no entry {part.set!r} in sets", right))
    amounts = ("per_class", "share", "ratio", "top_up_to")
    given = [name for name in amounts if getattr(part, name) is not None]
    if len(given) > 1:
        problems.append(Problem(where, f"{' and '.join(given)} are both given", "give only one"))
    if first and part.asked in ("ratio", "top_up_to"):
        found = f"{part.asked} in the first part, which has no earlier parts to count"
        problems.append(Problem(where, found, "give per_class or share, or put another part first"))
    return problems


def _arm_names(experiment: Experiment, names: list[str]) -> list[Problem]:
    """Whatever names an arm names one that is there."""
    wanted: list[tuple[str, str]] = []
    if experiment.base is not None:
        wanted.append(("base", experiment.base))
    wanted += [
        (f"arms[{i}].control", arm.control)
        for i, arm in enumerate(experiment.arms)
        if isinstance(arm.control, str)
    ]
    wanted += [
        (f"arms[{i}].judge", arm.judge) for i, arm in enumerate(experiment.arms) if arm.judge
    ]
    if experiment.exchange is not None:
        wanted += [("exchange.real", name) for name in experiment.exchange.real]
        wanted += [("exchange.with_synthetic", name) for name in experiment.exchange.with_synthetic]
    return [
        Problem(where, f"no arm {name!r}", did_you_mean(name, names))
        for where, name in wanted
        if name not in names
    ]
