"""A judgement as JSON and as tables: a row an arm, a row an arm and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from synthset.metrics.statistics.classification import BINS, OF_A_CLASS
from synthset.metrics.statistics.intervals import LEVEL
from synthset.metrics.statistics.operating_curves import FALSE_POSITIVE_RATES, RECALLS
from synthset.results.arm_judgement import ArmJudgement
from synthset.results.figure import ConfidenceInterval, Figure
from synthset.results.judge import Difference
from synthset.results.judgement import Judgement

FORMAT = 2
DIGITS = 6
SQUARE = 100  # classes up to which the JSON holds whole confusion matrices
Row = dict[str, Any]


def to_json(judgement: Judgement) -> dict[str, Any]:
    """Everything that the judgement holds, for `json.dumps`; what doesn't exist is null.

    Confusion matrices of more than 100 classes, and curves, are those of the shown classes.
    """
    return {
        "format": FORMAT,
        "name": judgement.name,
        "description": judgement.description,
        "classes": list(judgement.classes),
        "focus": [judgement.classes[i] for i in judgement.focus],
        "shown": [judgement.classes[i] for i in judgement.shown],
        "base": judgement.base,
        "seeds": list(judgement.seeds),
        "level": LEVEL,
        "ece_bins": BINS,
        "test_images": judgement.test_images.tolist(),
        "false_positive_rates": plain(FALSE_POSITIVE_RATES),
        "recalls": plain(RECALLS),
        "arms": [_arm(arm, judgement) for arm in judgement.arms],
        "leaders": {name: plain(asdict(one)) for name, one in judgement.leaders.items()},
        "correction": judgement.correction,
        "differences": {
            name: [plain(asdict(row)) for row in rows]
            for name, rows in judgement.differences.items()
        },
        "exchange": None if judgement.exchange is None else plain(asdict(judgement.exchange)),
        "notes": list(judgement.notes),
    }


def arm_rows(judgement: Judgement) -> list[Row]:
    """A row an arm: training images by origin, each measure, each difference to the base."""
    origins = _origins(judgement)
    rows = []
    for arm in judgement.arms:
        row: Row = {"arm": arm.name, "text": arm.text, "seeds": len(arm.seeds)}
        row |= {f"train_{origin}": _total(arm.training, origin) for origin in origins}
        row |= {f"pretrain_{origin}": _total(arm.pretraining, origin) for origin in origins}
        for name, found in arm.whole.items():
            row |= _cells(name, found)
        for name, differences in judgement.differences.items():
            own = next((one for one in differences if one.arm == arm.name), None)
            row |= _difference(f"difference_{name.replace(' ', '_')}", own)
        rows.append(row)
    return rows


def class_rows(judgement: Judgement) -> list[Row]:
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
                    row[f"{prefix}_{origin}"] = 0 if images is None else plain(images[label])
            for measure in OF_A_CLASS:
                row |= _cells(measure, arm.classes[measure][label])
            rows.append(row)
    return rows


def plain(value: Any) -> Any:
    """Make a value one that JSON has: lists, six decimals, null for what doesn't exist."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, DIGITS)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


def _arm(arm: ArmJudgement, judgement: Judgement) -> dict[str, Any]:
    shown = list(judgement.shown)
    count = len(judgement.classes)
    whole_matrix = count <= SQUARE
    drawn = [*shown, count]  # the last is the mean of the classes
    return {
        "name": arm.name,
        "text": arm.text,
        "seeds": list(arm.seeds),
        "training": plain(arm.training),
        "pretraining": plain(arm.pretraining),
        "chosen": list(arm.chosen),
        "seconds": plain(list(arm.seconds)),
        "measures": {name: plain(asdict(found)) for name, found in arm.whole.items()},
        "classes": {
            name: [plain(asdict(one)) for one in found] for name, found in arm.classes.items()
        },
        "confusion": {
            "classes": [judgement.classes[i] for i in (range(count) if whole_matrix else shown)],
            "counts": plain(arm.confusion if whole_matrix else arm.confusion[np.ix_(shown, shown)]),
        },
        "curves": {
            "classes": [*(judgement.classes[i] for i in shown), judgement.mean_of_classes],
            "roc": plain(arm.curves.roc[drawn]),
            "pr": plain(arm.curves.pr[drawn]),
        },
        "reliability": plain(
            dict(zip(("images", "probability", "right"), arm.reliability, strict=True))
        ),
    }


def _cells(name: str, found: Figure) -> Row:
    cells = {name: found.value, **_ends(name, found.interval)}
    if found.chance is not None or found.n is not None:
        cells |= _ends(f"{name}_test", found.chance)
    return {key: plain(value) for key, value in cells.items()}


def _difference(name: str, found: Difference | None) -> Row:
    if found is None:
        found = Difference("", Figure(None))
    cells = {name: found.figure.value, **_ends(name, found.figure.interval)}
    cells |= {f"{name}_p": found.p, f"{name}_p_holm": found.p_holm}
    return {key: plain(value) for key, value in cells.items()}


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
