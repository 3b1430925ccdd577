"""What is known of hub models by their names alone, before they are downloaded."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "hub-models.tsv"  # from the models' own configuration files and cards


@dataclass(frozen=True, slots=True)
class Known:
    """A hub model.

    Attributes:
        pipeline: diffusers' class.
        size_px: width and height that it makes unless told otherwise.
        guidance_embeds: whether its network is told the guidance.
        parameters: of its UNet or transformer.
    """

    pipeline: str
    size_px: int
    guidance_embeds: bool
    parameters: int


def look_up(model: str) -> Known | None:
    """Look a hub id up; None where it is in no list of ours.

    >>> look_up("stable-diffusion-v1-5/stable-diffusion-v1-5").size_px
    512
    """
    return _read_known().get(model.casefold())


@cache
def _read_known() -> dict[str, Known]:
    text = files("synthset.sources.diffusion").joinpath("data", FILE).read_text(encoding="utf-8")
    return {
        row["model"].casefold(): Known(
            row["pipeline"],
            int(row["size_px"]),
            row["guidance_embeds"] == "true",
            int(row["millions"]) * 10**6,
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    }
