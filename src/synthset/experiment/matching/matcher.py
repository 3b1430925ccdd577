"""Changes the images of a set so that they look technically like real ones, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synthset.experiment.matching.frame import Frame, MarginRule, lay_out, read_frame
from synthset.images import Pixels, UnreadableImage, decode, open_image
from synthset.metrics.images.jpeg_style import JpegStyle, encode_in_style, read_style, unround
from synthset.metrics.images.spectra import (
    Planes,
    SpectrumChange,
    change_groups,
    measure_noise,
)
from synthset.recipe.labelled_images import Cue
from synthset.seeds import digest

KERNELS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}
PNG = b"\x89PNG"
LEAST_NOISE = 0.5  # levels; less drowns in the rounding to whole ones

Numbers = NDArray[np.float64]
EachOf = Callable[..., Iterable["Changed"]]


@dataclass(frozen=True, eq=False)
class OpenedCopy:
    """An image of a set, opened.

    Attributes:
        data: its bytes.
        pixels: (H, W, 3) uint8 RGB.
        style: of its JPEG; None for other formats.
        frame: its size and margins.
        label: its class.
        key: names it; with the seed it decides all that is drawn for it.
    """

    data: bytes
    pixels: Pixels
    style: JpegStyle | None
    frame: Frame
    label: int
    key: str


@dataclass(frozen=True)
class Changed:
    """An image of a set after the change.

    Attributes:
        data: its bytes.
        steps: what was done to it; nothing where the bytes stay.
    """

    data: bytes
    steps: tuple[str, ...]


def open_copy(data: bytes, label: int, key: str) -> OpenedCopy | None:
    """Open an image; None where it can't be read."""
    try:
        pixels = decode(data)
        with open_image(data) as header:
            return OpenedCopy(data, pixels, read_style(header), read_frame(pixels), label, key)
    except UnreadableImage:
        return None


@dataclass(frozen=True, eq=False)
class NoiseRule:
    """How much noise an image gets, by how much it has.

    Attributes:
        levels: quantiles of the noise of a set's images.
        added: standard deviation to add to an image at each of these quantiles, in levels of luma.
    """

    levels: Numbers
    added: Numbers

    def apply(self, planes: Planes, draws: Sequence[np.random.Generator]) -> Planes:
        """Add noise to the luma of (N, H, W, 3) planes."""
        sigma = np.interp(measure_noise(planes), self.levels, self.added)
        changed = planes.copy()
        for row in np.flatnonzero(sigma >= LEAST_NOISE).tolist():
            noise = draws[row].standard_normal(planes.shape[1:3], dtype=np.float32)
            changed[row, ..., 0] += np.float32(sigma[row]) * noise
        return changed


@dataclass(frozen=True)
class Partner:
    """A real image whose file another one is to be like."""

    style: JpegStyle | None
    frame: Frame


@dataclass(frozen=True, eq=False)
class Matcher:
    """What was learned of the real images and of a set.

    Attributes:
        cues: that are matched.
        seed: of all draws.
        partners: label -> real images of that class. An image gets its JPEG and its size from one
            of them, so that within each class both are spread as they are there.
        kernel: name in `KERNELS`, that images are resized with.
        margins: None where margins stay.
        spectrum: None where spectra stay.
        noise: None where no noise is added.
    """

    cues: tuple[Cue, ...]
    seed: int
    partners: dict[int, list[Partner]]
    kernel: str = "bicubic"
    margins: MarginRule | None = None
    spectrum: SpectrumChange | None = None
    noise: NoiseRule | None = None

    def change(self, images: Sequence[OpenedCopy], each: EachOf = map) -> list[Changed]:
        """Change images; each gets the same bytes whatever others are beside it.

        Args:
            images: any number of them.
            each: `map`, or that of a pool of threads, which then encode.
        """
        draws = [self._start_draws(image) for image in images]
        partners = [self._draw_partner(*both) for both in zip(images, draws, strict=True)]
        laid = [self._lay_out(*one) for one in zip(images, partners, draws, strict=True)]
        pixels = self._filter(images, laid, draws)
        return list(each(self._encode, images, partners, laid, pixels))

    def lay_out_all(self, images: Sequence[OpenedCopy]) -> list[Pixels]:
        """Give images only their sizes and margins."""
        draws = [self._start_draws(image) for image in images]
        partners = [self._draw_partner(*both) for both in zip(images, draws, strict=True)]
        return [self._lay_out(*one) for one in zip(images, partners, draws, strict=True)]

    def _start_draws(self, image: OpenedCopy) -> np.random.Generator:
        return np.random.default_rng(int(digest([self.seed, image.key, image.label], 8), 16))

    def _draw_partner(self, image: OpenedCopy, draw: np.random.Generator) -> Partner:
        mine = self.partners[image.label]
        return mine[int(draw.integers(len(mine)))]

    def _lay_out(self, image: OpenedCopy, partner: Partner, draw: np.random.Generator) -> Pixels:
        own = image.frame
        other = partner.frame if "kernel" in self.cues else own
        size = (other.width, other.height)
        if self.margins is not None:
            return lay_out(
                image.pixels, own, self.margins.choose(own, size, draw), KERNELS[self.kernel]
            )
        whole = Frame(own.width, own.height)
        return lay_out(image.pixels, whole, Frame(*size), KERNELS[self.kernel])

    def _filter(
        self,
        images: Sequence[OpenedCopy],
        laid: Sequence[Pixels],
        draws: Sequence[np.random.Generator],
    ) -> list[Pixels]:
        """Change spectrum and noise."""
        if self.spectrum is None and self.noise is None:
            return list(laid)

        def change(planes: Planes, rows: NDArray[np.int64]) -> Planes:
            chosen = rows.tolist()
            if self.spectrum is not None:
                as_decoded = [
                    (place, row)
                    for place, row in enumerate(chosen)
                    if images[row].style is not None and laid[row] is images[row].pixels
                ]
                planes = self.spectrum.apply(_unround(planes, as_decoded, images, draws))
            if self.noise is not None:
                planes = self.noise.apply(planes, [draws[row] for row in chosen])
            return planes

        return change_groups(laid, change)

    def _encode(self, image: OpenedCopy, partner: Partner, laid: Pixels, pixels: Pixels) -> Changed:
        style = partner.style if "jpeg" in self.cues else image.style
        steps = []
        if laid is not image.pixels:
            resized = laid.shape != image.pixels.shape
            steps.append(f"resized by {self.kernel}" if resized else "margins changed")
        if pixels is not laid and not np.array_equal(pixels, laid):
            steps.append("filtered")
        lossless = style is None and "jpeg" in self.cues and not image.data.startswith(PNG)
        if not steps and style == image.style and not lossless:
            return Changed(image.data, ())
        return Changed(encode_in_style(pixels, style), (*steps, "encoded anew"))


def _unround(
    planes: Planes,
    as_decoded: Sequence[tuple[int, int]],
    images: Sequence[OpenedCopy],
    draws: Sequence[np.random.Generator],
) -> Planes:
    """Spread what JPEG rounded, in the planes (place, row) that are as their JPEG has them."""
    if not as_decoded:
        return planes
    places = [place for place, _ in as_decoded]
    styles = [(row, images[row].style) for _, row in as_decoded]
    tables = np.array([style.tables[0] for _, style in styles if style], np.float32)
    shape = planes.shape[1:3]
    random = np.stack([draws[row].random(shape, dtype=np.float32) for row, _ in styles])
    changed = planes.copy()
    changed[places] = unround(planes[places], tables, random)
    return changed
