"""What a training leaves on disk: a state to go on from, and the chosen weights at its end.

```
config.json        what was trained, its result; there if and only if it is finished
looks.json         what it saw on the way
model.safetensors  the chosen weights, by timm's names
state.safetensors  while it runs: weights, optimiser and best so far, with the rest in the header
```

Whatever is random is a function of the seed and the number of the update, so no generator is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from synthset.errors import DatasetError, UsageError
from synthset.results.trial import Look
from synthset.store.files import replace_file

STATE, MODEL, LOOKS, CONFIG = "state.safetensors", "model.safetensors", "looks.json", "config.json"
Tensors = dict[str, Tensor]


@dataclass
class Progress:
    """Where a training stands.

    Attributes:
        stage: index of the stage that is at work.
        done: updates done in that stage.
        seconds: wall time so far.
        looks: so far.
        chosen: update of the best look.
        best: its value and minus its loss, higher is better.
        worse: looks since then.
        scaler: of float16 arithmetic.
        stopped: whether patience ended it.
    """

    stage: int = 0
    done: int = 0
    seconds: float = 0.0
    looks: list[Look] = field(default_factory=list)
    chosen: int = 0
    best: list[float] | None = None
    worse: int = 0
    scaler: dict[str, Any] = field(default_factory=dict)
    stopped: bool = False


def write_state(
    folder: Path, task: str, progress: Progress, parts: Mapping[str, Mapping[str, Tensor]]
) -> None:
    """Write the state, whole or not at all.

    Args:
        folder: of the training.
        task: fingerprint of what is trained.
        progress: where it stands.
        parts: tensors by part (`model`, `ema`, `best`, `optimizer`) and name.
    """
    tensors = {
        f"{part}/{name}": value.detach().contiguous()
        for part, named in parts.items()
        for name, value in named.items()
    }
    header = {"task": task, "progress": json.dumps(asdict(progress))}
    replace_file(folder / STATE, save(tensors, header))


def read_state(folder: Path, task: str) -> tuple[Progress, dict[str, Tensors]] | None:
    """Read the state; None where there is none.

    Raises:
        UsageError: it is of another training.
        DatasetError: it cannot be read.
    """
    path = folder / STATE
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as opened:
            header = opened.metadata()
        tensors = load_file(path)
    except (OSError, SafetensorError) as fault:
        raise DatasetError(f"{path}: cannot be read ({fault}); remove it to start again") from None
    refuse_other(path, header["task"], task)
    content = json.loads(header["progress"])
    content["looks"] = [Look(**look) for look in content["looks"]]
    parts: dict[str, Tensors] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = value
    return Progress(**content), parts


def write_result(
    folder: Path, config: Mapping[str, Any], progress: Progress, weights: Mapping[str, Tensor]
) -> None:
    """Write the chosen weights and the history; then the state is no longer needed."""
    tensors = {name: value.detach().contiguous() for name, value in weights.items()}
    replace_file(folder / MODEL, save(tensors, {"format": "pt"}))
    replace_file(folder / LOOKS, _json([asdict(look) for look in progress.looks]))
    result = {"chosen": progress.chosen, "seconds": round(progress.seconds, 3)}
    replace_file(folder / CONFIG, _json({**config, **result}))
    (folder / STATE).unlink(missing_ok=True)


def read_config(folder: Path) -> dict[str, Any] | None:
    """Read what a finished training was; None where none is finished.

    Raises:
        DatasetError: the file is no JSON.
    """
    path = folder / CONFIG
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as fault:
        raise DatasetError(f"{path}: is not JSON ({fault}); train again in a new folder") from None
    return content


def read_looks(folder: Path) -> tuple[Look, ...]:
    """Read the history of a finished training."""
    content = json.loads((folder / LOOKS).read_text(encoding="utf-8"))
    return tuple(Look(**look) for look in content)


def refuse_other(path: Path, found: str | None, wanted: str) -> None:
    """A folder holds one training.

    Raises:
        UsageError: it holds another one.
    """
    if found != wanted:
        raise UsageError(
            f"{path} belongs to another training (other images, settings or seed); name another "
            "folder"
        )


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
