"""Data sets of torchvision that lie on this disk; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from synthset.errors import RecipeError, did_you_mean
from synthset.formats.in_memory import list_in_memory
from synthset.formats.labels import number_same_names
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import UNLABELLED, Passed
from synthset.formats.split_names import split_of
from synthset.recipe.labelled_images import Torchvision


def find(settings: Torchvision, where: str, passed: Passed) -> Iterator[Listed]:
    """List the images of a data set, in its order, with the classes in its own.

    Args:
        settings: which, and where it lies.
        where: place in the experiment, for messages.
        passed: gathers images whose label is none of the classes.

    Raises:
        RecipeError: there is no such data set, it isn't there, or it lists no classes.
    """
    from torchvision import datasets

    known = [name for name in datasets.__all__ if name[0].isupper()]
    if settings.name not in known:
        found = f"torchvision has no dataset {settings.name!r}"
        raise RecipeError(f"{where}.name", found, did_you_mean(settings.name, known))
    try:
        data = getattr(datasets, settings.name)(settings.root, **settings.options)
    except (RuntimeError, FileNotFoundError, TypeError, ValueError) as fault:
        found = f"{settings.name} can't be opened ({fault})"
        raise RecipeError(where, found, "put its files there; nothing is downloaded") from None
    if not hasattr(data, "classes"):
        found = f"{settings.name} has no list of classes"
        raise RecipeError(f"{where}.name", found, "name a dataset for classification")
    passed.layouts.append(f"torchvision's {settings.name} in {settings.root}")
    names = number_same_names([str(name) for name in data.classes])
    classes = Vocabulary(names, said_by=f"torchvision's {settings.name}")
    split = _split(settings.options)
    for row in range(len(data)):
        image, label = data[row]
        source, number = f"{settings.name}#{row}", int(label)
        if 0 <= number < len(names):
            one = list_in_memory(source, Label(names[number], number, vocabulary=classes), image)
            yield replace(one, split=split)
        else:
            passed.add(UNLABELLED, source, f"its label is {number}")


def _split(options: Mapping[str, bool | int | str]) -> str | None:
    """The split that is asked for: by `split: test`, or by `train: true`."""
    if isinstance(options.get("train"), bool):
        return "train" if options["train"] else "test"
    return split_of(str(options.get("split", "")))
