"""Images picked by OpenImages' labels, taken over byte by byte."""

from __future__ import annotations

from synthset.recipe.openimages import OpenImages as Settings
from synthset.recipe.sources import Folder as FolderSettings
from synthset.sources.folder import Folder
from synthset.sources.openimages.label_matches import places


class OpenImages(Folder):
    """Takes over each record's image, as from a folder; the bytes stay as they are."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(FolderSettings(kind="folder", paths=places(settings)))
