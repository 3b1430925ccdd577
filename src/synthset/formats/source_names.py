"""What records call the files of images: text, also where a file's name is none.

A name on disk is bytes, and mostly UTF-8. One that isn't can be in no table and no JSON, so it is
written with `%E9` for each byte that is no text: a path then as a `file://` URL, which leads back.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from synthset.store.remote import Place, is_url, parse_place

SCHEME = "file://"
NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes of a name that are no UTF-8, as Python has them
ZIPPED = ("gz", "bz2", "xz")  # endings of a tar file that is compressed


def name_source(place: Place) -> str:
    """Name a file: its path or URL; a `file://` URL where the path is no UTF-8.

    >>> name_source(Path("/pets/cat/a.jpg")), name_source(Path("/pets/cat/caf\\udce9.jpg"))
    ('/pets/cat/a.jpg', 'file:///pets/cat/caf%E9.jpg')
    """
    return name_path(place.as_posix())


def name_path(path: str) -> str:
    """The same of a path that is written out."""
    return path if _is_text(path) else SCHEME + quote(os.fsencode(path))


def parse_source(source: str) -> Place:
    """Say where a file lies that `name_source` has named.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    if not source.startswith(SCHEME):
        return parse_place(source)
    return Path(os.fsdecode(unquote_to_bytes(source.removeprefix(SCHEME))))


def decode_name(name: str) -> str:
    """Write a name of a file, folder or tar member as text.

    >>> decode_name("caf\\udce9"), decode_name("café")
    ('caf%E9', 'café')
    """
    if _is_text(name):
        return name
    return "".join(one if _is_text(one) else quote(os.fsencode(one)) for one in name)


def get_ending(path: str) -> str:
    """The ending of a file's name, in lower case and without its dot; of a URL without its query.

    >>> get_ending("a/CAT.JPG"), get_ending("https://x.org/pets.tar.gz?key=1"), get_ending("README")
    ('jpg', 'tar.gz', '')
    """
    if "://" in path and is_url(path):
        path = path.partition("?")[0].partition("#")[0]
    name = path.rpartition("/")[2].lower()
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem:
        return ""
    if ending in ZIPPED and stem.endswith(".tar"):
        return f"tar.{ending}"
    return {"tgz": "tar.gz", "tbz2": "tar.bz2", "txz": "tar.xz"}.get(ending, ending)


def _is_text(name: str) -> bool:
    return name.isascii() or NO_TEXT.search(name) is None
