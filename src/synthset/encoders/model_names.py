"""Which models open_clip and timm know, and which of them have weights, by lists: to load either
takes seconds, and to check a name needs neither."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Literal

Library = Literal["open_clip", "timm"]
Known = Mapping[str, tuple[str, ...]]  # tags of each model's weights; timm's have `pretrained`
PACKAGES: dict[Library, str] = {"open_clip": "open_clip_torch", "timm": "timm"}
PRETRAINED = ("pretrained",)


def list_models(library: Library, model: str, weights: str | None = None) -> Known:
    """List the models of a library.

    A name that is in our list needs no library. One that isn't may be newer than the list, so
    another version of the library than the one that the list was made of is asked itself.

    >>> list_models("open_clip", "ViT-B-32")["ViT-B-32"][0]
    'openai'

    Args:
        library: whose models.
        model: the name that is looked for.
        weights: the tag of weights that is looked for.
    """
    made_of, listed = read_list(library)
    known = model in listed and (weights is None or weights in listed[model])
    if known or made_of == version(PACKAGES[library]):
        return listed
    return ask_open_clip() if library == "open_clip" else ask_timm(model)


@cache
def read_list(library: Library) -> tuple[str, Known]:
    """Read a list that comes with synthset: the version that it was made of, and the models."""
    text = files("synthset.encoders").joinpath(f"{library}-models.tsv").read_text(encoding="utf-8")
    first, _, *rows = text.splitlines()
    pairs = (row.split("\t") for row in rows)
    return first.split()[-1], {model: tuple(tags.split()) for model, tags in pairs}


def ask_open_clip() -> Known:
    """Let open_clip list its models."""
    import open_clip  # heavy

    names = open_clip.list_models()
    return {name: tuple(open_clip.list_pretrained_tags_by_model(name)) for name in names}


def ask_timm(model: str = "") -> Known:
    """Let timm list its models, and tell whether it knows one by an old name."""
    import timm  # heavy

    names = {*timm.list_models(include_tags=True), *timm.list_models()}
    names |= {model} if timm.is_model(model) else set()
    return {name: PRETRAINED * timm.models.is_model_pretrained(name) for name in sorted(names)}
