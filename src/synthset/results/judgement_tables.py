"""A judgement as tables: a row an arm, a row an arm and class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthset.metrics.statistics.classification import OF_A_CLASS
from synthset.results.figure import ConfidenceInterval, Figure
from synthset.results.judge import Difference
from synthset.results.judgement import Judgement
from synthset.results.stored import to_plain

OWN_JUDGE = "its earlier parts"  # train the judge of an arm that names no other
Row = dict[str, Any]


def make_arm_rows(judgement: Judgement) -> list[Row]:
    """A row an arm: training images by origin, each measure, each difference to the base."""
    origins = _origins(judgement)
    rows = []
    for arm in judgement.arms:
        row: Row = {"arm": arm.name, "text": arm.text, "seeds": len(arm.seeds)}
        row |= {f"train_{origin}": _total(arm.training, origin) for origin in origins}
        row |= {f"pretrain_{origin}": _total(arm.pretraining, origin) for origin in origins}
        for name, found in arm.whole.items():
            row |= _cells(name, found)
        row["choices"] = ", ".join(f"{origin}: {by}" for origin, by in arm.choices.items())
        row["judge"] = arm.judge or (OWN_JUDGE if arm.choices else "")
        row |= {"source_bits": to_plain(arm.leak.bits), "source_leak": arm.leak.verdict}
        row |= _cells("source_auc", arm.leak.auc or Figure(None))
        for name in ("excess", "control"):
            use = getattr(arm.leak.use, name, Figure(None))
            row |= _cells(f"source_use_{name}", use)
        for name, differences in judgement.differences.items():
            own = next((one for one in differences if one.arm == arm.name), None)
            row |= _difference(f"difference_{name.replace(' ', '_')}", own)
        rows.append(row)
    return rows


def make_class_rows(judgement: Judgement) -> list[Row]:
    """A row an arm and class, all classes: images, then each measure of the class."""
    origins, rows = _origins(judgement), []
    for arm in judgement.arms:
        for label, name in enumerate(judgement.classes):
            row: Row = {
                "arm": arm.name,
                "class": name,
                "focus": label in judgement.focus,
                "test_images": int(judgement.test_images[label]),
            }
            for prefix, counts in (("train", arm.training), ("pretrain", arm.pretraining)):
                for origin in origins:
                    images = counts.get(origin)
                    row[f"{prefix}_{origin}"] = 0 if images is None else to_plain(images[label])
            for measure in OF_A_CLASS:
                row |= _cells(measure, arm.classes[measure][label])
            rows.append(row)
    return rows


def _cells(name: str, found: Figure) -> Row:
    cells = {name: found.value, **_ends(name, found.interval)}
    if found.chance is not None or found.n is not None:
        cells |= _ends(f"{name}_test", found.chance)
    return {key: to_plain(value) for key, value in cells.items()}


def _difference(name: str, found: Difference | None) -> Row:
    if found is None:
        found = Difference("", Figure(None))
    cells = {name: found.figure.value, **_ends(name, found.figure.interval)}
    cells |= {f"{name}_p": found.p, f"{name}_p_holm": found.p_holm}
    return {key: to_plain(value) for key, value in cells.items()}


def _ends(name: str, found: ConfidenceInterval | None) -> Row:
    return {f"{name}_low": found and found.low, f"{name}_high": found and found.high}


def _total(counts: Mapping[str, Any], origin: str) -> float | int:
    """Images of an origin; a mean over seeds may end in a fraction."""
    total = float(counts[origin].sum()) if origin in counts else 0.0
    return int(total) if total.is_integer() else round(total, 2)


def _origins(judgement: Judgement) -> list[str]:
    found = dict.fromkeys(
        origin for arm in judgement.arms for origin in (*arm.training, *arm.pretraining)
    )
    return sorted(found, key=lambda origin: origin != "real")
