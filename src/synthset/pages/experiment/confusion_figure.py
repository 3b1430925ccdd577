"""The confusion matrix of an arm as a picture file; the page draws its own, of any two arms."""

from __future__ import annotations

import numpy as np

from synthset.metrics.statistics.classification import rates
from synthset.pages.kit.drawing import INK, Drawing, drawn, panels, title
from synthset.results.arm_judgement import ArmJudgement
from synthset.results.judgement import Judgement

WRITTEN = 16  # classes up to which shares are written into the squares


def confusion_figure(arm: ArmJudgement, judgement: Judgement) -> Drawing:
    """Shares of each class's test images by the class that they were taken for, in percent.

    Of more than 40 classes only the shown ones are drawn; a row then need not sum to 100.
    """
    shown = list(judgement.shown)
    shares = 100 * rates(arm.confusion)[np.ix_(shown, shown)]
    size = min(11.0, 2.4 + 0.34 * len(shown))
    figure, axes = panels(1, 1, size, size)
    axis = axes[0]
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    names = [judgement.classes[i] for i in shown]
    axis.set_xticks(range(len(shown)), names, rotation=90)
    axis.set_yticks(range(len(shown)), names)
    axis.grid(visible=False)
    if len(shown) <= WRITTEN:
        for row, column in np.argwhere(shares >= 0.5):
            colour = "#ffffff" if shares[row, column] > 55 else INK
            text = f"{shares[row, column]:.0f}"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    title(axis, f"{arm.text}: % of a class")
    axis.set_xlabel("taken for")
    axis.set_ylabel("is")
    says = f"Confusion matrix of {arm.text}"
    return drawn(f"confusion-{arm.name}", figure, says, within=False)
