"""The page of an experiment: one file that needs no other, beside its figures and tables."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from markupsafe import Markup

from synthset.metrics.statistics.classification import BINS, normalise_confusion
from synthset.pages.experiment import experiment_tables as tables
from synthset.pages.experiment import experiment_words as words
from synthset.pages.experiment.answer_words import write_answer
from synthset.pages.experiment.arms_chart import draw_arms_chart
from synthset.pages.experiment.budget_words import (
    describe_growth,
    describe_seeds,
    list_doubtful,
    write_budgets,
)
from synthset.pages.experiment.budgets_chart import draw_budgets_chart
from synthset.pages.experiment.curve_charts import (
    draw_class_curves,
    draw_exchange_chart,
    draw_pr_chart,
    draw_reliability_chart,
    draw_roc_chart,
    draw_training_chart,
)
from synthset.pages.experiment.judge_words import describe_judges
from synthset.pages.experiment.leak_words import (
    MARKS,
    count_probed,
    describe_leak,
    describe_use,
    explain_leaks,
)
from synthset.pages.experiment.parts import ExplainedImage, Steps
from synthset.pages.kit.matrix import draw_matrix
from synthset.pages.kit.picture import Picture
from synthset.pages.kit.picture_files import write_picture
from synthset.pages.kit.render import render_page
from synthset.recipe.experiment import Experiment
from synthset.results.arm_judgement import ArmJudgement
from synthset.results.cue_match import CueMatch
from synthset.results.judgement import Judgement
from synthset.results.judgement_tables import make_arm_rows, make_class_rows
from synthset.results.stored import dump
from synthset.results.trial import Trial
from synthset.sheets import write_rows
from synthset.store.files import replace_file

SMALL = 64  # pixels


def write_experiment_page(
    folder: Path,
    experiment: Experiment,
    judgement: Judgement,
    trials: Sequence[Trial],
    steps: Sequence[Steps] = (),
    cases: Sequence[ExplainedImage] = (),
    matches: Sequence[CueMatch] = (),
    *,
    command: Literal["experiment", "train"] = "experiment",
    judged_by: Literal["test", "val"] = "test",
    settings: str | None = None,
) -> Path:
    """Write the page, its figures as SVG and PNG, and the judgement as JSON and CSV, and
    how the next images are to be divided among the classes.

    What an earlier call wrote there is replaced; the same input gives the same bytes.

    Args:
        folder: made where it is missing.
        experiment: whose it is.
        judgement: of these trials.
        trials: for the training curves.
        steps: an image of each set through the preprocessing.
        cases: test images with explanations.
        matches: sets whose cues were matched.
        command: that made it; an experiment's test images are real ones.
        judged_by: test images, or the validation images that chose the weights too.
        settings: at the end of the page; none shows those of the experiment.

    Returns:
        `index.html` in the folder.
    """
    figures = _figures(judgement, trials)
    for one in (*figures.values(), *(_confusion(arm, judgement) for arm in judgement.arms)):
        write_picture(one, folder / "figures")
    replace_file(folder / "judgement.json", dump(judgement.shorten()).encode())
    replace_file(folder / "arms.csv", write_rows(make_arm_rows(judgement)).encode())
    replace_file(folder / "classes.csv", write_rows(make_class_rows(judgement)).encode())
    if judgement.next_round is not None:
        replace_file(folder / "next_round.yaml", judgement.next_round.to_yaml().encode())
    page = folder / "index.html"
    content = _fill_page(experiment, judgement, figures, steps, cases)
    content |= {"command": command, "judged_by": judged_by, "matches": matches}
    content["settings"] = experiment.to_yaml() if settings is None else settings
    html = render_page(
        "experiment/experiment_page.html.j2",
        content,
        scripts=["experiment/experiment.js"],
        data=tables.make_script_data(judgement),
    )
    replace_file(page, html.encode())
    return page


def _figures(judgement: Judgement, trials: Sequence[Trial]) -> dict[str, Picture]:
    found = [
        draw_arms_chart(judgement),
        draw_roc_chart(judgement),
        draw_pr_chart(judgement),
        draw_reliability_chart(judgement),
        draw_training_chart(judgement, trials),
    ]
    if judgement.budgets is not None:
        found.append(draw_budgets_chart(judgement, judgement.budgets))
    if judgement.exchange is not None:
        found.append(draw_exchange_chart(judgement.exchange, judgement))
    return {one.name: one for one in found if one is not None}


def _confusion(arm: ArmJudgement, judgement: Judgement) -> Picture:
    """Of more than 40 classes only the shown ones are drawn; a row then need not sum to 100 %."""
    shown = list(judgement.shown)
    names = [judgement.classes[i] for i in shown]
    return draw_matrix(
        f"confusion-{arm.name}",
        f"{arm.text}: what test images are classified as, in percent of the row",
        names,
        names,
        normalise_confusion(arm.confusion)[np.ix_(shown, shown)],
        ("classified as", "class of the test image"),
    )


def _fill_page(
    experiment: Experiment,
    judgement: Judgement,
    figures: dict[str, Picture],
    steps: Sequence[Steps],
    cases: Sequence[ExplainedImage],
) -> dict[str, Any]:
    texts = {arm.name: arm.text for arm in judgement.arms}
    return {
        "judgement": judgement,
        "figures": figures,
        "answer": write_answer(judgement),
        "headlines": words.write_headlines(judgement),
        "budgets": write_budgets(judgement),
        "updates": experiment.training.updates,
        **_fill_budgets(judgement),
        "measures": tables.list_measures(judgement),
        "compared": tables.compare_arms(judgement),
        "tuned": tables.list_tunings(judgement),
        "tuned_by": words.NAMES[experiment.tuned_by],
        "gained": tables.list_gains(judgement),
        "leaks": explain_leaks(judgement),
        "judges": describe_judges(judgement.judges, texts),
        "leak_marks": MARKS,
        "leak_lines": describe_leak,
        "count_probed": count_probed,
        "describe_use": describe_use,
        "by_class": tables.make_class_tables(judgement),
        "steps": steps,
        "cases": [_arm_cases(arm.name, arm.text, cases) for arm in judgement.arms],
        "bins": BINS,
        "curves": [
            (name, draw_class_curves(judgement, label))
            for name, label in [
                (judgement.mean_of_classes, -1),
                *((judgement.classes[i], i) for i in judgement.shown),
            ]
        ],
        "base_text": texts.get(judgement.base, judgement.base),
        "texts": texts,
        "choose": "" if experiment.training.choose == "last" else experiment.training.choose,
        "redraw": experiment.real.redraw,
        "name_of": words.measure_name,
        "interval_title": tables.explain_interval,
        "heat": tables.scale_heat,
        "chance": tables.format_chance,
        "trained_on": tables.describe_training,
        "worth_words": tables.describe_worth,
        "uri": _uri,
        "pixels": _pixels,
    }


def _fill_budgets(judgement: Judgement) -> dict[str, Any]:
    budgets = judgement.budgets
    if budgets is None:
        return {}
    return {
        "growth": describe_growth(judgement, budgets),
        "budget_seeds": describe_seeds(judgement, budgets),
        "changes": tables.list_changes(judgement, budgets),
        "doubtful": list_doubtful(judgement, budgets),
    }


def _arm_cases(
    name: str, text: str, cases: Sequence[ExplainedImage]
) -> tuple[str, list[ExplainedImage], list[ExplainedImage]]:
    """An arm's cases: words, wrong ones, right ones."""
    own = [case for case in cases if case.arm == name]
    return text, [one for one in own if not one.right], [one for one in own if one.right]


def _pixels(image: bytes, style: str = "") -> Markup:
    """The class of an image: a small one is enlarged without smoothing."""
    width = int.from_bytes(image[16:20])  # PNG: the first field of its first chunk
    named = " ".join(name for name in (style, "pixels" if width < SMALL else "") if name)
    return Markup(f' class="{named}"') if named else Markup()


def _uri(image: bytes) -> Markup:
    return Markup(f"data:image/png;base64,{b64encode(image).decode()}")
