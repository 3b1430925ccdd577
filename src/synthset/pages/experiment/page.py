"""The page of an experiment: one file that needs no other, beside its figures and tables."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

import synthset.pages.dataset.page as shared
from synthset.metrics.statistics.classification import BINS
from synthset.pages.experiment import tables, words
from synthset.pages.experiment.arms_figure import arms_figure
from synthset.pages.experiment.confusion_figure import confusion_figure
from synthset.pages.experiment.curve_figures import (
    exchange_figure,
    pr_figure,
    reliability_figure,
    roc_figure,
    training_figure,
)
from synthset.pages.experiment.parts import Case, Steps
from synthset.pages.kit.drawing import Drawing, colours
from synthset.pages.kit.policy import content_policy
from synthset.pages.kit.templates import KIT, environment
from synthset.recipe.experiment import Experiment
from synthset.results.judgement import Judgement
from synthset.results.judgement_tables import arm_rows, class_rows, to_json
from synthset.results.trial import Trial
from synthset.sheets import write_sheet

HERE = Path(__file__).parent
SMALL = 64  # pixels


def write_experiment_page(
    folder: Path,
    experiment: Experiment,
    judgement: Judgement,
    trials: Sequence[Trial],
    classes: Sequence[str],
    steps: Sequence[Steps] = (),
    cases: Sequence[Case] = (),
) -> Path:
    """Write the page, its figures as SVG and PNG, and the judgement as JSON and CSV.

    What an earlier call wrote there is replaced; the same input gives the same bytes.

    Args:
        folder: made where it is missing.
        experiment: its settings stand at the end of the page.
        judgement: of these trials.
        trials: for the training curves.
        classes: names in label order, as judged.
        steps: an image of each set through the preprocessing.
        cases: test images with explanations.

    Returns:
        `index.html` in the folder.
    """
    figures = _figures(judgement, trials)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for one in (*figures.values(), *(confusion_figure(arm, judgement) for arm in judgement.arms)):
        (folder / "figures" / f"{one.name}.svg").write_bytes(one.svg)
        (folder / "figures" / f"{one.name}.png").write_bytes(one.png)
    text = json.dumps(to_json(judgement), ensure_ascii=False, allow_nan=False, indent=1)
    (folder / "judgement.json").write_text(text + "\n", encoding="utf-8")
    (folder / "arms.csv").write_text(_csv(arm_rows(judgement)), encoding="utf-8")
    (folder / "classes.csv").write_text(_csv(class_rows(judgement)), encoding="utf-8")
    page = folder / "index.html"
    html = _page(experiment, judgement, figures, classes, steps, cases)
    page.write_text(html, encoding="utf-8")
    return page


def _figures(judgement: Judgement, trials: Sequence[Trial]) -> dict[str, Drawing]:
    found = [
        arms_figure(judgement),
        roc_figure(judgement),
        pr_figure(judgement),
        reliability_figure(judgement),
        training_figure(judgement, trials),
    ]
    if judgement.exchange is not None:
        found.append(exchange_figure(judgement.exchange, judgement))
    return {one.name: one for one in found if one is not None}


def _page(
    experiment: Experiment,
    judgement: Judgement,
    figures: dict[str, Drawing],
    classes: Sequence[str],
    steps: Sequence[Steps],
    cases: Sequence[Case],
) -> str:
    pages = environment(HERE)
    pages.filters.update(
        count=shared.count, number=shared.number, percent=words.percent, uri=_uri, pixels=_pixels
    )
    texts = {arm.name: arm.text for arm in judgement.arms}
    script = (HERE / "experiment.js").read_text(encoding="utf-8")
    content: dict[str, Any] = {
        "style": Markup(_style()),
        "script": Markup(script),
        "policy": content_policy(script),
        "data": Markup(tables.script_data(judgement)),
        "judgement": judgement,
        "figures": {name: one.inline for name, one in figures.items()},
        "headlines": words.headlines(judgement),
        "measures": tables.measures_shown(judgement),
        "compared": tables.compared(judgement),
        "by_class": tables.by_class(judgement),
        "classes": classes,
        "steps": steps,
        "cases": [_arm_cases(arm.name, arm.text, cases) for arm in judgement.arms],
        "settings": experiment.to_yaml(),
        "bins": BINS,
        "first_focus": judgement.shown.index(judgement.focus[0]) if judgement.focus else 0,
        "base_text": texts.get(judgement.base, judgement.base),
        "texts": texts,
        "colours": colours(list(texts), judgement.base),
        "choose": "" if experiment.training.choose == "last" else experiment.training.choose,
        "redraw": experiment.real.redraw,
        "span": words.span,
        "name_of": words.measure_name,
        "interval_title": tables.interval_title,
        "heat": tables.heat,
        "chance": tables.chance,
        "trained_on": tables.trained_on,
        "bound": tables.bound,
        "worth_words": tables.worth_words,
    }
    return pages.get_template("page.html.j2").render(content)


def _arm_cases(name: str, text: str, cases: Sequence[Case]) -> tuple[str, list[Case], list[Case]]:
    """An arm's cases: words, wrong ones, right ones."""
    own = [case for case in cases if case.arm == name]
    return text, [one for one in own if not one.right], [one for one in own if one.right]


def _style() -> str:
    files = (KIT / "page.css", HERE / "experiment.css")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _pixels(image: bytes, style: str = "") -> Markup:
    """The class of an image: a small one is enlarged without smoothing."""
    width = int.from_bytes(image[16:20])  # PNG: the first field of its first chunk
    named = " ".join(name for name in (style, "pixels" if width < SMALL else "") if name)
    return Markup(f' class="{named}"') if named else Markup()


def _uri(image: bytes) -> Markup:
    return Markup(f"data:image/png;base64,{b64encode(image).decode()}")


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as CSV, empty where a figure doesn't exist."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return write_sheet(columns, [[row.get(key, "") for key in columns] for row in rows])
