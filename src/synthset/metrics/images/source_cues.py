"""What a file tells of where it comes from, whatever it shows.

A classifier that learns from real and generated images together may learn these traits in place of
the classes: see `probe`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from synthset.images import Pixels, decode, open_image

TOGETHER = "all cues together"  # beside each of `CUES`

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
FORMATS = ("JPEG", "PNG", "WEBP")
MODES = ("RGB", "L", "RGBA")
FLAT = 12.0  # levels of 255 that a margin may vary by, which JPEG's ringing stays below
RINGS = 12  # of spatial frequency, from 0 to the finest that pixels hold
WINDOW_PX = 256  # the part in the middle whose frequencies are measured
SAMPLED_PX = 128  # of a larger picture, rows and columns are left out to have some so many
GRID_PX = 8  # side of a JPEG block
TINY = 1e-6


Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """One encoded image, opened.

    Attributes:
        header: Pillow's, not decoded.
        pixels: (H, W, 3) uint8 RGB.
        luma: (H, W) in [0, 255].
    """

    header: Image.Image
    pixels: Pixels
    luma: Plane


def read_cues(data: bytes) -> dict[str, list[float]]:
    """Read every cue of an encoded image.

    Args:
        data: its bytes.

    Returns:
        By the names of `CUES`, each always as many numbers. NaN where one cannot be measured, as
        the frequencies of one pixel.

    Raises:
        UnreadableImage: the bytes are no image.
    """
    pixels = decode(data)
    with open_image(data) as header:
        picture = OpenedImage(header, pixels, pixels.astype(np.float32) @ LUMA)
        return {name: read(picture) for name, read in CUES.items()}


def read_file_format(picture: OpenedImage) -> list[float]:
    """Format, colour mode, and whether there are EXIF data, a colour profile or a resolution."""
    header = picture.header
    facts = [header.format == name for name in FORMATS] + [header.mode == mode for mode in MODES]
    facts += [name in header.info for name in ("exif", "icc_profile", "dpi")]
    return [float(fact) for fact in facts]


def measure_size(picture: OpenedImage) -> list[float]:
    """Width, height, shape, and whether the sides are what models like to make."""
    height, width = picture.luma.shape
    even = [float(side % 8 == 0) for side in (width, height)]
    return [float(width), float(height), float(width * height), width / height, *even]


def measure_borders(picture: OpenedImage) -> list[float]:
    """Constant margins: their shares of the sides, and their brightness."""
    height, width = picture.luma.shape
    top, bottom, left, right = count_margins(picture.luma)
    shares = [top / height, bottom / height, left / width, right / width]
    edge = np.concatenate(
        [picture.luma[0], picture.luma[-1], picture.luma[:, 0], picture.luma[:, -1]]
    )
    shade = float(edge.mean()) if any(shares) else float("nan")
    return [*shares, max(shares), shade]


def count_margins(luma: Plane) -> tuple[int, int, int, int]:
    """Count the constant rows and columns at each side.

    Args:
        luma: (H, W) in [0, 255].

    Returns:
        Top, bottom, left, right, in pixels. An image of one colour has none, and so has one of two
        bands: margins lie around something.
    """
    if np.ptp(luma) <= FLAT:
        return 0, 0, 0, 0
    top, bottom = _opposite(luma)
    left, right = _opposite(luma[top : len(luma) - bottom].T)
    return top, bottom, left, right


def _opposite(lines: Plane) -> tuple[int, int]:
    """Constant lines at both ends; none where nothing is left between them."""
    first, last = _flat(lines), _flat(lines[::-1])
    return (first, last) if first + last < len(lines) else (0, 0)


def _flat(lines: Plane) -> int:
    """How many of the first lines have the one shade that the first of them has."""
    shade = float(np.median(lines[0]))
    for place, line in enumerate(lines):
        if np.abs(line - shade).max() > FLAT / 2:
            return place
    return 0


def read_jpeg(picture: OpenedImage) -> list[float]:
    """Quantisation, chroma subsampling and order of a JPEG; NaN for other formats."""
    header = picture.header
    if not isinstance(header, JpegImagePlugin.JpegImageFile):
        return [float("nan")] * 6
    tables = [np.asarray(table, dtype=np.float64) for table in header.quantization.values()]
    luma, chroma = tables[0], tables[-1]
    fine = [float(np.log(table).mean()) for table in (luma, chroma)]
    across, down = header.layer[0][1:3]  # how many luma samples a chroma sample stands for
    progressive = float("progressive" in header.info)
    return [*fine, float(luma[0]), float(across), float(down), progressive]


def measure_frequencies(picture: OpenedImage) -> list[float]:
    """How the power spreads over frequencies, in luma and colour, and the trace of 8 × 8 blocks."""
    if min(picture.luma.shape) < 2 * GRID_PX:
        return [float("nan")] * (RINGS + 4)
    luma, pixels = _middle(picture.luma), _middle(picture.pixels)
    shifts = [_rings(pixels[..., channel] - luma) for channel in (2, 0)]  # blue and red
    fine = [float(rings[RINGS // 2 :].mean()) for rings in shifts]
    corner = picture.luma[:WINDOW_PX, :WINDOW_PX]  # where the blocks begin
    return [*_rings(luma).tolist(), *fine, _grid(corner), _grid(corner.T)]


def _middle(plane: NDArray[Any]) -> NDArray[Any]:
    """The window in the middle of (H, W, ...)."""
    height, width = (min(side, WINDOW_PX) for side in plane.shape[:2])
    top, left = (plane.shape[0] - height) // 2, (plane.shape[1] - width) // 2
    return plane[top : top + height, left : left + width]


def _rings(plane: Plane) -> NDArray[np.float64]:
    """Log of the mean power in each ring of frequencies, over the mean of all: no matter of
    contrast."""
    taper, ring, sizes = _prepare_window(*plane.shape)
    power = np.abs(np.fft.rfft2((plane - plane.mean()) * taper)) ** 2
    logs = np.log(np.bincount(ring, power.ravel(), RINGS) / sizes + TINY)
    return np.asarray(logs - logs.mean())


@lru_cache(maxsize=64)
def _prepare_window(height: int, width: int) -> tuple[Plane, NDArray[np.int64], NDArray[np.int64]]:
    """For one size of window: its taper, the ring of each frequency, and how many a ring has."""
    taper = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    far = np.hypot(down, across) * 2 * RINGS
    ring = np.minimum(far, RINGS - 1).astype(np.int64).ravel()  # the last holds 0.5 and over
    return taper, ring, np.bincount(ring, minlength=RINGS)


def _grid(luma: Plane) -> float:
    """Log of the steps between 8-pixel blocks, from the upper left, over those inside them."""
    steps = np.abs(np.diff(luma, axis=1)).mean(axis=0)  # (W - 1,)
    between = np.arange(1, len(steps) + 1) % GRID_PX == 0
    return float(np.log((steps[between].mean() + 0.1) / (steps[~between].mean() + 0.1)))


def measure_colour(picture: OpenedImage) -> list[float]:
    """Brightness, contrast, colour balance, saturation, and how much is black or white; of a large
    picture on a grid of pixels."""
    step = max(1, min(picture.luma.shape) // SAMPLED_PX)
    luma = picture.luma[::step, ::step]
    flat = picture.pixels[::step, ::step].reshape(-1, 3)
    low, high = flat.min(axis=1), flat.max(axis=1)
    saturation = (high - low) / np.maximum(high, 1)
    ends = np.percentile(luma, [1, 5, 50, 95, 99])
    clipped = [(luma < 2).mean(), (luma > 253).mean()]
    found = [luma.mean(), luma.std(), *flat.mean(axis=0), *flat.std(axis=0), *ends]
    return [float(number) for number in (*found, saturation.mean(), saturation.std(), *clipped)]


#: Cue -> how it is read, in the order of the report.
CUES: dict[str, Callable[[OpenedImage], list[float]]] = {
    "file format": read_file_format,
    "size": measure_size,
    "borders": measure_borders,
    "jpeg": read_jpeg,
    "frequency": measure_frequencies,
    "brightness and colour": measure_colour,
}
