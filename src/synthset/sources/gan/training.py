"""Trains a GAN once, and goes on after a kill as if there had been none.

What lies in the model's folder: `state.safetensors` while it trains; `losses.jsonl` (a line a look)
and `grids/` (a PNG a look); at the end `config.json` and `model.safetensors`, the averaged
generator at the look with the least distance to the validation images.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

from synthset.encoders.device import make_repeatable, pick_device
from synthset.errors import ModelError
from synthset.recipe.sources import Gan
from synthset.sources.gan.examples import Examples, compute_shares, measure_spreads
from synthset.sources.gan.network import Generator
from synthset.sources.gan.players import Losses, Players
from synthset.sources.gan.sample_quality import Judge, draw_grid
from synthset.store.folder import Storage

STATE, MODEL, CONFIG, LOSSES = (
    "state.safetensors",
    "model.safetensors",
    "config.json",
    "losses.jsonl",
)
BEST = "best."  # in a state: the generator that would be kept if the training ended here


@dataclass
class Course:
    """How far a training is.

    Attributes:
        update: updates made.
        lines: what was logged at each look.
        best_fd: least distance so far.
        best_update: when that was.
        best: the generator of that look.
        waiting: losses since the last look.
    """

    update: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    best_fd: float = math.inf
    best_update: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    waiting: list[Losses] = field(default_factory=list)


class GanTraining:
    """One training of one model.

    Args:
        settings: of the GAN.
        classes: names of the classes that the labels count.
        examples: pictures to learn from.
        judge: chooses the checkpoint.
        folder: where the model's files go.
        place: the model's folder in there.
    """

    def __init__(
        self,
        settings: Gan,
        classes: Sequence[str],
        examples: Examples,
        judge: Judge,
        folder: Storage,
        place: str,
    ) -> None:
        self.settings, self.classes, self.examples = settings, tuple(classes), examples
        self.judge, self.folder, self.place = judge, folder, place
        drawn = compute_shares(examples.labels, len(classes), settings.balance)
        counts = np.bincount(examples.labels, minlength=len(classes))
        self._weights = torch.from_numpy((drawn / np.maximum(counts, 1))[examples.labels])
        self.device = pick_device(settings.device)
        spread = torch.from_numpy(measure_spreads(examples, len(classes), settings.seed))
        self.players = Players(settings, torch.from_numpy(drawn), spread, self.device)
        self.course = self._resume()

    def run(self, advance: Callable[[int], None]) -> None:
        """Train to the end.

        Args:
            advance: told the number of updates as they are made.

        Raises:
            ModelError: the losses are no numbers any more.
        """
        settings, course = self.settings, self.course
        advance(course.update)
        with make_repeatable():
            while course.update < settings.updates:
                course.waiting.append(self._update(course.update))
                course.update += 1
                advance(1)
                if course.update % settings.look_every == 0 or course.update == settings.updates:
                    self._look()
        self._finish()

    def _update(self, update: int) -> Losses:
        random = self.players.random(update)
        rows = torch.multinomial(self._weights, self.settings.batch_size, True, generator=random)
        real = self.examples.tensor(rows).to(self.device)
        labels = torch.from_numpy(self.examples.labels)[rows].to(self.device)
        losses = self.players.update(update, real, labels, random)
        if not math.isfinite(losses.discriminator + losses.generator):
            raise ModelError(
                f"the GAN's losses became NaN or infinite after {update:,} updates; lower "
                "source.generator_rate and source.discriminator_rate"
            )
        return losses

    def _look(self) -> None:
        """Measure, draw, and save."""
        course, generator = self.course, self.players.settle()
        distance = self.judge.distance(generator)
        if distance < course.best_fd:
            course.best_fd, course.best_update = distance, course.update
            course.best = _copy_to_cpu(generator)
        means = {
            name: float(np.mean([getattr(losses, name) for losses in course.waiting]))
            for name in Losses.__dataclass_fields__
        }
        course.lines.append({"update": course.update, **means, "fd": distance})
        course.waiting = []
        picture = draw_grid(generator, range(len(self.classes)))
        self.folder.replace(f"{self.place}/grids/{course.update:07d}.png", picture)
        self.folder.replace(f"{self.place}/{LOSSES}", _lines(course.lines))
        self._save()

    def _save(self) -> None:
        course = self.course
        facts = {
            "update": course.update,
            "lines": course.lines,
            "best_fd": course.best_fd,
            "best_update": course.best_update,
        }
        tensors = self.players.state() | {BEST + name: t for name, t in course.best.items()}
        self.folder.replace(
            f"{self.place}/{STATE}", save(tensors, metadata={"course": json.dumps(facts)})
        )

    def _resume(self) -> Course:
        path = f"{self.place}/{STATE}"
        if not self.folder.exists(path):
            return Course()
        data = self.folder.read(path)
        tensors = load(data)
        self.players.restore({n: t for n, t in tensors.items() if not n.startswith(BEST)})
        best = {n.removeprefix(BEST): t for n, t in tensors.items() if n.startswith(BEST)}
        return Course(**_facts(data), best=best)

    def _finish(self) -> None:
        """The model last: while it isn't there, the training isn't done."""
        course = self.course
        config = {
            "kind": "gan",
            "classes": self.classes,
            "size_px": self.settings.size_px,
            "width": self.settings.width,
            "latent_size": self.settings.latent_size,
            "best_update": course.best_update,
            "best_fd": course.best_fd,
            "images": len(self.examples),
            "settings": self.settings.identity(),
        }
        text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
        self.folder.replace(f"{self.place}/{CONFIG}", text.encode())
        self.folder.create(f"{self.place}/{MODEL}", save(course.best))
        self.folder.discard(f"{self.place}/{STATE}")


def is_trained(folder: Storage, place: str) -> bool:
    """Tell whether a model is finished."""
    return folder.exists(f"{place}/{MODEL}")


def load_generator(
    folder: Storage, place: str, device: torch.device
) -> tuple[Generator, list[str]]:
    """Read a finished model.

    Returns:
        The generator with its batch norms at rest, and the names of its classes.

    Raises:
        ModelError: it is not there, or not finished.
    """
    if not is_trained(folder, place):
        raise ModelError(f"{folder.url}/{place}: there is no trained GAN; run the recipe again")
    config = json.loads(folder.read(f"{place}/{CONFIG}"))
    generator = Generator(
        config["size_px"], config["width"], config["latent_size"], len(config["classes"])
    )
    generator.load_state_dict(load(folder.read(f"{place}/{MODEL}")))
    return generator.eval().requires_grad_(False).to(device), list(config["classes"])


def _copy_to_cpu(generator: Generator) -> dict[str, Tensor]:
    return {n: t.detach().cpu().contiguous() for n, t in generator.state_dict().items()}


def _lines(lines: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _facts(data: bytes) -> dict[str, Any]:
    """Read the metadata of a safetensors file that lies in memory: a JSON header after its
    length."""
    length = int.from_bytes(data[:8], "little")
    facts: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["course"])
    return facts
