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
TOGETHER = 64  # images that a thread decodes at a time: to hand over each alone takes as long


def drop_unreadable(found: Sequence[Listed], settings: Folder, passed: Passed) -> list[Listed]:
    """Decode each image once: a training would end at the first that can't be.

    Args:
        found: what a scan has found.
        settings: of that scan.
        passed: gathers those that are left out.
    """
    groups = [found[first : first + TOGETHER] for first in range(0, len(found), TOGETHER)]
    with ThreadPoolExecutor(min(count_cores(), MOST_THREADS)) as threads:
        told = threads.map(partial(_list_faults, Originals(settings.paths)), groups)
        faults = [fault for group in told for fault in group]
    for image, fault in zip(found, faults, strict=True):
        if fault:
            passed.add(UNREADABLE, image.source, fault)
    return [image for image, fault in zip(found, faults, strict=True) if not fault]


def _list_faults(originals: Originals, images: Sequence[Listed]) -> list[str]:
    """What is wrong with each; empty for nothing."""
    pixels = (originals.read_pixels(image.source, image.content) for image in images)
    return [one if isinstance(one, str) else "" for one in pixels]
