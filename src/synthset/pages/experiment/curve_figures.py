"""ROC, precision-recall and reliability curves, training curves, and the exchange rate."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.exchange_rate import ExchangeRate
from synthset.metrics.statistics.operating_curves import FALSE_POSITIVE_RATES, RECALLS
from synthset.pages.experiment.arms_figure import short
from synthset.pages.experiment.words import measure_name
from synthset.pages.kit.drawing import (
    INK,
    SOFT,
    Drawing,
    colours,
    dashes,
    drawn,
    legend,
    panels,
    title,
)
from synthset.results.judgement import Judgement
from synthset.results.trial import Look, Trial

CLASSES = 3  # focus classes that have panels of their own
COLUMNS = 4  # of training curves
FEW = 10  # images of a bin, over all seeds; a share of fewer says too little to be drawn


def roc_figure(judgement: Judgement) -> Drawing:
    """ROC curves of the mean over classes and of the first focus classes, by arm."""
    return _curves("roc", judgement, FALSE_POSITIVE_RATES, "false positive rate", "recall")


def pr_figure(judgement: Judgement) -> Drawing:
    """Precision against recall, as `roc_figure`."""
    return _curves("pr", judgement, RECALLS, "recall", "precision")


def reliability_figure(judgement: Judgement) -> Drawing:
    """Share right against mean top probability, in 15 bins, all seeds together.

    Bins of fewer than 10 images are left out.
    """
    figure, axes = panels(1, 1, 5.6, 4.4)
    axis, names = axes[0], [arm.name for arm in judgement.arms]
    paint, dash = colours(names, judgement.base), dashes(names, judgement.base)
    axis.plot([0, 1], [0, 1], color=SOFT, lw=1, ls=(0, (3, 3)))
    for arm in judgement.arms:
        images, probability, right = arm.reliability
        there = images >= FEW
        axis.plot(
            probability[there] / images[there], right[there] / images[there],
            dash[arm.name], marker="o", ms=3, color=paint[arm.name], lw=1.5, label=short(arm.text),
        )  # fmt: skip
    _shares(axis, "mean top probability", "share right")
    legend(figure)
    return drawn("reliability", figure, "Reliability curves by arm")


def training_figure(judgement: Judgement, trials: Sequence[Trial]) -> Drawing | None:
    """Losses and validation accuracy by update: seeds thin, mean thick, the kept update marked.

    None where no training left a look.
    """
    arms = [arm for arm in judgement.arms if any(t.looks for t in trials if t.arm == arm.name)]
    if not arms:
        return None
    columns, rows = min(COLUMNS, len(arms)), ceil(len(arms) / COLUMNS)
    figure, axes = panels(2 * rows, columns, 0.6 + 2.75 * columns, 3.9 * rows, share_x=True)
    paint = colours([arm.name for arm in judgement.arms], judgement.base)
    for place, arm in enumerate(arms):
        row, column = divmod(place, columns)
        above = axes[2 * row * columns + column]
        below = axes[(2 * row + 1) * columns + column]
        own = [trial for trial in trials if trial.arm == arm.name and trial.looks]
        _lines(above, own, "val_balanced_accuracy", paint[arm.name], "-")
        _lines(below, own, "val_loss", paint[arm.name], "-")
        _lines(below, own, "train_loss", paint[arm.name], ":")
        title(above, short(arm.text))
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
        below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        if column == 0:
            above.set_ylabel("balanced accuracy,\nvalidation")
            below.set_ylabel("loss: validation,\ntraining dotted")
    for spare in range(len(arms), rows * columns):
        row, column = divmod(spare, columns)
        axes[2 * row * columns + column].set_axis_off()
        axes[(2 * row + 1) * columns + column].set_axis_off()
    _alike(axes, columns)
    figure.supxlabel("updates", fontsize=9, color=SOFT)
    return drawn("training", figure, "Loss and validation accuracy by update")


def exchange_figure(rate: ExchangeRate, judgement: Judgement) -> Drawing:
    """Error against real images: the fitted curve, and what arms with synthetic images equal."""
    figure, axes = panels(1, 1, 7.0, 3.9)
    axis, curve = axes[0], rate.curve
    paint = colours([arm.name for arm in judgement.arms], judgement.base)
    text = {arm.name: short(arm.text) for arm in judgement.arms}
    counts = np.geomspace(curve.smallest, curve.largest, 100)
    fitted = [curve.error(float(count)) for count in counts]
    axis.plot(counts, fitted, color=INK, lw=1.6, label="fitted to real images alone")
    for images, errors in rate.points.values():
        axis.plot([images] * len(errors), errors, "o", color=SOFT, ms=4, alpha=0.8)
    for one in rate.worths:
        colour = paint[one.arm]
        axis.plot([one.real], [one.error], "o", color=colour, ms=7, label=text[one.arm])
        axis.plot([one.real, one.equivalent.value], [one.error] * 2, color=colour, lw=1.2, ls="--")
        marker = {"": "|", "more than": ">", "less than": "<"}[one.equivalent.beyond]
        axis.plot([one.equivalent.value], [one.error], marker, color=colour, ms=9, mew=1.6)
    axis.set_xscale("log")
    ticks = sorted({images for images, _ in rate.points.values()})
    axis.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("real images")
    axis.set_ylabel(f"error (1 − {measure_name(rate.measure, judgement)})")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    legend(figure)
    return drawn("exchange", figure, "Error against the number of real images")


def _curves(kind: str, judgement: Judgement, places: Array, x: str, y: str) -> Drawing:
    rows = [(judgement.mean_of_classes, -1)]
    rows += [(judgement.classes[i], i) for i in judgement.focus[:CLASSES]]
    figure, axes = panels(1, len(rows), 2.2 + 3.3 * len(rows), 3.6, share_y=True)
    names = [arm.name for arm in judgement.arms]
    paint, dash = colours(names, judgement.base), dashes(names, judgement.base)
    for axis, (words, label) in zip(axes, rows, strict=True):
        for arm in judgement.arms:
            values = getattr(arm.curves, kind)[label]
            first = (0.0, 0.0) if kind == "roc" else (0.0, values[0])
            line = np.vstack([first, np.stack([places, values], axis=1)])
            named = short(arm.text) if axis is axes[0] else None
            axis.plot(*line.T, dash[arm.name], color=paint[arm.name], lw=1.5, label=named)
        title(axis, words)
        _shares(axis, x, y if axis is axes[0] else "")
    legend(figure)
    return drawn(kind, figure, f"{kind.upper()} curves by arm, mean over seeds")


def _shares(axis: Axes, x: str, y: str) -> None:
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x, ylabel=y)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MaxNLocator(5))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))


def _lines(axis: Axes, trials: Sequence[Trial], name: str, colour: str, dash: str) -> None:
    """Each seed thin, the mean of those that still ran thick, a mark at the kept update."""
    by_update: dict[int, list[float]] = {}
    for trial in trials:
        looks: Sequence[Look] = trial.looks
        values = [float(getattr(look, name)) for look in looks]
        axis.plot([look.update for look in looks], values, dash, color=colour, lw=0.8, alpha=0.5)
        for look, value in zip(looks, values, strict=True):
            by_update.setdefault(look.update, []).append(value)
            if look.update == trial.chosen and dash == "-":
                axis.plot([look.update], [value], "o", color=colour, ms=4.5, mec=INK, mew=0.8)
    whole = [(at, np.mean(found)) for at, found in sorted(by_update.items())
             if len(found) == len(trials)]  # fmt: skip
    if whole and len(trials) > 1:
        axis.plot(*zip(*whole, strict=True), dash, color=colour, lw=2.2)


def _alike(axes: Sequence[Axes], columns: int) -> None:
    """One scale for all accuracies and one for all losses, so that arms compare by eye."""
    for parity in (0, 1):  # rows of accuracies and rows of losses take turns
        group = [axis for i, axis in enumerate(axes) if i // columns % 2 == parity and axis.axison]
        low = min(axis.get_ylim()[0] for axis in group)
        high = max(axis.get_ylim()[1] for axis in group)
        for axis in group:
            axis.set_ylim(max(0.0, low), high)
