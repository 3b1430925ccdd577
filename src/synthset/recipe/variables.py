"""Environment variables in recipes: `${NAME}` is filled in to work with, and kept as it is written.

What a variable holds may be a secret or a path of one machine. So nothing that is saved or shown
holds it: recipes are saved as they were written, and `conceal` puts `${NAME}` back into words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from synthset.errors import Problem, RecipeError

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")  # as in path: ${SYNTHSET_DATA}/cifar10
SHORTEST = 4  # letters of a value that is looked for in words; shorter ones stand in any word

_values: dict[str, str] = {}  # of this process: what a variable held, and how it is written


def fill_in(content: Any, leave_unset: bool = False) -> tuple[Any, dict[str, str]]:
    """Put what the variables hold into every text of a recipe.

    Args:
        content: as it was read.
        leave_unset: leave variables that are not set as they stand, where a recipe is only looked
            at; otherwise they are refused.

    Returns:
        A copy; and each text that had a variable: filled in -> as it was written.

    Raises:
        RecipeError: variables are not set; all of them are named.
    """
    written: dict[str, str] = {}
    problems: dict[str, Problem] = {}

    def value_of(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if value is None or "\0" in value or not _is_text(value):
            wrong = "is not set" if value is None else "is not valid UTF-8"
            right = f"set it, as in `export {found[1]}=/data`"
            what = f"the environment variable {found[1]} {wrong}"
            problems[found[0]] = Problem(found[0], what, right)
            return found[0]
        if len(value) >= SHORTEST:
            _values[value] = found[0]
        return value

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            text = VARIABLE.sub(value_of, value)
            if text != value:
                written[text] = value
            return text
        if isinstance(value, Mapping):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list | tuple) else value

    content = filled(content)
    if problems and not leave_unset:
        raise RecipeError.of(list(problems.values()))
    return content, written


def restore_variables(content: Any, written: Mapping[str, str]) -> Any:
    """Undo `fill_in` in what became of the content since."""
    if isinstance(content, str):
        return written.get(content, content)
    if isinstance(content, Mapping):
        return {key: restore_variables(inner, written) for key, inner in content.items()}
    return (
        [restore_variables(one, written) for one in content]
        if isinstance(content, list)
        else content
    )


def conceal(words: str) -> str:
    """Write `${NAME}` wherever words hold what a variable held that this process filled in."""
    for value in sorted(_values, key=len, reverse=True):
        words = words.replace(value, _values[value])
    return words


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return False
    return True
