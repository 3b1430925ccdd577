"""`synthset report`: write a dataset's page again."""

from __future__ import annotations

from synthset.cli.options import DatasetFolder


def report(directory: DatasetFolder) -> None:
    """Write the report page of a dataset again, and name it.

    Example: synthset report my-demo
    """
    import yaml

    from synthset.recipe.recipe import load_recipe
    from synthset.report.page import write_report
    from synthset.store.dataset import Dataset

    dataset = Dataset.open(directory)
    recipe = load_recipe(yaml.safe_load(dataset.read_text("recipe.yaml")))
    print(write_report(dataset, recipe))
