"""Simple faults of a picture: too dark, too bright, empty, blurred, or oddly long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.faults import find_image_faults
from synthset.images import Pixels
from synthset.recipe.scores import Quality as QualitySettings
from synthset.stage import Rows, Stage

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as Pillow's mode L
LEVELS = 256
SHARPNESS_PX = 256  # a large photo is as sharp as it looks at this size, not pixel by pixel
ROUNDING = (4**2 + 4) / 12  # variance of the Laplacian of what rounding to whole levels adds
FAINT = 4 / 255  # contrast under which rounding hides edges and blur alike: not called blurry
NUMBERS = ("brightness", "contrast", "sharpness", "entropy", "aspect")


@dataclass(frozen=True, slots=True)
class PictureMeasures:
    """What is measured on a picture.

    Attributes:
        brightness: mean luma, [0, 1].
        contrast: standard deviation of the luma, [0, 0.5].
        sharpness: variance of the Laplacian of the luma over the variance of the luma itself, 0 and
            up (noise has 20), so that neither dimming nor a low contrast looks like blur; a large
            picture is shrunk by a whole factor to a short side of 256 to 511 px before. Of 905
            ImageNet photos half have more than 0.49, and two less than 0.008.
        entropy: of the luma's 256 levels, in bits, [0, 8].
        aspect: long side over short side, 1 and up.
        light: 99th percentile of the luma, [0, 1]; a dark picture has none.
        shade: 5th percentile of the luma, [0, 1]; a bright picture has none.
    """

    brightness: float
    contrast: float
    sharpness: float
    entropy: float
    aspect: float
    light: float
    shade: float


class QualityStage(Stage):
    """Five numbers of a picture, and its first fault if it has one."""

    reads: ClassVar[Sequence[str]] = ("image",)

    def __init__(self, settings: QualitySettings) -> None:
        self._settings = settings
        self._prefix = settings.prefix

    @property
    def writes(self) -> pa.Schema:
        numbers = [pa.field(f"{self._prefix}_{name}", pa.float32()) for name in NUMBERS]
        return pa.schema([*numbers, pa.field(f"{self._prefix}_issue", pa.string())])

    def prepare(self, rows: Rows) -> list[PictureMeasures | None]:
        """Measure the pictures; on a reader thread, beside the model."""
        return rows.compute_once(
            "quality", lambda: [p if p is None else measure(p) for p in rows.pixels]
        )

    def finish(self, rows: Rows, computed: list[PictureMeasures | None]) -> pa.Table:
        columns = {
            f"{self._prefix}_{name}": pa.array(
                [m and getattr(m, name) for m in computed], pa.float32()
            )
            for name in NUMBERS
        }
        issues = [m and issue(m, self._settings) for m in computed]
        columns[f"{self._prefix}_issue"] = pa.array(issues, pa.string())
        return pa.table({**columns, "error": find_image_faults(rows)})


def measure(pixels: Pixels) -> PictureMeasures:
    """Measure a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    luma = np.rint(pixels @ LUMA).astype(np.int16)  # (H, W), 0 to 255
    counts = np.bincount(luma.ravel(), minlength=LEVELS)
    share = counts / luma.size
    levels = np.arange(LEVELS)
    mean = float(share @ levels)
    some = share[share > 0]
    return PictureMeasures(
        brightness=mean / 255,
        contrast=float(np.sqrt(share @ (levels - mean) ** 2)) / 255,
        sharpness=_sharpness(_shrink(luma)),
        entropy=float(-(some * np.log2(some)).sum()) + 0.0,
        aspect=max(luma.shape) / min(luma.shape),
        light=_percentile(share, 0.99),
        shade=_percentile(share, 0.05),
    )


def issue(measures: PictureMeasures, settings: QualitySettings) -> str | None:
    """Name the first fault of a picture; None if it has none."""
    return next(iter(find_faults(measures, settings)), None)


def find_faults(measures: PictureMeasures, settings: QualitySettings) -> list[str]:
    """Name every fault of a picture."""
    found = {
        "dark": measures.light < settings.dark,
        "bright": measures.shade > settings.bright,
        "low_information": measures.entropy < settings.low_information,
        "blurry": measures.contrast >= FAINT and measures.sharpness < settings.blurry,
        "odd_size": measures.aspect > settings.odd_size,
    }
    return [name for name, there in found.items() if there]


def _shrink(luma: NDArray[np.int16]) -> NDArray[np.int16]:
    """Take the mean of each cell of a large picture, rounded; a small one stays as it is."""
    factor = min(luma.shape) // SHARPNESS_PX
    if factor < 2:
        return luma
    height, width = (side // factor for side in luma.shape)
    cells = luma[: height * factor, : width * factor].reshape(height, factor, width, factor)
    shrunk: NDArray[np.int16] = np.rint(cells.mean(axis=(1, 3), dtype=np.float32)).astype(np.int16)
    return shrunk


def _sharpness(luma: NDArray[np.int16]) -> float:
    """Variance of the 4-neighbour Laplacian inside the picture over the variance of the picture; 0
    where there is no inside, or nothing in it."""
    centre = luma[1:-1, 1:-1]
    spread = float(luma.astype(np.float32).var())
    if not centre.size or not spread:
        return 0.0
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    detail = float((around - 4 * centre).astype(np.float32).var())
    return max(detail - ROUNDING, 0.0) / spread


def _percentile(share: NDArray[np.float64], part: float) -> float:
    """The level in [0, 1] that `part` of the pixels do not exceed."""
    return float(np.searchsorted(share.cumsum(), part - 1e-9)) / 255
