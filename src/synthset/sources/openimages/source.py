"""Images picked by OpenImages' labels, taken over byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pyarrow as pa

from synthset.recipe.openimages import OpenImages as Settings
from synthset.recipe.sources import Folder as FolderSettings
from synthset.record import CURATED, LABELLED
from synthset.sources.folder import FolderStage
from synthset.sources.openimages.label_matches import list_places, pick_labelled
from synthset.sources.picked import Curated, PickedSource
from synthset.stage import Stage
from synthset.store.folder import Storage as Place
from synthset.taxonomy.classlists import ClassEntry


class OpenImagesSource(PickedSource[Settings]):
    """Images by their labels."""

    columns: ClassVar[Sequence[pa.Field]] = (*CURATED, *LABELLED)

    def stage(self, folder: Place) -> Stage:
        """Take over the images."""
        return FolderStage(FolderSettings(kind="folder", paths=list_places(self.settings)))

    def identity(self) -> dict[str, Any]:
        """An image is what its bytes are, wherever they lie."""
        identity = super().identity()
        del identity["paths"]
        return identity

    def pick(self, classes: Sequence[ClassEntry]) -> Curated:
        """Pick by the labels of the recipe's files."""
        recipe = self.recipe
        return pick_labelled(self.settings, classes, recipe.most_per_class, recipe.seed)
