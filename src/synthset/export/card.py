"""The dataset card, `README.md`: what the images are, how they were made, and their limits."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from synthset.export.accepted import judge_limits
from synthset.export.files import File
from synthset.export.folder import ExportFolder
from synthset.export.metadata import make_class_rows
from synthset.formats.class_folders import get_class_folder
from synthset.formats.manifest import read_imported
from synthset.recipe.variables import conceal, fill_in
from synthset.results.metric_result import MetricResult
from synthset.results.reason import Reason
from synthset.results.reason import describe_reason as words_of
from synthset.store.dataset import Dataset

CARD = "README.md"
BESIDE = "README.new.md"
SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)
LISTED = 200  # classes that the card lists; classes.json has all
DATA_FILES = {
    "imagefolder": "{split}/**",
    "webdataset": "data/{split}-*.tar",
    "parquet": "data/{split}-*.parquet",
}
MADE_BY_MODEL = {"txt2img", "img2img"}


def write_card(
    folder: ExportFolder,
    dataset: Dataset,
    kept: pa.Table,
    files: Sequence[File],
    ours: str | None,
    layout: str = "imagefolder",
) -> tuple[str | None, list[str]]:
    """Write the card; one that a person has changed stays, and the new one lies beside it.

    Args:
        folder: the folder of the export.
        dataset: what was exported.
        kept: its kept records.
        files: their files.
        ours: hash of the card that an earlier export wrote.
        layout: kind of the export.

    Returns:
        The hash of our last card at its own place, and what a user should know.
    """
    text = write_card_text(dataset, kept, files, layout)
    notes = [str(one) for one in judge_limits(dataset) if not one.accepted]
    notes += [f"{name} has no image in the export" for name in _name_empty(dataset, files)]
    if folder.exists(CARD) and _hash(folder.read(CARD)) not in (ours, _hash(text.encode())):
        folder.write(BESIDE, text.encode())
        return ours, [
            *notes,
            f"{folder}/{CARD} was changed by hand, so it is kept; the new card is {BESIDE}",
        ]
    folder.write(CARD, text.encode())
    return _hash(text.encode()), notes


def write_card_text(
    dataset: Dataset, kept: pa.Table, files: Sequence[File], layout: str = "imagefolder"
) -> str:
    """Write the text of the card."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown; `words` escapes what users wrote
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(words=escape_words, number=format_number)
    return environment.get_template("card.md.j2").render(_facts(dataset, kept, files, layout))


def escape_words(text: Any) -> str:
    """Make a user's words safe in a Markdown table: one line, no HTML, no column marks."""
    line = re.sub(r"\s+", " ", conceal(str(text))).strip()
    return re.sub(
        r"([\\`*_\[\]|])",
        r"\\\1",
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    )


def format_number(value: float | None) -> str:
    """Write a result with four digits, or a dash."""
    return "–" if value is None else f"{value:.4g}"


def _facts(dataset: Dataset, kept: pa.Table, files: Sequence[File], layout: str) -> dict[str, Any]:
    recipe, classes = dataset.recipe_content(), make_class_rows(dataset, files)
    fill_in(recipe, leave_unset=True)  # from here on `conceal` knows what the variables hold
    records, source = dataset.records(scores=False), recipe.get("source") or {}
    splits = dict(sorted(Counter(file.split for file in files).items()))
    generated = source.get("kind") in MADE_BY_MODEL
    front = _front(dataset.name, kept.num_rows, splits, generated, layout)
    labels = {split: _has_other_indices(classes, split) for split in splits}
    return {
        "front": yaml.safe_dump(front, sort_keys=False, allow_unicode=True),
        "layout": layout,
        "name": dataset.name,
        "description": recipe.get("description") or "",
        "classes": classes,
        "listed": LISTED,
        "splits": splits,
        "shifted": any(labels.values()),
        "empty": _name_empty(dataset, files),
        "origins": dict(Counter(kept.column("origin").to_pylist()).most_common()),
        "generated": generated,
        "source": source,
        "prompts": recipe.get("prompts") or {},
        "examples": _examples(kept),
        "planned": records.num_rows,
        "failed": records.num_rows - records.column("error").null_count,
        "found": read_imported(dataset),
        "kept": kept.num_rows,
        "reasons": count_reasons(records),
        "metrics": _metrics(dataset.metrics()),
        "verdicts": judge_limits(dataset),
        "sizes": _sizes(kept),
    }


def _front(
    name: str, count: int, splits: Mapping[str, int], generated: bool, layout: str
) -> dict[str, Any]:
    names = {"train": "train", "val": "validation"}
    path = DATA_FILES.get(layout)  # of arrays the hub reads nothing
    files = [{"split": names[split], "path": path.format(split=split)} for split in splits if path]
    return {
        "license": "unknown",
        "task_categories": ["image-classification"],
        "size_categories": [next((name for limit, name in SIZES if count < limit), "10M<n<100M")],
        "tags": ["synthset", *(["synthetic"] if generated else [])],
        "pretty_name": name,
        **({"configs": [{"config_name": "default", "data_files": files}]} if files else {}),
    }


def _has_other_indices(classes: Sequence[Mapping[str, Any]], split: str) -> bool:
    return any(entry["imagefolder_index"][split] not in (None, entry["label"]) for entry in classes)


def _name_empty(dataset: Dataset, files: Sequence[File]) -> list[str]:
    folders = {get_class_folder(file.name) for file in files}
    return [entry["name"] for entry in dataset.classes() if entry["folder"] not in folders]


def _examples(kept: pa.Table) -> list[str]:
    prompts = [text for text in kept.column("prompt").to_pylist() if text]
    return list(dict.fromkeys(prompts[:: max(1, len(prompts) // 5)]))[:5]


def count_reasons(records: pa.Table) -> list[tuple[str, int]]:
    """Count what was dropped by reason, most frequent first, without each image's own value."""
    dropped = records.filter(pc.invert(records.column("keep")))
    groups = Counter(Reason(**cell).group for cell in dropped.column("reason").to_pylist())
    return [(words_of(group), n) for group, n in groups.most_common()]


def _metrics(found: Sequence[MetricResult]) -> list[dict[str, Any]]:
    """One row a metric of the whole set, what was made beside what is kept."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for metric in found:
        if metric.class_key is not None or metric.of not in ("all", "kept"):
            continue
        key = (metric.name, metric.measured_by, metric.reference)
        blank = {
            "name": metric.name,
            "better": metric.better,
            "measured_by": metric.measured_by or "–",
            "reference": metric.reference or "–",
            "all": "–",
            "kept": "–",
            "warning": None,
        }
        row = rows.setdefault(key, blank)
        row[metric.of] = f"{format_number(metric.value)}{metric.over} (n = {metric.n})"
        row["warning"] = metric.warning or row["warning"]
    return list(rows.values())


def _sizes(kept: pa.Table) -> str:
    found = Counter(
        zip(kept.column("width").to_pylist(), kept.column("height").to_pylist(), strict=True)
    )
    if len(found) == 1:
        width, height = next(iter(found))
        return f", {width} × {height} px"
    return f", in {len(found)} sizes"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
