"""`synthset report`: write a dataset's page again."""

from __future__ import annotations

from synthset.cli.options import DatasetFolder
from synthset.cli.terminal import tell


def report(directory: DatasetFolder) -> None:
    """Write the report page of a dataset again, and print its path.

    Example: synthset report my-demo
    """

    from synthset.pages.dataset.dataset_page import write_report
    from synthset.recipe.recipe import load_stored
    from synthset.store.dataset import Dataset

    dataset = Dataset.open(directory)
    recipe = load_stored(dataset.recipe_content())
    tell(write_report(dataset, recipe))
