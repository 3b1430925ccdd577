"""ROC, precision-recall and reliability curves, training curves, and the exchange rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.exchange_rate import ExchangeRate
from synthset.metrics.statistics.operating_curves import FALSE_POSITIVE_RATES, RECALLS
from synthset.pages.experiment.arms_chart import LONGEST
from synthset.pages.experiment.experiment_words import measure_name
from synthset.pages.kit.axes import Axis, make_axis_between, make_linear_axis, make_logarithmic_axis
from synthset.pages.kit.chart import Line, Note, Panel, draw_chart
from synthset.pages.kit.numbers import count
from synthset.pages.kit.palette import choose_arm_colours, choose_arm_dashes
from synthset.pages.kit.picture import Picture, Point, cut
from synthset.results.judgement import Judgement
from synthset.results.trial import Trial

CLASSES = 3  # focus classes that have panels of their own
COLUMNS = 4  # of training curves
FEW = 10  # images of a bin, over all seeds; a share of fewer says too little to be drawn
PLACES = 60  # of a curve
LONGEST_IN_KEY = 60  # letters: an arm and its control begin alike
SQUARE = (250.0, 250.0)


def draw_roc_chart(judgement: Judgement) -> Picture:
    """ROC curves of the mean over classes and of the first focus classes, by arm."""
    panels = [_curves("roc", judgement, label) for label in _first(judgement)]
    title = "ROC curves by arm, mean over seeds: nearer to the top left is better"
    return draw_chart("roc", title, panels, size=(200, 200), key=make_arm_key(judgement))


def draw_pr_chart(judgement: Judgement) -> Picture:
    """Precision against recall, as `draw_roc_chart`."""
    panels = [_curves("pr", judgement, label) for label in _first(judgement)]
    title = "Precision against recall by arm, mean over seeds: nearer to the top right is better"
    return draw_chart("pr", title, panels, size=(200, 200), key=make_arm_key(judgement))


def draw_class_curves(judgement: Judgement, label: int) -> Picture:
    """Both kinds of curves of one class; of -1, of the mean over classes."""
    panels = [_curves(kind, judgement, label) for kind in ("roc", "pr")]
    panels = [
        Panel(title, one.x, one.y, one.content)
        for title, one in zip(("ROC", "precision and recall"), panels, strict=True)
    ]
    title = f"{_name(judgement, label)} against the rest, by arm"
    return draw_chart("class", title, panels, size=SQUARE, key=make_arm_key(judgement))


def draw_reliability_chart(judgement: Judgement) -> Picture:
    """Share right against mean top probability, in 15 bins, all seeds together.

    Bins of fewer than 10 images are left out.
    """
    lines = [Line([(0, 0), (1, 1)], "faint", width=1.2, dash="3 3")]
    for arm, line in zip(judgement.arms, make_arm_key(judgement), strict=True):
        images, probability, right = arm.reliability
        there = images >= FEW
        points = zip(
            (probability[there] / images[there]).tolist(),
            (right[there] / images[there]).tolist(),
            strict=True,
        )
        lines.append(Line(list(points), line.colour, line.name, dash=line.dash, dot=2.4))
    panel = Panel(
        "", _shares("mean top probability"), _shares("share right"),
        [line for line in lines if line.points],
    )  # fmt: skip
    title = (
        "How sure the classifiers are against how often they are right: on the dashed line they "
        "are calibrated"
    )
    return draw_chart("reliability", title, [panel], size=(330, 280), key=make_arm_key(judgement))


def draw_training_chart(judgement: Judgement, trials: Sequence[Trial]) -> Picture | None:
    """Losses and validation accuracy by update: seeds thin, mean thick, the kept update marked.

    None where no training left a look.
    """
    looked = [trial for trial in trials if trial.looks]
    arms = [arm for arm in judgement.arms if any(trial.arm == arm.name for trial in looked)]
    if not arms:
        return None
    paint = choose_arm_colours([arm.name for arm in judgement.arms], judgement.base)
    looks = [look for trial in looked for look in trial.looks]
    x = make_linear_axis("update", [look.update for look in looks], zero=True)
    rights = make_linear_axis(
        "accuracy", [look.val_balanced_accuracy for look in looks], share=True
    )
    losses = make_linear_axis(
        "loss", [v for one in looks for v in (one.val_loss, one.train_loss)], zero=True
    )
    columns, panels = min(COLUMNS, len(arms)), list[Panel | None]()
    for some in (arms[i : i + columns] for i in range(0, len(arms), columns)):
        spare = [None] * (columns - len(some))
        above, below = list[Panel | None](), list[Panel | None]()
        for arm in some:
            own = [trial for trial in looked if trial.arm == arm.name]
            colour = paint[arm.name]
            right = _lines(own, "val_balanced_accuracy", colour, "validation accuracy", "")
            loss = _lines(own, "val_loss", colour, "validation loss", "")
            loss += _lines(own, "train_loss", colour, "training loss", "1.5 2.5")
            above.append(Panel(cut(arm.text, LONGEST), x, rights, right))
            below.append(Panel("", x, losses, loss))
        panels += [*above, *spare, *below, *spare]
    key = (Line((), "soft", "validation"), Line((), "soft", "training", dash="1.5 2.5"),
           Line((), "soft", "the update that was kept", width=0, dot=3.4, ring=True))  # fmt: skip
    title = "Balanced accuracy and loss by update, the mean of the seeds thick"
    return draw_chart("training", title, panels, size=(170, 110), columns=columns, key=key)


def draw_exchange_chart(rate: ExchangeRate, judgement: Judgement) -> Picture:
    """Error against real images: the fitted curve, and what arms with synthetic images equal."""
    curve, colours = rate.curve, {line.name: line.colour for line in make_arm_key(judgement)}
    text = {arm.name: cut(arm.text, LONGEST_IN_KEY) for arm in judgement.arms}
    fitted = [
        (float(n), curve.error(float(n))) for n in np.geomspace(curve.smallest, curve.largest, 60)
    ]
    real = [(n, error) for n, errors in rate.points.values() for error in errors]
    lines: list[Line | Note] = [
        Line(fitted, "ink", "fitted to real images only"),
        Line(real, "soft", "real images alone", width=0, dot=3),
    ]
    for one in rate.worths:
        colour, equal = colours[text[one.arm]], one.equivalent
        ends = [(one.real, one.error), (equal.value, one.error)]
        lines.append(Line(ends, colour, width=1.2, dash="4 3"))
        lines.append(Line(ends[:1], colour, text[one.arm], width=0, dot=4.6))
        mark = {"": "|", "more than": "›", "less than": "‹"}[equal.beyond]
        lines.append(Note(ends[1], mark, colour, size=15, bold=True))
    drawn = [line for line in lines if isinstance(line, Line)]
    points = [point for line in drawn for point in line.points]
    ticks = sorted({n for n, _ in rate.points.values()})
    axis = make_logarithmic_axis("real images, logarithmic", [n for n, _ in points])
    x = Axis(axis.label, axis.low, axis.high, [(n, count(n)) for n in ticks], log=True)
    y = make_linear_axis(
        f"error: 1 − {measure_name(rate.measure, judgement)}", [e for _, e in points], share=True
    )
    title = "How many real images alone would do as well as an arm with synthetic images"
    key = [line for line in drawn if line.name]
    return draw_chart("exchange", title, [Panel("", x, y, lines)], size=(560, 280), key=key)


def _first(judgement: Judgement) -> list[int]:
    return [-1, *judgement.focus[:CLASSES]]


def _name(judgement: Judgement, label: int) -> str:
    return judgement.mean_of_classes if label < 0 else judgement.classes[label]


def make_arm_key(judgement: Judgement) -> list[Line]:
    """Give each arm a line without points, in the colour and dash that it has in every chart."""
    names = [arm.name for arm in judgement.arms]
    paint, dash = (
        choose_arm_colours(names, judgement.base),
        choose_arm_dashes(names, judgement.base),
    )
    return [
        Line((), paint[arm.name], cut(arm.text, LONGEST_IN_KEY), dash=dash[arm.name])
        for arm in judgement.arms
    ]


def _curves(kind: str, judgement: Judgement, label: int) -> Panel:
    places = FALSE_POSITIVE_RATES if kind == "roc" else RECALLS
    lines = []
    for arm, line in zip(judgement.arms, make_arm_key(judgement), strict=True):
        values = getattr(arm.curves, kind)[label]
        if not np.isnan(values).all():
            first = (0.0, 0.0) if kind == "roc" else (0.0, float(values[0]))
            points = [first, *_thin(places, values)]
            lines.append(Line(points, line.colour, line.name, dash=line.dash))
    words = ("false positive rate", "recall") if kind == "roc" else ("recall", "precision")
    return Panel(_name(judgement, label), _shares(words[0]), _shares(words[1]), lines)


def _thin(places: Array, values: Array) -> list[Point]:
    """Leave out places of a curve where it goes on level, and those too near to be seen."""
    chosen = np.unique(np.linspace(0, len(values) - 1, PLACES).round().astype(int)).tolist()
    return [
        (float(places[at]), float(values[at]))
        for before, at, after in zip([None, *chosen], chosen, [*chosen[1:], None], strict=False)
        if before is None or after is None or not values[before] == values[at] == values[after]
    ]


def _shares(label: str) -> Axis:
    return make_axis_between(label, 0.0, 1.0, share=True)


def _lines(trials: Sequence[Trial], name: str, colour: str, text: str, dash: str) -> list[Line]:
    """Each seed thin, the mean of those that still ran thick, a mark at the kept update."""
    by_update: dict[int, list[float]] = {}
    lines, kept = list[Line](), list[Point]()
    for trial in trials:
        points = [(float(look.update), float(getattr(look, name))) for look in trial.looks]
        lines.append(Line(points, colour, width=0.8, dash=dash, opacity=0.5))
        for look, (_, value) in zip(trial.looks, points, strict=True):
            by_update.setdefault(look.update, []).append(value)
        kept += [(at, value) for at, value in points if at == trial.chosen and not dash]
    whole = [(float(at), float(np.mean(found))) for at, found in sorted(by_update.items())
             if len(found) == len(trials)]  # fmt: skip
    if whole:
        lines.append(Line(whole, colour, text, width=2.2, dash=dash))
    return [*lines, *([Line(kept, colour, width=0, dot=3.4, ring=True)] if kept else [])]
