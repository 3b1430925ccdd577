"""A histogram of a score as the page draws it: kept and rejected stacked, with the limits."""

from __future__ import annotations

from synthset.pages.kit.axes import make_axis_between, make_linear_axis, make_logarithmic_axis
from synthset.pages.kit.chart import Area, Panel, draw_chart
from synthset.pages.kit.numbers import count, number
from synthset.pages.kit.picture import Picture, Table
from synthset.results.dataset.histograms import Histogram

SIZE = (300.0, 112.0)  # between the axes, pixels


def draw_histogram(found: Histogram, selected: bool) -> Picture:
    """Draw a histogram: kept below, rejected on top of it, limits as lines across."""
    areas, rows, edges = [], [], found.edges.tolist()
    bars = zip(edges[:-1], edges[1:], found.kept.tolist(), found.rejected.tolist(), strict=True)
    for left, right, kept, rejected in bars:
        here = f"{number(left)} to {number(right)}"
        if kept:
            areas.append(Area((left, 0), (right, kept), "kept", f"{here}: {count(kept)} kept"))
        if rejected:
            says = f"{here}: {count(rejected)} rejected"
            areas.append(Area((left, kept), (right, kept + rejected), "rejected", says))
        if kept or rejected:
            rows.append((here, count(kept), count(rejected)))
    name, ends = found.column.replace("_", " "), (edges[0], edges[-1])
    x = (
        make_logarithmic_axis(f"{name}, logarithmic", ends)
        if found.log
        else make_axis_between(name, *ends)
    )
    y = make_linear_axis("images", (found.kept + found.rejected).tolist(), zero=True)
    title = f"Images by {name}{', kept and rejected' if selected else ''}"
    panel = Panel("", x, y, areas, rules=found.limits)
    table = Table((name, "kept", "rejected"), rows)
    return draw_chart(f"histogram-{found.column}", title, [panel], size=SIZE, table=table)
