"""DiffusionDB: images with a `part-000001.json` that says what made each.

Paper: Wang et al. 2022, DiffusionDB, arXiv 2210.14896
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from synthset.formats.metadata_tables import FILE

PARTS = re.compile(r"part-.*|captions|prompts", re.IGNORECASE)  # JSON that describes images
PROMPT = "p"


def rows_of_part(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Turn an object with an object for each file into rows.

    >>> rows_of_part({"a.png": {"p": "a cat", "se": 3}})
    [{'file_name': 'a.png', 'p': 'a cat', 'se': 3}]
    """
    return [{FILE: name, **row} for name, row in content.items() if isinstance(row, dict)]
