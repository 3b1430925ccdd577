"""An encoder by a function of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from synthset.encoders.faults import find_image_faults
from synthset.errors import Problem
from synthset.recipe.encoders import PythonEncoder
from synthset.stage import Rows, Stage, list_array
from synthset.user_code import (
    NO_NUMBER,
    Function,
    Result,
    call_by_shape,
    check_function,
    load_function,
)


class PythonEncoderStage(Stage):
    """A vector an image."""

    reads: ClassVar[Sequence[str]] = ("image",)

    def __init__(self, settings: PythonEncoder) -> None:
        self.settings = settings
        self._function: Function

    @property
    def width(self) -> int:
        """D, the length of a vector."""
        return self.settings.width

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([pa.field("features", pa.list_(pa.float32(), self.width))])

    def open(self) -> None:
        """Import the user's file.

        Raises:
            ModelError: it fails.
        """
        self._function = load_function(self.settings.path)

    def prepare(self, rows: Rows) -> Rows:
        """Decode the images; on a reader thread."""
        _ = rows.pixels
        return rows

    def compute(self, rows: Rows, prepared: Rows) -> list[Result | None]:
        """Call the function, in the order of the records."""
        return call_by_shape(self._function, rows.pixels, self.width)

    def finish(self, rows: Rows, computed: list[Result | None]) -> pa.Table:
        """Put nulls and reasons where there is no image, or no vector came out."""
        errors = find_image_faults(rows).to_pylist()
        features = np.zeros((len(rows), self.width), dtype=np.float32)
        missing = np.ones(len(rows), dtype=bool)
        for place, result in enumerate(computed):
            if isinstance(result, str):
                errors[place] = f"{self.settings.path}: {result}"
            elif result is not None and not np.isfinite(result).all():
                errors[place] = f"{self.settings.path}: {NO_NUMBER}"
            elif result is not None:
                features[place], missing[place] = result, False
        columns = {"features": list_array(features, missing)}
        return pa.table({**columns, "error": pa.array(errors, pa.string())})


def check(where: str, settings: PythonEncoder) -> list[Problem]:
    """Look for the function."""
    return check_function(f"{where}.path", settings.path)
