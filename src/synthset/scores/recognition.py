"""Recognition of each image: does a classifier see the class that was asked for?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.classlist import OutputClasses, match, read_class_list
from synthset.encoders.faults import NO_IMAGE
from synthset.errors import ModelError, Problem, RecipeError, SynthsetError
from synthset.metrics.features import softmax
from synthset.metrics.sets.recognition import recognise
from synthset.recipe.encoders import ClassifierEncoder
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import Recognition as RecognitionSettings
from synthset.stage import Rows, Stage, list_column
from synthset.taxonomy.classlists import ClassEntry


class RecognitionStage(Stage):
    """Probability and rank of the intended class, and what the classifier says first.

    Ranks count from 1. Of equally probable classes the one of lower index ranks first.
    """

    reads: ClassVar[Sequence[str]] = ("logits", "label")

    def __init__(
        self, settings: RecognitionSettings, classes: OutputClasses, indices: Sequence[int]
    ) -> None:
        """Set up the score.

        Args:
            settings: its part of the recipe.
            classes: the classifier's classes, by which its first choice is named.
            indices: for each label of the recipe the classifier's class, from `classlist.match`.
        """
        self._prefix = settings.prefix
        self._classes = classes
        self._indices = np.array(indices, dtype=np.int64)

    @classmethod
    def of(
        cls, settings: RecognitionSettings, recipe: Recipe, classes: Sequence[ClassEntry]
    ) -> RecognitionStage:
        """Find the recipe's classes among the classifier's; see `find_classifier_indices`."""
        return cls(settings, *find_classifier_indices(settings, recipe, classes))

    @property
    def writes(self) -> pa.Schema:
        types = {
            "probability": pa.float32(),
            "rank": pa.int32(),
            "predicted": pa.string(),
            "confidence": pa.float32(),
        }
        return pa.schema([pa.field(f"{self._prefix}_{name}", kind) for name, kind in types.items()])

    def finish(self, rows: Rows, computed: Rows) -> pa.Table:
        """Compare each record's logits with its label.

        Raises:
            ModelError: the classifier has another number of classes than its class list.
        """
        logits = list_column(rows.table, "logits")  # (N, K), NaN where there is no image
        if logits.shape[1] != len(self._classes):
            raise ModelError(
                f"{self._prefix}: the classifier returns {logits.shape[1]} numbers per image, but "
                f"its configuration names {len(self._classes)} classes; fix its config.json"
            )
        there = ~np.isnan(logits[:, 0])
        labels = np.asarray(rows.table.column("label"), dtype=np.int64)[there]
        columns = self._score(softmax(logits[there]), labels)
        spread = [_spread(column, there) for column in columns]
        errors = pa.array([None if one else NO_IMAGE for one in there], pa.string())
        named = dict(zip(self.writes.names, spread, strict=True))
        return pa.table({**named, "error": errors}).cast(self.writes.append(ERROR))

    def _score(
        self, probabilities: NDArray[np.float64], labels: NDArray[np.int64]
    ) -> tuple[pa.Array, ...]:
        """The four columns of the n records that have logits; (n, K) probabilities, (n,) labels."""
        if not len(labels):
            return tuple(pa.array([], field.type) for field in self.writes)
        meant = {int(label): (int(self._indices[label]),) for label in np.unique(labels)}
        intended = recognise(probabilities, labels, meant).probability
        first = probabilities.argmax(axis=1)
        return (
            pa.array(intended, pa.float32()),
            pa.array(rank_intended(probabilities, self._indices[labels]), pa.int32()),
            pa.array([self._name(index) for index in first], pa.string()),
            pa.array(probabilities[np.arange(len(first)), first], pa.float32()),
        )

    def _name(self, index: int) -> str:
        return self._classes.names[index] or str(index)


ERROR = pa.field("error", pa.string())


def find_classifier_indices(
    settings: RecognitionSettings, recipe: Recipe, classes: Sequence[ClassEntry]
) -> tuple[OutputClasses, tuple[int, ...]]:
    """Find the recipe's classes among the classifier's.

    Raises:
        RecipeError: a class that it doesn't know, with the nearest names.
        ModelError: the classifier's description could not be read.
    """
    place = [score.prefix for score in recipe.scores].index(settings.prefix)
    encoder = recipe.encoders[settings.encoder]
    assert isinstance(encoder, ClassifierEncoder)
    known = read_class_list(encoder)
    found = match(f"scores[{place}].names", classes, known, settings.names)
    if isinstance(found, list):
        raise RecipeError.of(found)
    return known, found


def check_classes(
    settings: RecognitionSettings, recipe: Recipe, classes: Sequence[ClassEntry]
) -> Sequence[Problem]:
    """See that the classifier knows the recipe's classes."""
    try:
        find_classifier_indices(settings, recipe, classes)
    except RecipeError as error:
        return error.problems
    except SynthsetError:
        pass  # its description is on a hub that doesn't answer now; the run will say so
    return ()


def rank_intended(
    probabilities: NDArray[np.float64], intended: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Tell at which place a class stands.

    >>> rank_intended(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]), np.array([2, 1])).tolist()
    [2, 2]

    Args:
        probabilities: (N, K).
        intended: (N,) class index.

    Returns:
        (N,) from 1; of equal probabilities the lower index stands first.
    """
    own = probabilities[np.arange(len(intended)), intended][:, None]  # (N, 1)
    before = np.arange(probabilities.shape[1]) < intended[:, None]  # (N, K)
    rank: NDArray[np.int64] = 1 + ((probabilities > own) | ((probabilities == own) & before)).sum(1)
    return rank


def _spread(column: pa.Array, there: NDArray[np.bool_]) -> pa.Array:
    """Put the values of the records that have one in their places, null elsewhere."""
    places = np.cumsum(there) - 1
    return column.take(pa.array(places, mask=~there))
