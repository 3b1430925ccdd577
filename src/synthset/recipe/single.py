"""One classifier on one set of images: the file that `synthset train --config` reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from synthset.errors import RecipeError
from synthset.recipe.default_network import fill_network
from synthset.recipe.messages import explain
from synthset.recipe.reading import override, read_yaml
from synthset.recipe.settings import Settings
from synthset.recipe.training import Loss, Model, Preprocessing, SmallResNet, Training
from synthset.recipe.variables import fill_in
from synthset.taxonomy.label_conflicts import Rule


class Single(Settings):
    """How one classifier is trained."""

    model: Model = SmallResNet(kind="small_resnet")
    """The classifier; by default `small_resnet` up to 64 px with the schedule that suits it, above
    timm's ResNet-18."""
    preprocessing: Preprocessing = Preprocessing()
    """What is done to every image."""
    training: Training = Training()
    """The budget."""
    loss: Loss = Loss()
    """The loss, and how classes are drawn."""
    conflicts: Rule = "drop"
    """What to do with the same bytes under several labels: `drop` them all, train on the label
    listed `first`, or `keep` each. Such images are never used for validation, and test images are
    never trained on."""
    seed: int = Field(0, ge=0)
    """Decides the split, the initial weights, the order and the random changes."""

    @model_validator(mode="before")
    @classmethod
    def _fill_network(cls, content: Any) -> Any:
        return fill_network(content)

    @model_validator(mode="after")
    def _adjusts_soundly(self) -> Single:
        problems = self.loss.find_problems("loss", self.training)
        if problems:
            raise RecipeError.of(problems)
        return self


def load_single(path: str | Path | None, overrides: Sequence[str] = ()) -> Single:
    """Read how a classifier is trained.

    Args:
        path: a YAML file; none means every default.
        overrides: changes such as `training.updates=100`; the value is read as YAML.

    Raises:
        RecipeError: with every problem found, each with its place and what would be right.
    """
    content = {} if path is None else read_yaml(Path(path), "configuration")
    for change in overrides:
        override(content, change)
    content, _ = fill_in(content)
    try:
        return Single.model_validate(content)
    except ValidationError as error:
        raise RecipeError.of(explain(error, Single)) from None
