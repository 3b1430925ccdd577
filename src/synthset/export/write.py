"""Lay the kept part of a dataset out, whatever the layout."""

from __future__ import annotations

from synthset.errors import raise_storage_errors
from synthset.export.accepted import refuse_unaccepted
from synthset.export.place import Exported, refuse_store
from synthset.kinds import carry_out
from synthset.recipe.exports import Export
from synthset.store.dataset import Dataset


@raise_storage_errors()
def write_export(dataset: Dataset, settings: Export, require_accepted: bool = False) -> Exported:
    """Export as the settings say, by the code of their kind.

    Raises:
        NotAccepted: that is required, and the set misses what its recipe asks; nothing is written.
        UsageError: it would go to an object store, which its kind can't.
    """
    refuse_store(settings, dataset.path)
    if require_accepted:
        refuse_unaccepted(dataset)
    exported: Exported = carry_out(settings, dataset, settings)
    return exported
