"""Makes each record's image with the GAN that was trained for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from synthset.encoders.device import make_repeatable, pick_device
from synthset.errors import ModelError
from synthset.images import Pixels
from synthset.recipe.sources import Gan as Settings
from synthset.sources.gan.network import Generator
from synthset.sources.gan.sample_quality import sample
from synthset.sources.gan.training import load_generator
from synthset.sources.outcome import ImageStage
from synthset.stage import Rows
from synthset.store.folder import Storage


class GanStage(ImageStage):
    """Samples a trained generator; an image depends on weights, class and seed only.

    Args:
        settings: of the source.
        folder: of the dataset, in which the models lie.
    """

    settings: Settings
    reads: ClassVar[Sequence[str]] = ("id", "seed", "source")

    def __init__(self, settings: Settings, folder: Storage) -> None:
        super().__init__(settings)
        self._folder = folder
        self._models: dict[str, tuple[Generator, list[str]]] = {}

    def compute(self, rows: Rows, prepared: Rows) -> list[Pixels]:
        """Make the pictures.

        Raises:
            ModelError: the model is gone, or doesn't know a class.
        """
        sources, seeds = rows.column("source"), rows.column("seed")
        made: dict[int, Pixels] = {}
        for place in dict.fromkeys(source.partition("#")[0] for source in sources):
            generator, classes = self._model(place)
            mine = [i for i, source in enumerate(sources) if source.partition("#")[0] == place]
            labels = [_label(classes, sources[i]) for i in mine]
            with make_repeatable():
                pictures = sample(generator, labels, [seeds[i] for i in mine])
            made |= dict(zip(mine, pictures, strict=True))
        return [made[i] for i in range(len(sources))]

    def _model(self, place: str) -> tuple[Generator, list[str]]:
        if place not in self._models:
            device = pick_device(self.settings.device)
            self._models[place] = load_generator(self._folder, place, device)
        return self._models[place]


def _label(classes: list[str], source: str) -> int:
    name = source.partition("#")[2]
    if name not in classes:
        raise ModelError(
            f"{source}: the GAN doesn't know the class {name!r}, only {', '.join(classes[:12])}"
        )
    return classes.index(name)
