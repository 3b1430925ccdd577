"""The first picture: every arm on the measures that matter, with intervals and each seed."""

from __future__ import annotations

from synthset.pages.experiment.experiment_words import measure_name
from synthset.pages.kit.axes import Axis, make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.numbers import interval, percent
from synthset.pages.kit.palette import choose_arm_colours
from synthset.pages.kit.picture import Picture, Table, cut
from synthset.results.judgement import Judgement

PANELS = {  # measure -> what stands along its axis
    "focus_recall": "share of their test images",
    "balanced_accuracy": "mean recall of the classes",
    "accuracy": "share of all test images",
    "macro_f1": "mean F1 of the classes",
}
LONGEST = 28  # letters of an arm's words
ROW, WIDTH = 26.0, 200.0  # of a panel, pixels


def draw_arms_chart(judgement: Judgement) -> Picture:
    """Draw a dot an arm and measure, a whisker for its interval, a small ring for each seed.

    The dashed line stands at the base arm.
    """
    shown = [name for name in PANELS if name in judgement.arms[0].whole]
    panels = [_panel(measure, judgement, named=measure == shown[0]) for measure in shown]
    rows = [
        (arm.text, *(_format_figure(judgement, row, name) for name in shown))
        for row, arm in enumerate(judgement.arms)
    ]
    headings = ("arm", *(measure_name(name, judgement) for name in shown))
    title = "How well each arm does"
    size = (WIDTH, ROW * len(judgement.arms))
    return draw_chart("arms", title, panels, size=size, table=Table(headings, rows))


def _panel(measure: str, judgement: Judgement, named: bool) -> Panel:
    paint = choose_arm_colours([arm.name for arm in judgement.arms], judgement.base)
    lines, rules, values = list[Line](), list[tuple[float, str]](), list[float]()
    top = len(judgement.arms) - 1
    for row, arm in enumerate(judgement.arms):
        found, colour, y = arm.whole[measure], paint[arm.name], top - row
        if found.value is None:
            continue
        title = f"{arm.text}: {_format_figure(judgement, row, measure)}"
        if found.interval is not None:
            low, high = found.interval.low, found.interval.high
            ends = [(low, y), (high, y)]
            values += [low, high]
            lines.append(Line(ends, colour, width=2.2, opacity=0.7, title=title))
        each = [value for value in found.each if value is not None]
        if len(each) > 1:
            seeds = [(value, y - 0.3) for value in each]
            lines.append(Line(seeds, colour, width=0, dot=1.8, opacity=0.8, title="one seed"))
        lines.append(Line([(found.value, y)], colour, dot=4.6, title=title))
        rules += [(found.value, "")] if arm.name == judgement.base else []
        values += [found.value, *each]
    ticks = [(top - row, cut(arm.text, LONGEST)) for row, arm in enumerate(judgement.arms)]
    y_axis = Axis("", -0.6, top + 0.5, ticks if named else ())
    x_axis = make_linear_axis(PANELS[measure], values or [0.0, 1.0], share=True)
    return Panel(measure_name(measure, judgement), x_axis, y_axis, lines, rules, grid="x")


def _format_figure(judgement: Judgement, row: int, measure: str) -> str:
    found = judgement.arms[row].whole[measure]
    ends = interval(found.interval)
    return percent(found.value, digits=1) + (f" ({ends})" if ends else "")
