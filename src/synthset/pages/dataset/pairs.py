"""The closest pairs: each generated image beside the real one that it is most alike, ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthset.errors import DatasetError
from synthset.pages.dataset.gallery import make_pictures
from synthset.pages.kit.thumbnails import make_thumbnails
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.store.dataset import Dataset
from synthset.thumbnail import Thumbnail

Shown = dict[str, Any]


def make_closest_pairs(dataset: Dataset, seen: FinishedRecords) -> list[Shown]:
    """Prepare what the metrics `copies` found.

    Returns:
        Of each metric: `measured_by`, `reference`, `threshold`, `parts` (all, kept, rejected and,
        as `real`, the real images among themselves: `count`, `n`, `share`, `interval`) and `pairs`,
        the closest first: `similarity`, `generated` and `real` (pictures; None where it cannot be
        read), `class`, `real_class`, `same_bytes`, `keep`, `above` (the threshold).
    """
    path = (dataset.view.metrics or "").replace(".json", "-pairs.json")
    if not path or not dataset.folder.exists(path):
        return []
    shown = []
    for page in dataset.read_json(path):
        parts = [*page["parts"], {**page["real"], "of": "real"}]
        pairs = _pairs(dataset, seen, page) if page["pairs"] else []
        shown.append({**page, "parts": parts, "pairs": pairs})
    return shown


def _pairs(dataset: Dataset, seen: FinishedRecords, page: Mapping[str, Any]) -> list[Shown]:
    found = page["pairs"]
    places = {name: row for row, name in enumerate(seen.records.column("id").to_pylist())}
    mine = make_thumbnails(dataset, [pair["id"] for pair in found])
    real, sources = _real(dataset, page["place"], [pair["real_id"] for pair in found])
    shown = []
    for pair in found:
        row = places.get(pair["id"])
        if row is None:
            continue
        facts = {
            "class": pair["real_class_name"],
            "reference": page["reference"],
            "file": sources.get(pair["real_id"]),
            "id": pair["real_id"],
        }
        words = "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
        thumbnail = real.get(pair["real_id"])
        shown.append(
            {
                "similarity": pair["similarity"],
                "generated": next(iter(make_pictures(seen, [row], mine)), None),
                "real": thumbnail and {"thumbnail": thumbnail, "facts": words},
                "class": pair["class_name"],
                "real_class": pair["real_class_name"],
                "same_bytes": pair["same_bytes"],
                "keep": bool(seen.keep[row]),
                "above": pair["similarity"] >= page["threshold"],
            }
        )
    return shown


def _real(
    dataset: Dataset, place: str, ids: Sequence[str]
) -> tuple[dict[str, Thumbnail], dict[str, str]]:
    """Thumbnails of real images, and the name of the file that each came from."""
    try:
        images = Dataset.open(f"{dataset.path}/{place}")
        plan = images.read(images.view.plan, ["id", "source"]).to_pylist()
    except DatasetError:  # the reference was not taken along: the numbers stand without it
        return {}, {}
    wanted = set(ids)
    sources = {row["id"]: row["source"] for row in plan if row["id"] in wanted and row["source"]}
    files = {name: source.rsplit("/", 1)[-1] for name, source in sources.items()}
    return make_thumbnails(images, list(dict.fromkeys(ids))), files
