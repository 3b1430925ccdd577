"""Which class of a recipe does a name in a folder or a table mean?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthset.engine.fitting import folded
from synthset.errors import Problem, RecipeError
from synthset.taxonomy.classlists import ClassEntry

NUMBERED = re.compile(r"(.*) \(\d+\)")  # a name that several numbers share


def labels_of(names: Sequence[str], classes: Sequence[ClassEntry]) -> dict[str, int]:
    """Find each name of a source among the classes: as it is written, else whatever the case.

    Raises:
        RecipeError: a name that two classes share (crane, a bird and a machine).
    """
    exact: dict[str, set[int]] = {}
    loosely: dict[str, set[int]] = {}
    for label, entry in enumerate(classes):
        for alias in filter(None, (entry.key, entry.name, entry.folder, entry.wnid)):
            exact.setdefault(alias, set()).add(label)
            loosely.setdefault(folded(alias), set()).add(label)
        if entry.class_index is not None:  # how a scan tells numbered classes of one name apart
            exact.setdefault(f"{entry.name} ({entry.class_index})", set()).add(label)
    found: dict[str, int] = {}
    problems = []
    for name in names:
        meant = exact.get(name) or loosely.get(folded(name)) or set()
        if not meant and (numbered := NUMBERED.fullmatch(name)):
            meant = exact.get(numbered[1], set())
            meant = meant if len(meant) > 1 else set()
        if len(meant) == 1:
            (found[name],) = meant
        elif meant:
            which = " or ".join(f"{classes[i].name} ({classes[i].key})" for i in sorted(meant))
            right = "call the folders by key, or name a `label_column` that holds keys or wnids"
            problems.append(Problem("source", f"images of {name!r} could be {which}", right))
    if problems:
        raise RecipeError.of(problems)
    return found
