"""What file systems, file managers and version control leave in folders: nobody's data."""

from __future__ import annotations

import re

#: Names that only systems give, in any case. What begins with a dot is hidden, and theirs too.
LITTER = frozenset(
    {
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"),
        *("$recycle.bin", "recycler", "system volume information", "found.000"),
        *("@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot"),
        *("__macosx", "__pycache__", "lost+found"),
    }
)
PREFIXES = re.compile(r"\.|~\$|thumbs\.db:|synofile_thumb|synophoto_thumb", re.IGNORECASE)


def is_litter(name: str) -> bool:
    """Tell by its name whether a file or folder is the system's own, or hidden.

    >>> is_litter("Thumbs.db"), is_litter("@eaDir"), is_litter(".git"), is_litter("cat.jpg")
    (True, True, True, False)
    """
    return name.casefold() in LITTER or PREFIXES.match(name) is not None
