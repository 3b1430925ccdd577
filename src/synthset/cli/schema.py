"""`synthset schema`: the recipe format, for editors."""

from __future__ import annotations

import json

from synthset.cli.options import OutFile


def schema(output: OutFile = None) -> None:
    """Print the JSON schema of recipes, for completion and checks in an editor.

    Example: synthset schema -o recipe.schema.json
    """
    from synthset.errors import UsageError
    from synthset.recipe.recipe import Recipe

    text = json.dumps(Recipe.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print(text, end="")
        return
    if output.exists():
        raise UsageError(f"schema: {output} exists; name a new file, nothing is overwritten")
    output.write_text(text, encoding="utf-8")
    print(output)
