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
from typing import TYPE_CHECKING

from synthset.lazy import offer

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "Recipe",
    "SynthsetError",
    "__version__",
    "experiment",
    "load_recipe",
    "metrics",
    "open",
    "plan",
    "run",
    "search",
    "study",
    "train",
]

if TYPE_CHECKING:
    from synthset import metrics
    from synthset.engine.check import forecast_run as plan
    from synthset.engine.run import run
    from synthset.errors import SynthsetError
    from synthset.experiment.run_experiment import run_experiment as experiment
    from synthset.experiment.single import train
    from synthset.recipe.recipe import Recipe, load_recipe
    from synthset.search.search_records import search_records as search
    from synthset.store.dataset import Dataset
    from synthset.study.run_study import study_recognition as study


def open(path: str | os.PathLike[str]) -> Dataset:
    """Open a dataset made by `run`.

    Args:
        path: its folder, or a URL that fsspec knows.

    Raises:
        DatasetError: there is none.
    """
    from synthset.store.dataset import Dataset as _Dataset  # pyarrow only when needed

    return _Dataset.open(path)


__getattr__, __dir__ = offer(
    __name__,
    {
        "Dataset": "synthset.store.dataset:Dataset",
        "Recipe": "synthset.recipe.recipe:Recipe",
        "SynthsetError": "synthset.errors:SynthsetError",
        "experiment": "synthset.experiment",  # can be called, as `study` and `search` can
        "load_recipe": "synthset.recipe.recipe:load_recipe",
        "metrics": "synthset.metrics",
        "plan": "synthset.engine.check:forecast_run",
        "run": "synthset.engine.run:run",
        "search": "synthset.search",
        "study": "synthset.study",
        "train": "synthset.experiment.single:train",
    },
)
