"""A toy WordNet of eight synsets, small enough to draw.

entity ─┬─ animal ─┬───────── dog ── puppy
        │          └── pet ───┘
        ├─ city ···· Paris (an instance)
        └─ hot dog (the second sense of "dog")
"""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from synthset.taxonomy.wordnet import WordNetNouns

COLUMNS = {
    "numbers": "00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008",
    "lemmas": "entity|animal|dog domestic_dog|pet|puppy|city|Paris City_of_Light|hot_dog dog",
    "lexical_files": "|".join(["noun.Tops"] * 8),
    "hypernyms": "|0|1 3|1|2|0||0",
    "instance_hypernyms": "||||||5|",
    "glosses": "all|it lives|it barks|it is kept|it is young|it is big|it is in France|it is eaten",
    "examples": "||one bark\ttwo barks|||||",
    "index": "animal 1|city 5|city_of_light 6|dog 2 7|domestic_dog 2|entity 0|hot_dog 7|paris 6"
    "|pet 3|puppy 4",
}


@pytest.fixture
def toy() -> WordNetNouns:
    """Pack the toy world as the shipped file is packed."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, cells in COLUMNS.items():
            lines = cells.replace(" ", "\n") if name == "numbers" else cells.replace("|", "\n")
            archive.writestr(f"{name}.txt", lines)
    return WordNetNouns(zipfile.ZipFile(packed))
