"""Image to image: noise over a real image, taken off again by the prompt.

Paper: Meng et al. 2022, SDEdit, arXiv 2108.01073

An image depends on its parent, prompt, strength and seed only: its own generator draws the sample
of the autoencoder and then the noise.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from PIL import Image

from synthset.errors import ModelError
from synthset.formats.originals import Originals
from synthset.images import Pixels
from synthset.recipe.sources import Img2Img as Settings
from synthset.sources.diffusion.embeddings import Request
from synthset.sources.diffusion.generation import DiffusionStage
from synthset.sources.diffusion.models import read_native_size
from synthset.sources.square import cut_square
from synthset.stage import Rows


@dataclass(frozen=True, slots=True)
class Edit(Request):
    """What one image is made from.

    Attributes:
        parent: (H, W, 3) uint8 RGB, in the model's size.
        strength: share of the steps that are run, in (0, 1].
    """

    parent: Pixels
    strength: float


class Img2ImgStage(DiffusionStage):
    """Makes each record's image from its parent and its prompt.

    Attributes:
        size_px: width and height of the images, once opened.
    """

    reads: ClassVar[Sequence[str]] = (
        "id",
        "prompt",
        "negative_prompt",
        "seed",
        "parent",
        "source",
        "strength",
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._originals = Originals(settings.paths)
        self.size_px = settings.size_px or 0

    def use(self, pipeline: Any) -> None:
        """Work with a pipeline that is already there.

        Raises:
            ModelError: nobody knows which size the model makes.
        """
        super().use(pipeline)
        self._sized = "height" in inspect.signature(pipeline.__call__).parameters
        if self.settings.size_px is None:
            own = read_native_size(self.settings)
            if own is None:
                raise ModelError("source.size_px: the model doesn't state its size; set one")
            self.size_px = min(own)

    def prepare(self, rows: Rows) -> list[Request | str]:
        """Read the parents, cut out the centre and resize it; words where one cannot be used.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone.
        """
        names = ("prompt", "negative_prompt", "seed", "source", "parent", "strength")
        return [
            self._request(*values)
            for values in zip(*(rows.column(name) for name in names), strict=True)
        ]

    def company(self, request: Request) -> Hashable:
        """A call has one strength."""
        assert isinstance(request, Edit)
        return request.strength

    def call_options(self, batch: Sequence[Request]) -> dict[str, Any]:
        """Give the parents, and the strength that they share."""
        edits = [request for request in batch if isinstance(request, Edit)]
        options: dict[str, Any] = {
            "image": [Image.fromarray(edit.parent) for edit in edits],
            "strength": edits[0].strength,
        }
        if self._sized:
            options |= {"height": self.size_px, "width": self.size_px}
        return options

    def _request(
        self,
        prompt: str,
        negative: str | None,
        seed: int,
        source: str,
        content: str,
        strength: float,
    ) -> Request | str:
        parent = self._originals.read_pixels(source, content)
        if isinstance(parent, str):
            return parent
        return Edit(prompt, negative or None, seed, cut_square(parent, self.size_px), strength)
