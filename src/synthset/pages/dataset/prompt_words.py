"""How varied the prompts are, as the page shows it."""

from __future__ import annotations

from typing import Any

from synthset.store.dataset import Dataset

EXAMPLES = 8
KINDS = {
    "template": "templates",
    "gloss": "WordNet definitions",
    "class_gloss": "classes with their WordNet definitions",
    "background": "classes before varied backgrounds",
    "clip": "CLIP's templates",
    "captions": "captions of real images",
    "file": "a prompt file",
    "llm": "a language model",
}


def read_prompt_words(dataset: Dataset) -> dict[str, Any] | None:
    """Read what a run has measured of its prompts.

    Returns:
        What the run has written, with `made_by` (the kind in words), `classes` (the least varied
        first) and `examples`; None where there is nothing.
    """
    path = dataset.view.prompts
    if path is None or not dataset.folder.exists(path):
        return None
    found = dataset.read_json(path)
    classes = sorted(found["classes"], key=_rank_variety)
    prompts = dataset.read(dataset.view.plan, ["prompt"]).column("prompt").to_pylist()
    different = list(dict.fromkeys(filter(None, prompts)))
    step = max(1, len(different) // EXAMPLES)
    return {
        **found,
        "made_by": KINDS.get(found["kind"], found["kind"]),
        "classes": classes,
        "examples": different[::step][:EXAMPLES],
    }


def _rank_variety(row: dict[str, Any]) -> tuple[float, float, str]:
    distances = row["spread"] if row["spread"] is not None else 0.0
    return (distances, row["distinct"][1] or 0.0, row["name"])
