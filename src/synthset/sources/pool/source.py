"""Images picked from a pool, taken over byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synthset.formats.captioned import list_image_columns
from synthset.recipe.paths import FolderPath
from synthset.recipe.pools import Pool as Settings
from synthset.recipe.sources import Folder as FolderSettings
from synthset.sources.folder import FolderStage
from synthset.sources.picked import Curated, PickedSource
from synthset.sources.pool.caption_matches import curate
from synthset.sources.pool.index_queries import retrieve_images
from synthset.stage import Stage
from synthset.store.folder import Storage as Place
from synthset.store.pool_index import PoolIndex
from synthset.taxonomy.classlists import ClassEntry


class PoolSource(PickedSource[Settings]):
    """Images by their captions, or by an index of the pool."""

    def stage(self, folder: Place) -> Stage:
        """Take over the images."""
        return FolderStage(FolderSettings(kind="folder", paths=list_paths(self.settings)))

    def identity(self) -> dict[str, Any]:
        """The plan knows what the paths led to."""
        identity = super().identity()
        return {name: identity[name] for name in identity.keys() - set(self.settings.reads_from)}

    def pick(self, classes: Sequence[ClassEntry]) -> Curated:
        """Pick by captions, or ask the index."""
        choose = retrieve_images if self.settings.retrieves else curate
        return choose(self.settings, classes, self.recipe.most_per_class, self.recipe.seed)


def list_paths(settings: Settings) -> tuple[FolderPath, ...]:
    """The places with images, as what reads them wants them."""
    if settings.index is not None:
        index = PoolIndex.open(settings.index, "source.index")
        columns, where = index.facts["image_columns"], settings.index
    else:
        columns, where = list_image_columns(settings.paths), settings.paths[0].path
    return tuple(FolderPath(path=where, image_column=column) for column in columns)
