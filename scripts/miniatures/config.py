"""Read the one configuration file of the miniatures and pick a preset."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
SHIPPED = REPOSITORY / "src" / "synthset" / "models" / "miniatures"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast one model is trained; lengths are counted in images."""

    batch_size: int
    images: int
    learning_rate: float
    warmup: int
    decay_share: float
    weight_decay: float
    ema: float

    def rate(self, position: int) -> float:
        """Return the learning rate after `position` images: a ramp, a plateau, a fall to zero."""
        decay = self.images * self.decay_share
        left = max(self.images - position, 0)
        return self.learning_rate * min((position + self.batch_size) / self.warmup, left / decay, 1)


def read_config(preset: str, **changes: Any) -> dict[str, Any]:
    """Return the configuration with `schedules` of the preset ("cpu" or "gpu").

    A change such as `unet={"images": 900_000}` replaces single values of one schedule: the way to
    go on with a longer run.
    """
    config: dict[str, Any] = tomllib.loads((HERE / "config.toml").read_text())
    tables = config.pop("preset")[preset]
    config["schedules"] = {
        name: Schedule(**{**values, **changes.get(name, {})}) for name, values in tables.items()
    }
    return config


def read_captions() -> dict[str, Any]:
    """Return the names, templates and words that captions are made of."""
    return tomllib.loads((HERE / "captions.toml").read_text())
