"""Lay the kept part of a dataset out, whatever the layout."""

from __future__ import annotations

from synthset.export.imagefolder import export
from synthset.export.packed import export_packed
from synthset.export.place import Exported
from synthset.recipe.exports import Export, ImageFolder
from synthset.store.dataset import Dataset


def write_export(dataset: Dataset, settings: Export) -> Exported:
    """Export as the settings say; see `imagefolder.export` and `packed.export_packed`."""
    if isinstance(settings, ImageFolder):
        return export(dataset, settings)
    return export_packed(dataset, settings)
