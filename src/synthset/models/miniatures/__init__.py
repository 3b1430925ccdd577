"""Where the small models that ship with the package lie.

Each is in its library's own format and is loaded through that library's own door; the cards beside
the weights say what they were trained on and how good they are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from synthset.revisions import compute_revision

__all__ = [
    "Miniature",
    "Split",
    "find_reference_statistics",
    "find_revision",
    "knows",
    "locate",
    "read_words",
]

Miniature = Literal["txt2img", "clip", "classifier"]
Split = Literal["train", "test"]

_HERE = Path(__file__).resolve().parent


def locate(name: Miniature) -> Path:
    """Return the folder of one miniature.

    Args:
        name: "txt2img" is read by `diffusers.DiffusionPipeline.from_pretrained(folder)`, "clip" by
            `open_clip.create_model_and_transforms(f"local-dir:{folder}")`, "classifier" by
            `timm.create_model(f"local-dir:{folder}", pretrained=True)`.

    Raises:
        ValueError: there is no miniature of this name.

    >>> locate("clip").name
    'clip'
    """
    names = ("txt2img", "clip", "classifier")
    if name not in names:
        raise ValueError(f"locate({name!r}): there is no such miniature; use one of {names}")
    return _HERE / name


def find_revision(name: Miniature, model: str) -> str | None:
    """Name the content of a local model; None for one that a hub names.

    Args:
        name: the miniature that `miniature` means.
        model: `miniature`, a path, or another name.
    """
    path = locate(name) if model == "miniature" else Path(model).expanduser()
    return compute_revision(path) if path.exists() else None


def find_reference_statistics(encoder: Literal["clip", "classifier"], split: Split) -> Path:
    """Return the file with the feature statistics of all pictures of one part of CIFAR-10.

    The file holds `mean` (D,) and `cov` (D, D), float64, the covariance unbiased; its metadata name
    the encoder, the SHA-256 of the encoder's weights, the number of pictures, and their size.

    Raises:
        ValueError: there are no statistics of this name.

    >>> find_reference_statistics("clip", "test").name
    'clip-test.safetensors'
    """
    if encoder not in ("clip", "classifier") or split not in ("train", "test"):
        raise ValueError(
            f"reference_statistics({encoder!r}, {split!r}): use the encoder 'clip' or "
            "'classifier', and the split 'train' or 'test'"
        )
    return _HERE / "statistics" / f"{encoder}-{split}.safetensors"


@cache
def read_words() -> Mapping[str, Sequence[str]]:
    """Return the names that the miniatures learned for each of their ten classes, its own first."""
    found: dict[str, list[str]] = json.loads((_HERE / "words.json").read_text(encoding="utf-8"))
    return found


def knows(name: str) -> bool:
    """Tell whether a class is one of those that the miniatures learned, or a kind of one.

    >>> knows("tabby_cat"), knows("Golden Retriever"), knows("dogs"), knows("apple")
    (True, True, True, False)

    Args:
        name: of a class; what it is a kind of stands last.
    """
    asked = _parts(name)
    return any(asked[-len(one) :] in (one, _plural(one)) for one in _read_learned())


@cache
def _read_learned() -> tuple[list[str], ...]:
    return tuple(_parts(name) for names in read_words().values() for name in names)


def _parts(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _plural(parts: list[str]) -> list[str]:
    return [*parts[:-1], f"{parts[-1]}s"]
