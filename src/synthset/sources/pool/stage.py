"""Images picked from a pool, taken over byte by byte."""

from __future__ import annotations

from synthset.formats.captioned import image_columns
from synthset.recipe.paths import FolderPath
from synthset.recipe.pools import Pool as Settings
from synthset.recipe.sources import Folder as FolderSettings
from synthset.sources.folder import Folder
from synthset.store.pool_index import PoolIndex


class Pool(Folder):
    """Takes over each record's image from the pool, as from a folder; the bytes stay as they
    are."""

    def __init__(self, settings: Settings) -> None:
        if settings.index is not None:
            index = PoolIndex.open(settings.index, "source.index")
            columns, where = index.facts["image_columns"], settings.index
        else:
            columns, where = image_columns(settings.paths), settings.paths[0].path
        paths = [FolderPath(path=where, image_column=column) for column in columns]
        super().__init__(FolderSettings(kind="folder", paths=tuple(paths)))
