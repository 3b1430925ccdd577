"""Which class of a recipe does a name in a folder or a table mean?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthset.errors import Problem, RecipeError
from synthset.taxonomy.classlists import ClassEntry, collect_names
from synthset.taxonomy.names import ClassIndex, Contradiction

NUMBERED = re.compile(r"(.*) \(\d+\)")  # a name that several numbers share


def find_labels(
    names: Sequence[str | Sequence[str]], classes: Sequence[ClassEntry]
) -> dict[str, int]:
    """Find each class of a source among those of a recipe, as `ClassIndex` does.

    Args:
        names: of each class of the source: a name, or all that it is called.
        classes: of the recipe, in label order.

    Returns:
        Labels by the source's names; names of no class are missing.

    Raises:
        RecipeError: a name that two classes share (crane, a bird and a machine), two names that
            look like one class, or a name whose wnid is another class's.
    """
    index, found, problems = ClassIndex([collect_names(entry) for entry in classes]), {}, []
    source = [(one,) if isinstance(one, str) else one for one in names]
    try:
        labels = index.find_all(source)
    except Contradiction as fault:
        right = "correct the wnid, or rename the class"
        raise RecipeError("source", str(fault), right) from None
    for mine, meant in zip(source, labels, strict=True):
        if not meant and (numbered := NUMBERED.fullmatch(mine[0])):
            meant = index.find((numbered[1],))
            meant = meant if len(meant) > 1 else set()
        if len(meant) == 1:
            (found[mine[0]],) = meant
        elif meant:
            which = " or ".join(f"{classes[i].name} ({classes[i].key})" for i in sorted(meant))
            right = "name the folders by key, or name a `label_column` that holds keys or wnids"
            problems.append(Problem("source", f"images of {mine[0]!r} could be {which}", right))
    if problems:
        raise RecipeError.of(problems)
    return found
