"""synthset turns words into a labelled image dataset, proves what it is worth, and keeps the part
that is worth most.

    import synthset

    recipe = synthset.load_recipe("demo")
    dataset = synthset.run(recipe, "my-demo")
    dataset.kept()                      # an Arrow table, one row an image
    synthset.open("my-demo").metrics()  # results of the set
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "Recipe",
    "SynthsetError",
    "__version__",
    "load_recipe",
    "metrics",
    "open",
    "run",
]

if TYPE_CHECKING:
    from synthset import metrics
    from synthset.engine.run import run
    from synthset.errors import SynthsetError
    from synthset.recipe.recipe import Recipe, load_recipe
    from synthset.store.dataset import Dataset

_PLACES = {
    "Dataset": "synthset.store.dataset",
    "Recipe": "synthset.recipe.recipe",
    "SynthsetError": "synthset.errors",
    "load_recipe": "synthset.recipe.recipe",
    "run": "synthset.engine.run",
}


def open(path: str | os.PathLike[str]) -> Dataset:
    """Open a dataset that `run` made.

    Args:
        path: its folder, or a URL that fsspec knows.

    Raises:
        DatasetError: there is none.
    """
    from synthset.store.dataset import Dataset as _Dataset  # pyarrow only when needed

    return _Dataset.open(path)


def __getattr__(name: str) -> Any:
    """Load the parts of the interface when they are first used, so that `synthset --help` is
    instant."""
    from importlib import import_module

    if name == "metrics":
        return import_module("synthset.metrics")
    if name not in _PLACES:
        raise AttributeError(f"module 'synthset' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
