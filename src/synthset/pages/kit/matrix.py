"""A confusion matrix as a picture: a row a class, a column what it was taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthset.pages.kit.axes import Axis
from synthset.pages.kit.chart import Area, Note, Panel, draw_chart
from synthset.pages.kit.numbers import percent
from synthset.pages.kit.picture import Picture, Table, cut

SIDE, LEAST, ROOM = 34.0, 14.0, 820.0  # of a square, at most and at least; of all squares
WRITTEN = 26.0  # side of a square that has room for a number
NAME = 18  # letters of a class
SEEN = 0.005  # share below which a square is empty


def draw_matrix(
    name: str,
    title: str,
    classes: Sequence[str],
    columns: Sequence[str],
    shares: NDArray[np.float64],
    axes: tuple[str, str],
) -> Picture:
    """Draw shares of each row, green where row and column are one class, orange elsewhere.

    Args:
        name: of the picture's files.
        title: what there is to see.
        classes: K names of rows.
        columns: C names of columns, the first of them those of the rows, in their order.
        shares: (K, C) of a row's images, in [0, 1].
        axes: what columns are, and what rows are.
    """
    side = max(LEAST, min(SIDE, ROOM / len(columns)))
    last = len(classes) - 1  # the first row stands on top
    content: list[Area | Note] = []
    for (row, column), share in np.ndenumerate(shares):
        up = last - row
        corners = ((column - 0.46, up - 0.46), (column + 0.46, up + 0.46))
        says = f"{classes[row]} classified as {columns[column]}: {percent(share, digits=1)}"
        content.append(Area(*corners, "raised", says))
        if share < SEEN:
            continue
        colour = "kept" if row == column else "rejected"
        content.append(Area(*corners, colour, says, 0.06 + 0.94 * float(share) ** 0.6))
        if side >= WRITTEN:
            ink = "surface" if share > 0.45 else "ink"
            content.append(Note((column, up - 0.12), f"{100 * share:.0f}", ink))
    x, y = axes
    panel = Panel(
        "",
        Axis(x, -0.5, len(columns) - 0.5, [(i, cut(n, NAME)) for i, n in enumerate(columns)]),
        Axis(y, -0.5, last + 0.5, [(last - i, cut(n, NAME)) for i, n in enumerate(classes)]),
        content,
        grid="",
        slanted=True,
    )
    rows = [
        (one, *(percent(float(share), digits=1) for share in own))
        for one, own in zip(classes, shares, strict=True)
    ]
    return draw_chart(
        name, title, [panel], size=(side * len(columns), side * len(classes)),
        table=Table((y, *columns), rows),
    )  # fmt: skip
