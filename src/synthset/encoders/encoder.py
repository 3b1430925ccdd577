"""What all encoders share: one decode and one resize a chunk, and batches of one shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.encoders.device import make_repeatable, pick_device, pick_dtype
from synthset.encoders.faults import NOT_FINITE, find_image_faults
from synthset.encoders.resize import Resize
from synthset.recipe.encoders import EncoderSettings
from synthset.stage import Rows, Stage, list_array

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Features of the records that have pixels, in their order.

    Attributes:
        features: (n, D) float32.
        logits: (n, K) float32; K is 0 where the model does not classify.
    """

    features: Floats
    logits: Floats


class Encoder(Stage):
    """A model that looks at images.

    A subclass says how many numbers come out (`width`, `classes`), loads its model in `open`, and
    turns one batch of resized pixels into features in `forward`.

    Attributes:
        settings: its part of the recipe.
        resize: how pictures are resized for it; known once it is open.
    """

    reads: ClassVar[Sequence[str]] = ("image",)
    settings: EncoderSettings
    resize: Resize

    @property
    @abstractmethod
    def width(self) -> int:
        """D, the length of a feature vector; known without the weights."""

    @property
    def classes(self) -> int:
        """K, the number of logits; 0 where the model does not classify."""
        return 0

    @abstractmethod
    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        """Run the model.

        Args:
            batch: (batch_size, 3, S, S) float32 RGB in [0, 255], on the model's device.

        Returns:
            (batch_size, D) features, and (batch_size, K) logits or None.
        """

    @property
    def writes(self) -> pa.Schema:
        columns = [pa.field("features", pa.list_(pa.float32(), self.width))]
        if self.classes:
            columns.append(pa.field("logits", pa.list_(pa.float32(), self.classes)))
        return pa.schema(columns)

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return pick_device(self.settings.device)

    @property
    def dtype(self) -> torch.dtype:
        """The model's arithmetic."""
        return pick_dtype(self.settings.dtype, self.device)

    def prepare(self, rows: Rows) -> Tensor:
        """Decode and resize; encoders that resize alike share both.

        Returns:
            (n, 3, S, S) float32 RGB in [0, 255], of the n records that have pixels.
        """
        return rows.compute_once(
            self.resize, lambda: self.resize([p for p in rows.pixels if p is not None])
        )

    def compute(self, rows: Rows, prepared: Tensor) -> Encoded:
        """Run the model in batches of one shape.

        The last batch is filled up, so that no record's features depend on how many others came.
        """
        size, device = self.settings.batch_size, self.device
        features, logits = [torch.empty(0, self.width)], [torch.empty(0, self.classes)]
        with torch.inference_mode(), make_repeatable():
            for batch in torch.split(prepared, size):
                full = torch.zeros(size, *batch.shape[1:])
                full[: len(batch)] = batch
                found, scored = self.forward(full.to(device))
                features.append(found[: len(batch)].float().cpu())
                if scored is not None:
                    logits.append(scored[: len(batch)].float().cpu())
        return Encoded(torch.cat(features).numpy(), torch.cat(logits).numpy())

    def finish(self, rows: Rows, computed: Encoded) -> pa.Table:
        """Put nulls and reasons where there are no pixels, or the model gave no numbers."""
        faults = find_image_faults(rows)
        unseen = np.asarray(faults.is_valid())
        sound = np.isfinite(computed.features).all(axis=1)
        if self.classes:
            sound &= np.isfinite(computed.logits).all(axis=1)
        missing = unseen.copy()
        missing[~unseen] = ~sound
        columns: dict[str, Any] = {"features": _column(computed.features[sound], missing)}
        if self.classes:
            columns["logits"] = _column(computed.logits[sound], missing)
        if not sound.all():
            faults = pc.if_else(missing & ~unseen, NOT_FINITE, faults)
        return pa.table({**columns, "error": faults})


def normalise(batch: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Bring (N, 3, H, W) from [0, 255] to the mean and deviation that a model was trained with.

    Args:
        batch: float32 RGB.
        mean: of each channel, for values in [0, 1].
        std: of each channel, for values in [0, 1].
    """
    shape, device = (1, 3, 1, 1), batch.device
    centre = torch.tensor(mean, device=device).view(shape)
    scale = torch.tensor(std, device=device).view(shape)
    return (batch / 255 - centre) / scale


def _column(values: Floats, missing: NDArray[np.bool_]) -> pa.FixedSizeListArray:
    full = np.zeros((len(missing), values.shape[1]), dtype=np.float32)
    full[~missing] = values
    return list_array(full, missing)
