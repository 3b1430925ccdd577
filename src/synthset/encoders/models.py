"""Which model a recipe means: where its files lie, whether they can be there, and what they are.

Nothing here loads a model, or a library of models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.model_names import list_models
from synthset.errors import ModelError, Problem, did_you_mean
from synthset.kinds import import_name
from synthset.models.miniatures import locate
from synthset.recipe.encoders import (
    ClassifierEncoder,
    ClipEncoder,
    Encoder,
    InceptionEncoder,
    PixelsEncoder,
)
from synthset.seeds import digest

MINIATURE = "miniature"
HUB = "hf-hub:"
OPEN_CLIP_CONFIG = "open_clip_config.json"
CONFIG = "config.json"  # timm's and transformers'
#: torch-fidelity's Inception weights; its file name ends with the first digits of its SHA-256.
INCEPTION = "torch-fidelity:weights-inception-2015-12-05-6726825d"
INCEPTION_SHA256 = "6726825d"


class TextEncoder(Protocol):
    """Encodes texts as an encoder sees images."""

    def open(self) -> None:
        """Load the model.

        Raises:
            ModelError: it can't be had.
        """

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts: (N, D) float32, unit length; row i belongs to text i."""


def find_folder(settings: Encoder) -> Path | None:
    """Find the local folder that holds the model; None where the model is named otherwise.

    >>> from synthset.recipe.encoders import ClipEncoder
    >>> find_folder(ClipEncoder(kind="clip", model="./my-clip")).name
    'my-clip'
    >>> find_folder(ClipEncoder(kind="clip", model="ViT-B-32"))
    """
    if not isinstance(settings, ClipEncoder | ClassifierEncoder):
        return None
    if settings.model == MINIATURE:
        return Path(locate(settings.kind))
    return Path(settings.model).expanduser() if _is_path(settings.model) else None


def list_weight_files(settings: Encoder) -> tuple[Path, ...]:
    """List the local files that hold the weights; none where a hub or a download provides them.

    Raises:
        ModelError: the folder holds no weights.
    """
    if settings.files:
        return tuple(Path(file).expanduser() for file in settings.files)
    if isinstance(settings, InceptionEncoder | ClassifierEncoder) and settings.weights:
        return (Path(settings.weights).expanduser(),)
    if isinstance(settings, ClipEncoder) and settings.pretrained:
        file = Path(settings.pretrained).expanduser()
        return (file,) if file.is_file() else ()
    folder = find_folder(settings)
    if folder is None:
        return ()
    found = find_weights(folder)
    if not found:
        raise ModelError(f"{folder}: contains no .safetensors file; save the model's weights there")
    return found


def find_weights(folder: Path) -> tuple[Path, ...]:
    """List a folder's safetensors files; of several, timm and open_clip read the well-known one."""
    for name in ("open_clip_model.safetensors", "model.safetensors"):
        if (folder / name).is_file():
            return (folder / name,)
    return tuple(sorted(folder.glob("*.safetensors")))


def hash_weights(settings: Encoder) -> str:
    """Name the weights: what `encoder_sha256` says in a file of reference statistics.

    Returns:
        The SHA-256 of the one local weight file (of the list of theirs, if there are several), else
        the name that a hub or a download knows the weights by.
    """
    hashes = [_sha256(file) for file in list_weight_files(settings)]
    if isinstance(settings, InceptionEncoder):
        original = not hashes or hashes[0].startswith(INCEPTION_SHA256)
        return INCEPTION if original else hashes[0]
    if not hashes:
        pretrained = getattr(settings, "pretrained", None)
        return ":".join([settings.kind, *_words(settings, "model", "size_px"), *_some(pretrained)])
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def is_standard_inception(settings: Encoder) -> bool:
    """Tell whether an encoder is the one that FID, KID and the Inception Score are defined by:
    torch-fidelity's own file, known by its SHA-256; never other weights of the same network."""
    if not isinstance(settings, InceptionEncoder):
        return False
    try:
        return hash_weights(settings) == INCEPTION
    except ModelError:  # the file is gone, and nobody can look at it any more
        return False


def list_warnings(where: str, settings: Encoder) -> list[str]:
    """Say what a user should know of an encoder before it looks at anything."""
    if not isinstance(settings, InceptionEncoder) or is_standard_inception(settings):
        return []
    return [
        f"{where}: {settings.weights} isn't torch-fidelity's file, which defines FID, KID and the "
        "Inception Score, so its results are called FD, KD and IS"
    ]


def describe_encoder(settings: Encoder) -> str:
    """Name an encoder in words."""
    if isinstance(settings, InceptionEncoder):
        weights = "torch-fidelity"
        if not is_standard_inception(settings):
            weights = f"weights {Path(str(settings.weights)).name}"
        return f"Inception-v3 ({weights}), {settings.resize} resize"
    if isinstance(settings, PixelsEncoder):
        return "pixels fake"
    model = settings.code or getattr(settings, "model", settings.kind)
    return f"{model} {settings.kind}" if model == MINIATURE else str(model)


def fingerprint_encoder(settings: Encoder) -> str:
    """Name everything that decides the features: weights, their use, how images are resized.

    Two encoders of one fingerprint give the same features; reference statistics made with another
    one are not to be compared.

    Returns:
        32 hexadecimal digits.
    """
    chosen = {**settings.identity(), "model": None, "weights": None, "pretrained": None}
    folder = find_folder(settings)
    files = sorted(folder.glob("*.json")) if folder else []
    configs = {file.name: _sha256(file) for file in files}
    return digest([chosen, hash_weights(settings), configs])


def check(where: str, settings: Encoder) -> list[Problem]:
    """Look for what can be known to fail before anything is loaded.

    Args:
        where: the encoder's place in the recipe, such as `encoders.clip`.
        settings: the encoder.
    """
    if settings.checked_by is None:
        return []
    problems: list[Problem] = import_name(settings.checked_by)(where, settings)
    return problems


def open_text_encoder(settings: Encoder) -> TextEncoder:
    """Make what encodes texts as an encoder sees images; nothing is loaded yet.

    Raises:
        ModelError: the encoder reads no text.
    """
    if settings.text_implementation is None:
        right = (
            "name a CLIP encoder, or another of the encoders that read text according to "
            "`synthset kinds`"
        )
        raise ModelError(f"an encoder of kind {settings.kind!r} can't read text; {right}")
    encoder: TextEncoder = import_name(settings.text_implementation)(settings)
    return encoder


def check_inception(where: str, settings: InceptionEncoder) -> list[Problem]:
    """Look for the weights."""
    return _file_problems(f"{where}.weights", settings.weights)


def read_config(folder: Path, name: str = CONFIG) -> dict[str, Any]:
    """Read a model's JSON file; empty where there is none.

    Raises:
        ModelError: it is no JSON object.
    """
    file = folder / name
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ModelError(f"{file}: is not JSON ({fault}); save the model again") from fault
    if not isinstance(content, dict):
        raise ModelError(f"{file}: contains no JSON object; save the model again")
    return content


def is_transformers_clip(folder: Path) -> bool:
    """Tell whether a folder holds a CLIP in transformers' layout."""
    return read_config(folder).get("model_type") == "clip"


def check_clip(where: str, settings: ClipEncoder) -> list[Problem]:
    """Look for the model by its name, its tag, or in its folder."""
    model, pretrained = settings.model, settings.pretrained
    folder = find_folder(settings)
    if pretrained and (folder or model.startswith(HUB)):
        found = f"set, but {model!r} comes with its own weights"
        return [Problem(f"{where}.pretrained", found, "leave it out")]
    if folder:
        problems = _folder_problems(f"{where}.model", model, folder)
        if not problems and not (
            (folder / OPEN_CLIP_CONFIG).is_file() or is_transformers_clip(folder)
        ):
            found = (
                f"{folder} contains neither {OPEN_CLIP_CONFIG} nor a {CONFIG} of model_type clip"
            )
            problems = [
                Problem(f"{where}.model", found, "name the folder in which a CLIP model was saved")
            ]
        return problems or _weight_problems(f"{where}.model", folder)
    return [] if model.startswith(HUB) else _open_clip_problems(where, model, pretrained)


def _open_clip_problems(where: str, model: str, pretrained: str | None) -> list[Problem]:
    known = list_models("open_clip", model, pretrained)
    if model not in known:
        return [_explain_unknown(f"{where}.model", "open_clip model", model, known)]
    tags = known[model]
    if pretrained is None:
        right = f"name its weights, such as {tags[-1]}" if tags else "give a local weight file"
        return [Problem(f"{where}.pretrained", f"missing for {model}", right)]
    if pretrained in tags:
        return []
    if _is_path(pretrained) or Path(pretrained).suffix:
        return _file_problems(f"{where}.pretrained", pretrained)
    return [
        Problem(
            f"{where}.pretrained",
            f"{model} has no weights {pretrained!r}",
            did_you_mean(pretrained, tags),
        )
    ]


def check_classifier(where: str, settings: ClassifierEncoder) -> list[Problem]:
    """Look for the model by its name, or in its folder, and for its weights."""
    model, weights, folder = settings.model, settings.weights, find_folder(settings)
    problems = _file_problems(f"{where}.weights", weights)
    if weights and not problems and Path(weights).suffix != ".safetensors":
        right = "save them as safetensors: other formats can run code when they are opened"
        problems.append(Problem(f"{where}.weights", f"{weights} is not a .safetensors file", right))
    if folder:
        wrong = _folder_problems(f"{where}.model", model, folder)
        if not wrong and "architecture" not in read_config(folder):
            found = f"{folder} contains no {CONFIG} that names an architecture"
            wrong = [Problem(f"{where}.model", found, "name a folder saved by timm's save_for_hf")]
        return problems + (wrong or ([] if weights else _weight_problems(f"{where}.model", folder)))
    return problems if model.startswith(HUB) else problems + _timm_problems(where, model, weights)


def _timm_problems(where: str, model: str, weights: str | None) -> list[Problem]:
    known = list_models("timm", model)
    if model not in known:
        return [_explain_unknown(f"{where}.model", "timm model", model, known)]
    if weights is None and not known[model]:
        right = "give a local file as `weights`"
        return [Problem(f"{where}.weights", f"missing, and timm has none for {model}", right)]
    return []


def _explain_unknown(where: str, what: str, name: str, known: Iterable[str]) -> Problem:
    right = f"did you mean './{name}'?" if Path(name).is_dir() else did_you_mean(name, known)
    return Problem(where, f"there is no {what} called {name!r}", right)


def _folder_problems(where: str, name: str, folder: Path) -> list[Problem]:
    if folder.is_dir():
        return []
    if folder.exists():
        return [Problem(where, f"{name} is a file", "name the folder in which the model was saved")]
    right = _nearest_sibling(folder)
    if name.count("/") == 1 and name[0] not in "./~":
        right = f"for a hub model, write {HUB}{name}; for a folder, {right}"
    return [Problem(where, f"there is no folder {name}", right)]


def _weight_problems(where: str, folder: Path) -> list[Problem]:
    if find_weights(folder):
        return []
    return [
        Problem(where, f"{folder} contains no .safetensors file", "save the model's weights there")
    ]


def _file_problems(where: str, file: str | None) -> list[Problem]:
    if file is None or Path(file).expanduser().is_file():
        return []
    found = (
        f"{file} is a folder" if Path(file).expanduser().is_dir() else f"there is no file {file}"
    )
    return [Problem(where, found, _nearest_sibling(Path(file).expanduser()))]


def _nearest_sibling(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    return did_you_mean(path.name, (sibling.name for sibling in path.parent.iterdir()))


def _is_path(model: str) -> bool:
    return not model.startswith(HUB) and ("/" in model or "\\" in model or model[:1] in (".", "~"))


def _words(settings: Encoder, *names: str) -> list[str]:
    return [str(getattr(settings, name)) for name in names if hasattr(settings, name)]


def _some(value: str | None) -> list[str]:
    return [] if value is None else [value]


def _sha256(file: Path) -> str:
    try:
        stat = file.stat()
    except OSError as fault:
        raise ModelError(f"{file}: cannot be read ({fault.strerror}); check the path") from fault
    return _sha256_of(file, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of(file: Path, size: int, modified_ns: int) -> str:
    """Hash a file once for as long as it does not change."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
