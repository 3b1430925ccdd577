"""The first picture: every arm on the measures that matter, with intervals and each seed."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from synthset.pages.experiment.words import measure_name
from synthset.pages.kit.drawing import INK, SOFT, Drawing, colours, drawn, panels, title
from synthset.results.judgement import Judgement

PANELS = ("focus_recall", "balanced_accuracy", "accuracy", "macro_f1")
LONGEST = 28  # characters of an arm's words


def arms_figure(judgement: Judgement) -> Drawing:
    """Draw a dot an arm and measure, a whisker for its interval, a small ring for each seed.

    The line stands at the base arm.
    """
    shown = [name for name in PANELS if name in judgement.arms[0].whole]
    count = len(judgement.arms)
    figure, axes = panels(1, len(shown), 11.5, 1.0 + 0.3 * count, share_y=True)
    for axis, measure in zip(axes, shown, strict=True):
        _panel(axis, measure, judgement)
    axes[0].set_yticks(range(count), [short(arm.text) for arm in judgement.arms], color=INK)
    axes[0].set_ylim(count - 0.5, -0.5)
    return drawn("arms", figure, "Arms by measure, with intervals")


def short(text: str) -> str:
    """Cut an arm's words to what fits beside a figure."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _panel(axis: Axes, measure: str, judgement: Judgement) -> None:
    paint = colours([arm.name for arm in judgement.arms], judgement.base)
    for row, arm in enumerate(judgement.arms):
        found, colour = arm.whole[measure], paint[arm.name]
        if found.value is None:
            continue
        if found.interval is not None:
            ends = [found.interval.low, found.interval.high]
            axis.plot(ends, [row, row], color=colour, lw=2, alpha=0.75)
        each = [value for value in found.each if value is not None]
        if len(each) > 1:
            axis.plot(each, [row + 0.24] * len(each), "|", color=colour, ms=5, alpha=0.8)
        axis.plot([found.value], [row], "o", color=colour, ms=7)
        if arm.name == judgement.base:
            axis.axvline(found.value, color=SOFT, lw=1, ls=(0, (3, 3)))
    title(axis, measure_name(measure, judgement))
    axis.grid(axis="y", visible=False)
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))
