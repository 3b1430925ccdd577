"""What a metric gets: a part of the set, as encoders see its images and scores judge them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthset.encoders.feature_reader import FeatureReader, Mask, Rows
from synthset.encoders.models import describe_encoder, is_standard_inception
from synthset.metrics.features import Features
from synthset.results.figure import Better
from synthset.results.metric_result import MetricResult

FEWEST = 3  # images of a class on each side that a comparison with an error needs


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """Images of a part as one encoder sees them.

    Attributes:
        part: `all`, `kept` or `rejected`.
        features: (N, D) float32.
        names: (N,) class names.
        keys: class name to class key.
        by: the encoder in words.
        is_standard: whether it is the Inception that FID, KID and Inception Score are defined by.
    """

    part: str
    features: Features
    names: Sequence[str]
    keys: Mapping[str, str]
    by: str
    is_standard: bool = False

    def result(self, name: str, better: Better, reference: str | None = None) -> MetricResult:
        """A result of these images that has no value yet.

        Args:
            name: what it may be called.
            better: `lower`, `higher`, or None where neither is.
            reference: what it is compared with, in words.
        """
        return MetricResult(
            name=name,
            of=self.part,
            measured_by=self.by,
            n=len(self.features),
            better=better,
            reference=reference,
        )

    def rows(self, mine: Rows) -> EncodedImages:
        """Some of the images."""
        return replace(self, features=self.features[mine], names=[self.names[i] for i in mine])

    def by_class(
        self, real: Features, names: Sequence[str]
    ) -> Iterator[tuple[str, EncodedImages, Features]]:
        """Give each class with its real images, by name, where both sides have three or more.

        Args:
            real: (M, D) real images.
            names: (M,) class name of each.

        Yields:
            Key of the class, its images, and its real images.
        """
        ours, theirs = np.array(self.names, dtype=object), np.array(names, dtype=object)
        for name in sorted(set(self.names) & set(names)):
            mine, real_ones = np.flatnonzero(ours == name), np.flatnonzero(theirs == name)
            if min(len(mine), len(real_ones)) >= FEWEST:
                yield self.keys[name], self.rows(mine), real[real_ones]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the set.

    Attributes:
        name: `all`, `kept` or `rejected`.
        rows: (N,) which records belong to it.
        reader: reads features of the records, and of references; knows records and recipe.
    """

    name: str
    rows: Mask
    reader: FeatureReader

    def read_encoded(self, encoder: str, column: str = "features") -> EncodedImages:
        """Its images as an encoder of the recipe sees them; those without features are left out.

        Args:
            encoder: its name.
            column: `features`, or a classifier's `logits`.
        """
        features, records = self.reader.features(encoder, column), self.reader.records
        rows = self.rows & ~np.isnan(features[:, 0])
        names: list[str] = records["class_name"].to_pylist()
        keys = dict(zip(names, records["class_key"].to_pylist(), strict=True))
        mine = [name for name, there in zip(names, rows, strict=True) if there]
        standard = is_standard_inception(self.reader.recipe.encoders[encoder])
        return EncodedImages(
            self.name, features[rows], mine, keys, self.describe_encoder(encoder), standard
        )

    @property
    def class_keys(self) -> dict[int, str]:
        """Label of each class that has a record to its key."""
        labels, keys = (self.reader.records[name].to_pylist() for name in ("label", "class_key"))
        return dict(zip(labels, keys, strict=True))

    def describe_encoder(self, encoder: str) -> str:
        """An encoder of the recipe in words."""
        return describe_encoder(self.reader.recipe.encoders[encoder])


def find_parts(reader: FeatureReader) -> dict[str, Part]:
    """All images with pixels, the kept and the rejected ones of them, by their names."""
    records = reader.records
    there = np.asarray(records["error"].is_null())
    keep = np.asarray(records["keep"], dtype=bool)
    masks = {"all": there, "kept": keep, "rejected": there & ~keep}
    return {name: Part(name, rows, reader) for name, rows in masks.items()}
