"""`synthset schema`: the recipe format, for editors."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from synthset.cli.options import OutFile
from synthset.cli.terminal import tell


def schema(
    output: OutFile = None,
    experiment: Annotated[
        bool, typer.Option("--experiment", help="Print the schema of experiments instead.")
    ] = False,
) -> None:
    """Print the JSON schema of recipes, for completion and checks in an editor.

    Example: synthset schema -o recipe.schema.json
    """
    from synthset.errors import UsageError
    from synthset.recipe.experiment import Experiment
    from synthset.recipe.recipe import Recipe
    from synthset.store.folder import LocalFolder

    content = (Experiment if experiment else Recipe).model_json_schema()
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print(text, end="")
        return
    if output.exists():
        raise UsageError(f"schema: {output} exists and is not overwritten; name a new file")
    LocalFolder(output.parent).create(output.name, text.encode())
    tell(output)
