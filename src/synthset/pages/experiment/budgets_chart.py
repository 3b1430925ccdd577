"""What more training brings: every arm at the smaller and at the full budget."""

from __future__ import annotations

from synthset.pages.experiment.curve_charts import make_arm_key
from synthset.pages.experiment.experiment_words import measure_name
from synthset.pages.kit.axes import Axis, make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.numbers import count, figure
from synthset.pages.kit.picture import Picture, Table
from synthset.results.figure import Figure
from synthset.results.judgement import Judgement
from synthset.results.two_budgets import TwoBudgets

SPREAD = 0.12  # of the way from one budget to the other, over which the arms' whiskers lie


def draw_budgets_chart(judgement: Judgement, budgets: TwoBudgets) -> Picture:
    """Draw a line an arm and measure, from its figure at the smaller budget to that at the full
    one, with a whisker for each interval."""
    panels = [_panel(measure, judgement, budgets) for measure in budgets.figures]
    title = f"What the arms reach in {count(budgets.smaller)} and in {count(budgets.full)} updates"
    headings, rows = ["arm"], [[arm.text] for arm in judgement.arms]
    for measure, figures in budgets.figures.items():
        name = measure_name(measure, judgement)
        headings += [f"{name}, {count(one)} updates" for one in (budgets.smaller, budgets.full)]
        for arm, row in zip(judgement.arms, rows, strict=True):
            found = figures.get(arm.name)
            row += ["–", "–"] if found is None else [figure(found.smaller), figure(found.full)]
    key = make_arm_key(judgement)
    table = Table(tuple(headings), rows)
    return draw_chart("budgets", title, panels, size=(270, 250), key=key, table=table)


def _panel(measure: str, judgement: Judgement, budgets: TwoBudgets) -> Panel:
    lines, values = list[Line](), list[float]()
    last = max(len(judgement.arms) - 1, 1)
    for place, (arm, look) in enumerate(zip(judgement.arms, make_arm_key(judgement), strict=True)):
        found = budgets.figures[measure].get(arm.name)
        if found is None:
            continue
        aside, points = SPREAD * (place / last - 0.5), list[tuple[float, float]]()
        for at, one in ((0.0, found.smaller), (1.0, found.full)):
            assert one.value is not None
            points.append((at + aside, one.value))
            ends = _ends(one)
            values += [one.value, *ends]
            whisker = [(at + aside, end) for end in ends]
            lines.append(Line(whisker, look.colour, width=1.4, opacity=0.4, title=arm.text))
        words = f"{arm.text}: {figure(found.smaller)}, then {figure(found.full)}"
        lines.append(Line(points, look.colour, dash=look.dash, dot=3.4, title=words))
    ticks = [(0.0, f"{count(budgets.smaller)} updates"), (1.0, f"{count(budgets.full)} updates")]
    y = make_linear_axis("", values or [0.0, 1.0], share=True)
    return Panel(measure_name(measure, judgement), Axis("", -0.25, 1.25, ticks), y, lines)


def _ends(found: Figure) -> list[float]:
    return [] if found.interval is None else [found.interval.low, found.interval.high]
