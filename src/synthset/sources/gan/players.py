"""The two networks of a training with their optimisers, and one update of both."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Generator as Random
from torch import Tensor, nn

from synthset.recipe.sources import Gan
from synthset.seeds import digest
from synthset.sources.gan.diff_augment import diff_augment
from synthset.sources.gan.losses import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    sameness,
)
from synthset.sources.gan.network import ClassNorm, Discriminator, Generator

SECOND_BETA = 0.99
STANDING = 16  # batches over which the averaged generator's batch norms are measured


@dataclass(frozen=True)
class Losses:
    """Of one update. `real` and `generated` are mean scores of the discriminator."""

    discriminator: float
    generator: float
    real: float
    generated: float


class Players:
    """Generator, discriminator, and the moving average of the generator.

    Everything that is drawn is drawn on the CPU, by the training's seed and the number of the
    update, so that a training that goes on after a kill makes the same draws.
    """

    def __init__(
        self, settings: Gan, shares: Tensor, spreads: Tensor, device: torch.device
    ) -> None:
        self.settings, self.device = settings, device
        self.shares = shares  # (K,) how often each class is drawn
        self.spreads = spreads.float().to(device)  # (K,) how much its real pictures differ
        classes = len(shares)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(settings, "weights"))
            generator = Generator(settings.size_px, settings.width, settings.latent_size, classes)
            discriminator = Discriminator(settings.size_px, settings.discriminator_width, classes)
        self.generator = generator.to(device)
        self.discriminator = discriminator.to(device)
        self.average = deepcopy(self.generator).requires_grad_(False)
        betas = (settings.momentum, SECOND_BETA)
        self.generator_steps = torch.optim.Adam(
            self.generator.parameters(), settings.generator_rate, betas
        )
        self.discriminator_steps = torch.optim.Adam(
            self.discriminator.parameters(), settings.discriminator_rate, betas
        )

    def random(self, update: int, what: str = "update") -> Random:
        """The draws of one update."""
        return Random("cpu").manual_seed(_seed(self.settings, what, update))

    def update(self, update: int, real: Tensor, labels: Tensor, random: Random) -> Losses:
        """Let the discriminator learn, then the generator.

        Args:
            update: its number, from 0.
            real: (N, 3, S, S) float32 pictures in [-1, 1], on the device.
            labels: (N,) int64 classes, on the device.
            random: of this update.
        """
        if self.settings.flip:
            mirrored = torch.rand(len(real), 1, 1, 1, generator=random).to(self.device) < 0.5
            real = torch.where(mirrored, real.flip(3), real)
        first, scores = self._teach_discriminator(update, real, labels, random)
        loss = self._teach_generator(len(real), random)
        self._follow(update)
        return Losses(first, loss, *scores)

    def draw(self, count: int, random: Random) -> tuple[Tensor, Tensor]:
        """Draw latents, (count, latent_size), and classes, (count,), on the device."""
        latents = torch.randn(count, self.settings.latent_size, generator=random)
        labels = torch.multinomial(self.shares, count, replacement=True, generator=random)
        return latents.to(self.device), labels.to(self.device)

    def settle(self) -> Generator:
        """The averaged generator, its batch norms measured on draws of its own, ready to make
        pictures."""
        generator = deepcopy(self.average)
        for module in generator.modules():
            if isinstance(module, ClassNorm):
                module.norm.reset_running_stats()
                module.norm.momentum = None  # a plain mean over the batches
        generator.train()
        with torch.no_grad():
            for batch in range(STANDING):
                generator(*self.draw(self.settings.batch_size, self.random(batch, "norms")))
        return generator.eval()

    def _teach_discriminator(
        self, update: int, real: Tensor, labels: Tensor, random: Random
    ) -> tuple[float, tuple[float, float]]:
        with torch.no_grad():
            latents, wanted = self.draw(len(real), random)
            generated = self.generator(latents, wanted)
        policy = self.settings.augment
        both = torch.cat([real, generated])
        seen = diff_augment(both, policy, random)
        scores = self.discriminator(seen, torch.cat([labels, wanted]))
        on_real, on_generated = scores.chunk(2)
        loss = discriminator_loss(on_real, on_generated)
        value = float(loss.detach())
        if self.settings.r1 and update % self.settings.r1_every == 0:
            pictures = real.detach().requires_grad_(True)
            penalty = gradient_penalty(self.discriminator(pictures, labels), pictures)
            loss = loss + self.settings.r1 * self.settings.r1_every * penalty
        _step(self.discriminator_steps, loss)
        return value, (float(on_real.detach().mean()), float(on_generated.detach().mean()))

    def _teach_generator(self, count: int, random: Random) -> float:
        self.discriminator.requires_grad_(False)
        latents, wanted = self.draw(count, random)
        half = count // 2
        wanted[half : 2 * half] = wanted[:half]  # pairs of one class
        made = self.generator(latents, wanted)
        seen = diff_augment(made, self.settings.augment, random)
        loss = generator_loss(self.discriminator(seen, wanted))
        value = float(loss.detach())
        if self.settings.variety:
            alike = sameness(made[:half], made[half : 2 * half], self.spreads[wanted[:half]])
            loss = loss + self.settings.variety * alike
        _step(self.generator_steps, loss)
        self.discriminator.requires_grad_(True)
        return value

    def _follow(self, update: int) -> None:
        """Move the average; early on it follows faster."""
        decay = min(self.settings.ema, (1 + update) / (10 + update))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
            for mean, value in pairs:
                mean.lerp_(value, 1 - decay)

    def state(self) -> dict[str, Tensor]:
        """Everything that the next update depends on, by name, on the CPU."""
        found: dict[str, Tensor] = {}
        for name, module in self._modules().items():
            found |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
        for name, steps in self._optimizers().items():
            for i, moments in steps.state_dict()["state"].items():
                found |= {f"{name}.{i}.{key}": value for key, value in moments.items()}
        return {name: value.detach().cpu().clone() for name, value in found.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go back to a state."""
        for name, module in self._modules().items():
            module.load_state_dict(_select_under(state, name))
        for name, steps in self._optimizers().items():
            content = steps.state_dict()
            for key, value in _select_under(state, name).items():
                number, _, moment = key.partition(".")
                content["state"].setdefault(int(number), {})[moment] = value
            steps.load_state_dict(content)

    def _modules(self) -> dict[str, nn.Module]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "average": self.average,
        }

    def _optimizers(self) -> dict[str, torch.optim.Adam]:
        return {
            "generator_steps": self.generator_steps,
            "discriminator_steps": self.discriminator_steps,
        }


def _step(steps: torch.optim.Adam, loss: Tensor) -> None:
    steps.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    steps.step()


def _select_under(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{name}."): value
        for key, value in state.items()
        if key.startswith(f"{name}.")
    }


def _seed(settings: Gan, what: str, update: int = 0) -> int:
    return int(digest([settings.seed, what, update], size=8), 16) >> 1
