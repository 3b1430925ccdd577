"""CLIP score of each image: does the picture show what its prompt says?

Paper: Hessel et al. 2021, arXiv 2104.08718.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from synthset.encoders.clip import ClipText
from synthset.encoders.encoder import Floats
from synthset.encoders.faults import NO_IMAGE, NOT_FINITE
from synthset.errors import RecipeError, did_you_mean
from synthset.metrics.images.clip_score import clip_score_from_features
from synthset.recipe.encoders import ClipEncoder
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import ClipScore as ClipScoreSettings
from synthset.stage import Rows, Stage

NO_TEXT = "no prompt"
FIELDS = {"prompt": "prompt", "class": "class_name"}  # field of the text, and the plan's column


class ClipScoreStage(Stage):
    """100 x cosine of image and text, negatives cut to 0; higher is better.

    A record without a prompt is null where the text needs one.
    """

    reads: ClassVar[Sequence[str]] = ("features", "prompt", "class_name")
    excused: ClassVar[frozenset[str]] = frozenset({NO_TEXT})

    def __init__(self, settings: ClipScoreSettings, encoder: ClipEncoder) -> None:
        self._column = settings.prefix
        self._text = settings.text
        self._fields = _fields(settings.text)
        self._clip = ClipText(encoder)

    @classmethod
    def of(
        cls, settings: ClipScoreSettings, recipe: Recipe, classes: Sequence[Any]
    ) -> ClipScoreStage:
        """Make it with the text tower of the encoder that has seen the images."""
        encoder = recipe.encoders[settings.encoder]
        assert isinstance(encoder, ClipEncoder)
        return cls(settings, encoder)

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([pa.field(self._column, pa.float32())])

    def open(self) -> None:
        """Load the model.

        Raises:
            ModelError: it cannot be had.
        """
        self._clip.open()

    def prepare(self, rows: Rows) -> list[str | None]:
        """Fill in the text of each record; None where its prompt is missing."""
        columns = [rows.column(FIELDS[field]) for field in self._fields]
        return [self._fill_in(values) for values in zip(*columns, strict=True)]

    def compute(
        self, rows: Rows, prepared: Sequence[str | None]
    ) -> tuple[Floats, list[str | None]]:
        """Score the records that have both features and a text."""
        features = rows.features()  # (N, D), NaN where there is no image
        errors = [
            NO_IMAGE if missing else NO_TEXT if text is None else None
            for missing, text in zip(np.isnan(features[:, 0]), prepared, strict=True)
        ]
        scores = np.full(len(rows), np.nan, dtype=np.float32)
        there = [row for row, error in enumerate(errors) if error is None]
        if there:
            texts = self._clip.encode([text for text in map(prepared.__getitem__, there) if text])
            sound = np.isfinite(texts).all(axis=1)
            for row in np.array(there)[~sound]:
                errors[row] = NOT_FINITE
            there = [row for row in there if errors[row] is None]
            if there:
                scores[there] = clip_score_from_features(features[there], texts[sound])
        return scores, errors

    def finish(self, rows: Rows, computed: tuple[Floats, list[str | None]]) -> pa.Table:
        scores, errors = computed
        column = pa.array(scores, mask=np.isnan(scores))
        return pa.table({self._column: column, "error": pa.array(errors, pa.string())})

    def _fill_in(self, values: Sequence[Any]) -> str | None:
        if any(value is None for value in values):
            return None
        return self._text.format(**dict(zip(self._fields, values, strict=True)))


def _fields(text: str) -> tuple[str, ...]:
    """List the fields of the text that images are compared with.

    Raises:
        RecipeError: there is none, or an unknown one.
    """
    try:
        found = tuple(dict.fromkeys(field for _, field, _, _ in Formatter().parse(text) if field))
    except ValueError as fault:
        raise RecipeError("text", f"{text!r} ({fault})", "write {prompt} or {class}") from None
    for field in found:
        if field not in FIELDS:
            raise RecipeError("text", f"unknown field {field!r}", did_you_mean(field, FIELDS))
    if not found:
        right = "write {prompt}, or a text with {class}"
        raise RecipeError("text", f"{text!r} is the same for all images", right)
    return found
