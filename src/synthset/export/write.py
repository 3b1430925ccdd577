"""Lay the kept part of a dataset out, whatever the layout."""

from __future__ import annotations

from synthset.errors import explains_refusals
from synthset.export.accepted import refuse_unaccepted
from synthset.export.arrays import export_arrays
from synthset.export.imagefolder import export
from synthset.export.packed import export_packed
from synthset.export.place import Exported
from synthset.recipe.exports import Export, ImageFolder, Npy
from synthset.store.dataset import Dataset


@explains_refusals()
def write_export(dataset: Dataset, settings: Export, require_accepted: bool = False) -> Exported:
    """Export as the settings say; see `imagefolder`, `packed` and `arrays`.

    Raises:
        NotAccepted: that is required, and the set misses what its recipe asks; nothing is written.
    """
    if require_accepted:
        refuse_unaccepted(dataset)
    if isinstance(settings, ImageFolder):
        return export(dataset, settings)
    if isinstance(settings, Npy):
        return export_arrays(dataset, settings)
    return export_packed(dataset, settings)
