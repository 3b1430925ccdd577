"""How varied the prompts of a dataset are, in words and as its CLIP reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.models import describe_encoder, open_text_encoder
from synthset.metrics.sets.text_diversity import distinct_n, mean_cosine_distance
from synthset.recipe.recipe import Recipe
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset

VERSION = "1"
ENCODED = 2_000  # different prompts that are read by CLIP; of more, so many drawn evenly

Vectors = Mapping[str, NDArray[np.float32]]


def name_wording_file(dataset: Dataset, recipe: Recipe) -> str:
    """Name the file with the variety of a dataset's prompts."""
    view, encoder = dataset.view, find_text_encoder(recipe)
    inputs = [VERSION, view.plan, dataset.rows_in(view.plan), view.features.get(encoder or "")]
    return f"metrics/prompts-{fingerprint(inputs)}.json"


def measure_wording(dataset: Dataset, recipe: Recipe) -> dict[str, Any] | None:
    """Measure the variety of all planned prompts.

    Returns:
        `kind`, `encoder` (None where the recipe has no CLIP), `encoded` (how many different prompts
        it read), the figures of all prompts (`prompts`, `different`, `distinct` of 1, 2 and 3
        words, `spread`), and of each class in `classes`; None where no record has a prompt.
    """
    rows = dataset.read(dataset.view.plan, ["class_key", "class_name", "prompt"]).to_pylist()
    by_class: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        if row["prompt"]:
            mine = by_class.setdefault((row["class_key"], row["class_name"]), Counter())
            mine[row["prompt"]] += 1
    if not by_class:
        return None
    total = sum(by_class.values(), Counter[str]())
    encoder = find_text_encoder(recipe)
    vectors = _vectors(recipe, encoder, list(total)) if encoder else {}
    return {
        "kind": recipe.prompts.kind,
        "encoder": describe_encoder(recipe.encoders[encoder]) if encoder else None,
        "encoded": len(vectors),
        **_figures(total, vectors),
        "classes": [
            {
                "key": key,
                "name": name,
                **_figures(mine, vectors if len(vectors) >= len(total) else {}),
            }
            for (key, name), mine in by_class.items()
        ],
    }


def find_text_encoder(recipe: Recipe) -> str | None:
    """Name the recipe's first encoder that reads text; None where it has none."""
    found = (name for name, one in recipe.encoders.items() if one.text_implementation)
    return next(found, None)


def _figures(prompts: Counter[str], vectors: Vectors) -> dict[str, Any]:
    read = [prompt for prompt in prompts if prompt in vectors]
    times = [prompts[prompt] for prompt in read]
    return {
        "prompts": prompts.total(),
        "different": len(prompts),
        "distinct": [distinct_n(_find_repeated(prompts), n) for n in (1, 2, 3)],
        "spread": mean_cosine_distance(np.stack([vectors[prompt] for prompt in read]), times)
        if read
        else None,
    }


def _find_repeated(prompts: Counter[str]) -> Iterable[str]:
    return prompts.elements()


def _vectors(recipe: Recipe, encoder: str, prompts: list[str]) -> Vectors:
    read = open_text_encoder(recipe.encoders[encoder])
    places = np.linspace(0, len(prompts) - 1, min(len(prompts), ENCODED)).round().astype(int)
    chosen = [prompts[place] for place in dict.fromkeys(places.tolist())]
    return dict(zip(chosen, read.encode(chosen), strict=True))
