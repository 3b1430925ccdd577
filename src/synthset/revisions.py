"""Which weights: a short name for the content of a local model."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

EDGE = 1 << 20  # bytes hashed at either end of a large file
WHOLE = 64 << 20  # files up to this size are hashed whole
KINDS = {".safetensors", ".json", ".bin", ".pt", ".pth", ".txt", ".model"}


def compute_revision(path: Path) -> str:
    """Name the content of a model file or folder, the same on every machine and wherever it lies.

    Small files count whole; of a large one the size and the first and last MiB, so that naming a
    model of many GB takes no time. (A safetensors header, at the start, lists every tensor.)

    Args:
        path: a weight file, or a folder in the diffusers, timm, open_clip or transformers layout.

    Returns:
        12 hexadecimal digits.
    """
    hasher = hashlib.blake2b(digest_size=6)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in KINDS)
    for file in files:
        hasher.update(str(file.relative_to(path)).encode() if file != path else b"")
        with open(file, "rb") as opened:
            hasher.update(_content(opened, file.stat().st_size))
    return hasher.hexdigest()


def compute_bytes_revision(opened: IO[bytes], size: int) -> str:
    """Name the content of one file as `compute_revision` does, wherever it lies.

    Args:
        opened: at its start.
        size: in bytes.
    """
    return hashlib.blake2b(_content(opened, size), digest_size=6).hexdigest()


def _content(opened: IO[bytes], size: int) -> bytes:
    if size <= WHOLE:
        return opened.read()
    start = opened.read(EDGE)
    opened.seek(size - EDGE)
    return size.to_bytes(8, "little") + start + opened.read()
