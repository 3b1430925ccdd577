"""What is planned of images that a diffusion model makes: from prompts, or from images and
prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pyarrow as pa

from synthset.errors import Problem
from synthset.kinds import import_name
from synthset.models.miniatures import find_revision, knows, read_words
from synthset.recipe.sources import Diffusion, Img2Img, Txt2Img
from synthset.record import EDITED
from synthset.revisions import compute_revision
from synthset.source import Estimate, Material, Source, Start, TokenCounter
from synthset.sources.diffusion import adapters, models
from synthset.sources.diffusion.speed import advise_dtype, estimate_gpu_seconds, estimate_seconds
from synthset.sources.labelled_images import MakesOfImages
from synthset.sources.parents import Parents
from synthset.stage import Stage
from synthset.store.folder import Storage
from synthset.taxonomy.classlists import ClassEntry

D = TypeVar("D", bound=Diffusion)


class DiffusionSource(Source[D]):
    """What sources share that run a diffusers pipeline."""

    def problems(self) -> list[Problem]:
        """Find what would stop the model from loading, and settings that change nothing."""
        return models.check(self.settings, self.recipe.prompts.negative)

    def identity(self) -> dict[str, Any]:
        """Settings, the model's weights, what is added to them, and what the sampler is told."""
        identity = super().identity()
        identity["weights"] = find_revision("txt2img", self.settings.model)
        added = [*identity.pop("lora"), *identity.pop("textual_inversion")]
        for adapter in added:
            place = Path(adapter.pop("path")).expanduser()
            adapter["content"] = compute_revision(place) if place.exists() else None
        if added:
            identity["adapters"] = added
        if fields := models.list_sampler_changes(self.settings):
            identity["sampler"] = fields
        return identity

    def estimate(self, found: Material) -> Estimate:
        """By the size of the model and its images."""
        settings = self.settings
        unknown = (
            f"the image size of {settings.model} isn't known before it is downloaded: the disk "
            f"estimate assumes {models.UNKNOWN_SIZE_PX:,} px; set size_px"
        )
        return Estimate(
            *estimate_seconds(settings),
            models.estimate(settings),
            *estimate_gpu_seconds(settings),
            notes=(*(() if models.knows_size(settings) else (unknown,)), *advise_dtype(settings)),
        )

    def check_classes(self, classes: Sequence[ClassEntry], prompts: Sequence[str]) -> list[Problem]:
        """The miniature knows ten classes; a prompt file may name them in its own way."""
        own_words = self.recipe.prompts.own_words and all(map(_names_known, prompts))
        strange = [
            entry.name for entry in classes if not any(map(knows, (entry.name, *entry.lemmas)))
        ]
        if self.settings.model != models.MINIATURE or own_words or not strange:
            return []
        names = ", ".join(map(repr, strange[:8]))
        names += f" and {len(strange) - 8:,} more" if len(strange) > 8 else ""
        known = f"it can draw {', '.join(read_words())}, and kinds of these"
        right = f"{known}; name another model, or such classes"
        return [Problem("source.model", f"the miniature doesn't know {names}", right)]

    def notes_on(self, prompts: Sequence[str]) -> list[str]:
        """Name learned words that no prompt holds."""
        idle = adapters.name_unused(self.settings, prompts) if prompts else []
        return [f"no prompt contains the learned word {token!r}" for token in idle]

    def token_counter(self) -> TokenCounter | None:
        """Count as the model's text encoder does."""
        found = models.count_tokens(self.settings)
        certain = models.find_local_folder(self.settings) is not None
        return None if found is None else TokenCounter(*found, certain)


class Txt2ImgSource(DiffusionSource[Txt2Img]):
    """Images from prompts."""

    def stage(self, folder: Storage) -> Stage:
        """Run the pipeline."""
        stage: Stage = import_name("synthset.sources.diffusion.txt2img:Txt2ImgStage")(self.settings)
        return stage


class Img2ImgSource(DiffusionSource[Img2Img], MakesOfImages[Img2Img]):
    """Images from real ones and prompts: the caption of an image, else the class's."""

    columns: ClassVar[Sequence[pa.Field]] = tuple(EDITED)

    def stage(self, folder: Storage) -> Stage:
        """Run the pipeline from the parents."""
        stage: Stage = import_name("synthset.sources.diffusion.img2img:Img2ImgStage")(self.settings)
        return stage

    def identity(self) -> dict[str, Any]:
        """A record has its own strength."""
        identity = super().identity()
        del identity["strength"]
        return identity

    def plan_identity(self, found: Material) -> list[Any]:
        """Where the images lie, which, and how far to go from them."""
        paths, content = super().plan_identity(found)
        return [paths, self.settings.strengths, content]

    def starts(self, found: Material) -> Callable[[int, int], Start]:
        """Take an image, its caption and a strength."""
        parents = Parents(self.recipe.seed, found.found, self.settings.strengths)

        def start(label: int, index: int) -> Start:
            parent, strength = parents.at(label, index)
            pixels = {"parent": parent.content, "strength": strength}
            return Start({"prompt": parent.caption, "source": parent.source, **pixels}, pixels)

        return start


def _names_known(prompt: str) -> bool:
    parts = prompt.split()
    return any(knows(" ".join(parts[:end])) for end in range(1, len(parts) + 1))
