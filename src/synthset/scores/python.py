"""A score by a function of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from synthset.encoders.faults import find_image_faults
from synthset.errors import Problem
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Python as Settings
from synthset.stage import Rows, Stage
from synthset.user_code import (
    NO_NUMBER,
    Function,
    Result,
    call_by_shape,
    check_function,
    load_function,
)


class PythonScoreStage(Stage):
    """One number an image."""

    reads: ClassVar[Sequence[str]] = ("image",)

    def __init__(self, settings: Settings) -> None:
        self._path = settings.path
        self._column = settings.prefix
        self._function: Function

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([pa.field(self._column, pa.float64())])

    def open(self) -> None:
        """Import the user's file.

        Raises:
            ModelError: it fails.
        """
        self._function = load_function(self._path)

    def prepare(self, rows: Rows) -> Rows:
        """Decode the images; on a reader thread."""
        _ = rows.pixels
        return rows

    def compute(self, rows: Rows, prepared: Rows) -> list[Result | None]:
        """Call the function, in the order of the records."""
        return call_by_shape(self._function, rows.pixels)

    def finish(self, rows: Rows, computed: list[Result | None]) -> pa.Table:
        """Put nulls and reasons where there is no image, or no number came out."""
        errors = find_image_faults(rows).to_pylist()
        values: list[float | None] = []
        for place, result in enumerate(computed):
            number = None if result is None or isinstance(result, str) else float(result)
            if isinstance(result, str):
                errors[place] = f"{self._path}: {result}"
            elif number is not None and not np.isfinite(number):
                number, errors[place] = None, f"{self._path}: {NO_NUMBER}"
            values.append(number)
        columns = {self._column: pa.array(values, pa.float64())}
        return pa.table({**columns, "error": pa.array(errors, pa.string())})


def check(settings: Settings, recipe: Recipe, classes: Sequence[Any]) -> list[Problem]:
    """See that the function is there."""
    place = [score.prefix for score in recipe.scores].index(settings.prefix)
    return check_function(f"scores[{place}].path", settings.path)
