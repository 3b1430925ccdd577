"""How even a training set is, what that did to the classes, and what its images look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthset.experiment.suites.encoding import check_encoder, encode
from synthset.experiment.suites.suite import (
    Judged,
    Reading,
    Suite,
    collect_training_images,
    order_by_bytes,
)
from synthset.experiment.trials import Job, read_trial
from synthset.metrics.images.clip_iqa import clip_iqa
from synthset.metrics.images.clip_score import clip_score_from_features
from synthset.metrics.sets.cmmd import cmmd
from synthset.metrics.sets.inception_score import inception_score
from synthset.recipe.suites import DataStatistics
from synthset.results.benchmark import Measure
from synthset.results.class_statistics import ClassStatistics, class_statistics, judge_trial
from synthset.training.labelled import LabelledImages

CLASSES, CLIP, CLASSIFIER = "classes", "clip", "classifier"  # parts
ALIKE = "one of the two is the same for all classes, or there are fewer than three classes"
FEWEST = 10  # images below which no figure of an encoder is given
BASIS: dict[str, dict[str, Any]] = {
    "coverage": {"text": "classes with an image", "better": "higher"},
    "lt_500": {"text": "classes under 500 images", "better": "lower"},
    "ls_5pct": {"text": "share of the largest 5 % of classes", "better": "lower", "unit": "share"},
    "skewness": {"text": "confusion skewness", "better": None},
    "precision_count": {"text": "precision ~ images", "better": None},
    "accuracy_skewness": {"text": "accuracy ~ skewness", "better": None},
    "precision_recall": {"text": "precision ~ recall", "better": None},
    "clip_score": {"text": "CLIP score", "better": "higher"},
    "clip_iqa": {"text": "CLIP-IQA", "better": "higher"},
    "cmmd": {"text": "CMMD to real", "better": "lower"},
    "inception_score": {"text": "IS by the suite's classifier", "better": "higher"},
}
OF_CLASSES = ("coverage", "lt_500", "ls_5pct", "skewness", "precision_count", "accuracy_skewness",
              "precision_recall")  # fmt: skip
OF_CLIP = ("clip_score", "clip_iqa", "cmmd")


class StatisticsSuite(Suite):
    """Statistics of each arm's training images."""

    differences = (
        (
            "confusion skewness",
            "over a class's five largest confusions, including those of 0",
            "over those of the five that aren't 0",
        ),
        (
            "CMMD",
            "without the pairs of an image with itself, so that sets of different sizes are "
            "comparable",
            "with these pairs, so never below 0, and larger for small sets",
        ),
    )

    def __init__(self, name: str, settings: DataStatistics, judged: Judged) -> None:
        """Look for the encoders.

        Args:
            name: of the suite.
            settings: which encoders look.
            judged: with whose real training images the sets are compared.

        Raises:
            RecipeError: an encoder isn't there.
        """
        self.name, self._settings, self._published = name, settings, judged.published
        self._classes = tuple(names[0] for names in judged.classes)
        self._real = judged.real()
        for field in (CLIP, CLASSIFIER):
            encoder = getattr(settings, field)
            if encoder is not None:
                check_encoder(f"suites.{name}.{field}", encoder)
        wanted = [*OF_CLASSES]
        wanted += OF_CLIP if settings.clip else ()
        wanted += ("inception_score",) if settings.classifier else ()
        self.measures = tuple(self._measure(one) for one in wanted)

    def _measure(self, name: str) -> Measure:
        facts = {"unit": "", **BASIS[name]}
        looked = f"of at most {self._settings.images:,} training images"
        notes = {
            "clip_score": f"{looked}, each with the text {self._settings.prompt!r}",
            "clip_iqa": f"{looked}: {' against '.join(map(repr, self._settings.quality))}",
            "cmmd": f"{looked}, against as many real training images of the split",
            "inception_score": f"{looked}, all at once",
        }
        return Measure(
            f"{self.name}/{name}",
            group="statistics",
            radar=False,
            note=notes.get(name, ""),
            **facts,
        )

    @property
    def parts(self) -> tuple[str, ...]:
        there = (one for one in (CLIP, CLASSIFIER) if getattr(self._settings, one) is not None)
        return (CLASSES, *there)

    def identity(self, part: str, job: Job) -> Any:
        if part == CLASSES:
            return [1, self._published]
        encoder = getattr(self._settings, part).full_identity()
        if part == CLASSIFIER:
            return [1, encoder, self._settings.images]
        settings = self._settings.identity()
        texts = settings["prompt"], settings["quality"], self._classes
        real = self._real[job.seed].content
        return [1, encoder, self._settings.images, texts, real, self._published]

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        most = self._settings.images
        return 0 if part == CLASSES else sum(min(most, len(job.train.images)) for job in jobs)

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        how = {CLASSES: self._of_classes, CLIP: self._of_clip, CLASSIFIER: self._of_classifier}
        return [how[part](job) for job in jobs]

    def _reading(self, name: str, value: float | None, **more: Any) -> Reading:
        known = None if value is None or np.isnan(value) else float(value)
        return Reading(f"{self.name}/{name}", known, **more)

    def _of_classes(self, job: Job) -> tuple[Reading, ...]:
        figures = judge_trial(read_trial(job.folder), published=self._published)
        found = class_statistics(figures, published=self._published, draws=0)
        values = {name: _value(found, name) for name in OF_CLASSES}
        over = dict.fromkeys(found.figures, found.over.strip())
        return tuple(
            self._reading(name, value, note=ALIKE if value is None else over.get(name, ""))
            for name, value in values.items()
        )

    def _of_clip(self, job: Job) -> tuple[Reading, ...]:
        from synthset.encoders.clip import ClipText

        encoder = self._settings.clip
        assert encoder is not None
        mine, real = (
            _draw_images(collect_training_images(job), self._settings.images),
            self._real[job.seed],
        )
        if len(mine) < FEWEST:
            return tuple(self._reading(one, None, note=_too_few(mine)) for one in OF_CLIP)
        real = _draw_images(real, self._settings.images)
        seen, known = (self._encode(CLIP, one, job) for one in (mine, real))
        texts = ClipText(encoder)
        prompts = [self._settings.prompt.replace("{class}", name) for name in self._classes]
        named = texts.encode(prompts)[mine.labels]
        both = texts.encode(self._settings.quality)
        apart = cmmd(known, seen, with_diagonal=self._published)
        same = len(set(mine.keys) & set(real.keys))
        note = f"{same:,} of the {len(mine):,} images are also among the real ones" if same else ""
        return (
            self._reading("clip_score", clip_score_from_features(seen, named).mean()),
            self._reading("clip_iqa", clip_iqa(seen, both).mean()),
            self._reading("cmmd", apart.value, note=note),
        )

    def _of_classifier(self, job: Job) -> tuple[Reading, ...]:
        mine = _draw_images(collect_training_images(job), self._settings.images)
        if len(mine) < FEWEST:
            return (self._reading("inception_score", None, note=_too_few(mine)),)
        found = inception_score(self._encode(CLASSIFIER, mine, job, logits=True), splits=1)
        return (self._reading("inception_score", found.mean),)

    def _encode(self, part: str, images: LabelledImages, job: Job, logits: bool = False) -> Any:
        found = encode(getattr(self._settings, part), images, job)
        return found.logits if logits else found.features


def _value(found: ClassStatistics, name: str) -> float | None:
    if name in found.figures:
        return found.figures[name].value
    value: float = getattr(found, name)
    return value


def _draw_images(images: LabelledImages, most: int) -> LabelledImages:
    """At most so many images, of all classes alike, drawn by their bytes."""
    return (
        images if len(images) <= most else images.take(np.sort(order_by_bytes(images.keys)[:most]))
    )


def _too_few(images: LabelledImages) -> str:
    return f"there are {len(images)} images, but at least {FEWEST} are needed"
