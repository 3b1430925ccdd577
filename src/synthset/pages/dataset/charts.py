"""Pictures of the page as inline SVG, coloured by its styles: they follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from synthset.pages.dataset.confusion import Confusion
from synthset.pages.dataset.histograms import Histogram
from synthset.pages.dataset.selection import Row
from synthset.pages.dataset.what_if import Panel

WIDTH, HEIGHT = 380, 150  # of a histogram, in its own units, which are pixels on most screens
TOP, BOTTOM, SIDE = 18, 20, 8
WIDE, HIGH, SCALE = 240, 132, 36  # of a panel, and where its axis begins
CELL, LEFT, HEAD = 34, 118, 92  # of the confusion matrix


def bar(parts: Sequence[tuple[str, float]], scale: float, mark: float | None = None) -> Markup:
    """Draw bars over one another, from 0, the first at the back.

    Args:
        parts: style and length of each.
        scale: length of the whole width.
        mark: where a line stands across them.
    """
    scale = scale or 1
    drawn = [
        f'<rect class="{style}" width="{1000 * length / scale:.1f}" height="10" rx="0"/>'
        for style, length in parts
        if length
    ]
    if mark:
        drawn.append(
            f'<rect class="mark" x="{min(997.0, 1000 * mark / scale):.1f}" width="3" height="10"/>'
        )
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )


def histogram(chart: Histogram) -> Markup:
    """Draw a histogram: kept below, rejected on top of it, limits as lines."""
    low, high = float(chart.edges[0]), float(chart.edges[-1])
    tallest = int((chart.kept + chart.rejected).max()) or 1
    floor = HEIGHT - BOTTOM

    def place(x: float) -> float:
        return SIDE + (WIDTH - 2 * SIDE) * (x - low) / (high - low)

    drawn: list[str] = []
    for i in range(len(chart.kept)):
        x = place(float(chart.edges[i]))
        width = max(0.8, place(float(chart.edges[i + 1])) - x - 1)
        y = float(floor)
        for style, count in (("kept", int(chart.kept[i])), ("rejected", int(chart.rejected[i]))):
            height = (floor - TOP) * count / tallest
            y -= height
            drawn += [_rect(style, x, y, width, height)] if count else []
    drawn.append(f'<path class="axis" d="M{SIDE} {floor}.5H{WIDTH - SIDE}"/>')
    drawn += [_text("tick", place(x), HEIGHT - 6, text, "middle") for x, text in chart.ticks]
    for x, text in chart.limits:
        at = place(x)
        drawn.append(f'<path class="limit" d="M{at:.1f} {TOP - 4}V{floor}"/>')
        drawn.append(_text("limit-text", min(max(at, 26), WIDTH - 26), TOP - 7, text, "middle"))
    kept, rejected = int(chart.kept.sum()), int(chart.rejected.sum())
    label = f"Histogram of {chart.column}: {kept} kept, {rejected} rejected"
    return _svg("histogram", WIDTH, HEIGHT, label, drawn)


def strip(row: Row, top: float) -> Markup:
    """Draw the distances of one class on a line from 0 to `top`, left is nearer."""

    def at(value: float) -> str:
        return f"{100 * min(value, top) / top:.2f}%"

    drawn = [
        '<line class="axis" x1="0" x2="100%" y1="8" y2="8"/>',
        f'<line class="gain" x1="{at(row.nearest)}" x2="{at(row.random)}" y1="8" y2="8"/>',
        f'<circle class="whole" cx="{at(row.all)}" cy="8" r="2.6"/>',
        f'<circle class="ring" cx="{at(row.random)}" cy="8" r="5"/>',
        f'<circle class="kept" cx="{at(row.nearest)}" cy="8" r="5.6"/>',
    ]
    if row.mark is not None:
        x = at(row.mark)
        drawn.append(f'<line class="line" x1="{x}" x2="{x}" y1="0" y2="16"/>')
    label = f"{row.name}: random {row.random:.4g}, chosen {row.nearest:.4g}"
    return Markup(
        f'<svg class="strip" role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )


def panel(chart: Panel) -> Markup:
    """Draw a figure against a threshold: a random draw beside it, a line at the recipe's own."""
    first, last = chart.ends
    floor = HIGH - BOTTOM

    def x(threshold: float) -> float:
        return SCALE + (WIDE - SCALE - SIDE) * (threshold - first) / ((last - first) or 1)

    def y(figure: float) -> float:
        return floor - (floor - TOP) * (figure - chart.low) / (chart.high - chart.low)

    drawn = [f'<path class="axis" d="M{SCALE} {floor}.5H{WIDE - SIDE}"/>']
    drawn.append(_text("tick", SCALE - 5, TOP + 8, _figure(chart.high), "end"))
    drawn.append(_text("tick", SCALE - 5, floor + 1, _figure(chart.low), "end"))
    for style, points in (("beside", chart.beside), ("curve", chart.line)):
        path = "L".join(f"{x(t):.1f} {y(f):.1f}" for t, f in points)
        drawn += [f'<path class="{style}" d="M{path}"/>'] if points else []
    if chart.now is not None:
        at, figure = x(chart.now[0]), chart.now[1]
        drawn.append(f'<path class="limit" d="M{at:.1f} {TOP - 4}V{floor}"/>')
        drawn.append(
            _text(
                "limit-text",
                min(max(at, SCALE + 12), WIDE - 26),
                TOP - 7,
                _figure(figure),
                "middle",
            )
        )
    for threshold, figure in chart.line:
        place = f'cx="{x(threshold):.1f}" cy="{y(figure):.1f}" r="2.6"'
        title = f"<title>{threshold:.4g}: {_figure(figure)}</title>"
        drawn.append(f'<circle class="kept" {place}>{title}</circle>')
    drawn.append(_text("tick", SCALE, HIGH - 6, _end(first), "start"))
    drawn.append(_text("tick", WIDE - SIDE, HIGH - 6, _end(last), "end"))
    return _svg("panel", WIDE, HIGH, f"{chart.title} against the {chart.axis}", drawn)


def _end(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def matrix(confusion: Confusion) -> Markup:
    """Draw the confusion matrix: a row an intended class, a column what was seen."""
    assert confusion.shares is not None
    count, drawn = len(confusion.classes), []
    size = max(20, min(CELL, 900 // (count + 1)))
    for column, name in enumerate([*confusion.classes, "other"]):
        at = f"translate({LEFT + (column + 0.5) * size + 4:.1f} {HEAD - 8}) rotate(-45)"
        style = "name other" if column == count else "name"
        drawn.append(f'<text class="{style}" transform="{at}">{escape(_short(name))}</text>')
    for row, name in enumerate(confusion.classes):
        y = HEAD + row * size
        drawn.append(_text("name", LEFT - 8, y + size / 2 + 4, _short(name), "end"))
        for column in range(count + 1):
            share = float(confusion.shares[row, column])
            seen = confusion.classes[column] if column < count else "another class"
            what = f"{name} seen as {seen}: {100 * share:.1f} %"
            drawn.append(_cell(LEFT + column * size, y, size, share, column == row, what))
    width, height = LEFT + (count + 1) * size + 40, HEAD + count * size + 4
    return _svg("matrix", width, height, f"Confusion matrix of {confusion.score}", drawn)


def _svg(style: str, width: int, height: int, label: str, drawn: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="{style}" viewBox="0 0 {width} {height}" style="max-width:{width * 3 // 2}px" '
        f'role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )


def _cell(x: float, y: float, size: int, share: float, right: bool, what: str) -> str:
    there = share >= 0.005
    drawn = f'<rect class="empty" {_square(x, y, size)}/>'
    if there:
        style, strength = "kept" if right else "rejected", 0.06 + 0.94 * share**0.6
        drawn += f'<rect class="{style}" fill-opacity="{strength:.2f}" {_square(x, y, size)}/>'
    if there and size >= 26:
        style = f"value {'on' if share > 0.45 else 'off'}"
        drawn += _text(style, x + size / 2 - 1, y + size / 2 + 3, f"{100 * share:.0f}", "middle")
    return f"<g>{drawn}<title>{escape(what)}</title></g>"


def _square(x: float, y: float, size: int) -> str:
    return f'x="{x}" y="{y}" width="{size - 2}" height="{size - 2}" rx="3"'


def _rect(style: str, x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{style}" {place}/>'


def _text(style: str, x: float, y: float, text: str, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(text)}</text>'


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _short(name: str) -> str:
    return name if len(name) <= 16 else name[:15] + "…"
