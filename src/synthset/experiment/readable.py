"""Leaves out images that can't be decoded, before a training has begun, and names them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from synthset.formats.listed import Listed
from synthset.formats.manifest import UNREADABLE, Passed
from synthset.formats.originals import Originals
from synthset.machine import count_cores
from synthset.recipe.sources import Folder

MOST_THREADS = 32


def drop_unreadable(found: Sequence[Listed], settings: Folder, passed: Passed) -> list[Listed]:
    """Decode each image once: a training would end at the first that can't be.

    Args:
        found: what a scan has found.
        settings: of that scan.
        passed: gathers those that are left out.
    """
    fault_of = partial(_fault, Originals(settings.paths))
    with ThreadPoolExecutor(min(count_cores(), MOST_THREADS)) as threads:
        faults = list(threads.map(fault_of, found))
    for image, fault in zip(found, faults, strict=True):
        if fault:
            passed.add(UNREADABLE, image.source, fault)
    return [image for image, fault in zip(found, faults, strict=True) if not fault]


def _fault(originals: Originals, image: Listed) -> str:
    pixels = originals.read_pixels(image.source, image.content)
    return pixels if isinstance(pixels, str) else ""
