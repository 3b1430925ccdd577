"""A picture: shapes and words in colours of the palette, as SVG in a page and as a file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from synthset.images import Pixels, encode

Point = tuple[float, float]  # to the right, down; one unit is one pixel on most screens
LETTER, BOLD = 0.57, 0.66  # mean width of a letter, as a share of its size
READABLE = 0.8  # of its size a picture may shrink to before its frame scrolls
SMALL = 460  # width from which a picture shrinks no further than that


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon, or a line through points.

    Attributes:
        points: its corners.
        fill: colour inside; none for a line.
        stroke: colour of the line; none for a polygon without one.
        width: of the line.
        dash: of the line, as SVG writes it.
        opacity: of the whole.
        title: what pointing at it says.
        data: what scripts look for, `data-…`.
    """

    points: Sequence[Point]
    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dash: str = ""
    opacity: float = 1.0
    title: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle around a point; the rest as for a shape."""

    at: Point
    radius: float
    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    opacity: float = 1.0
    title: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A line of text.

    Attributes:
        at: where its base line begins, has its middle, or ends.
        text: what it says.
        size: of the letters.
        colour: of the palette.
        anchor: `start`, `middle` or `end`: what of it lies at `at`.
        turn: degrees, clockwise.
        bold: whether it is strong.
        halo: whether it has a rim of the ground's colour, to be read on shapes.
        data: as for a shape.
    """

    at: Point
    text: str
    size: float = 10.5
    colour: str = "soft"
    anchor: str = "start"
    turn: float = 0.0
    bold: bool = False
    halo: bool = False
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Photo:
    """Pixels, each as they are.

    Attributes:
        at: the upper left corner.
        width: in units.
        height: in units.
        pixels: (H, W, 3) uint8 RGB.
    """

    at: Point
    width: float
    height: float
    pixels: Pixels


Mark = Shape | Dot | Word | Photo


@dataclass(frozen=True)
class Table:
    """The data of a picture, for those who can't see it: headings, and rows of text."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that page and file show alike.

    Attributes:
        name: of its files.
        title: what it shows.
        width: in units.
        height: in units.
        marks: drawn one over the other.
        table: its data.
        style: class in the page, for scripts and styles.
    """

    name: str
    title: str
    width: float
    height: float
    marks: Sequence[Mark]
    table: Table
    style: str = ""

    def __html__(self) -> str:
        """The picture for a page, with its data as a table that only screen readers read out."""
        drawn = "".join(map(_svg, self.marks))
        least = f";min-width:{READABLE * self.width:.0f}px" if self.width > SMALL else ""
        return Markup(
            f'<figure class="{f"chart {self.style}".strip()}">'
            f'<svg viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" '
            f'style="max-width:{1.25 * self.width:.0f}px{least}" '
            f'aria-label="{escape(self.title)}">{drawn}</svg>{_table(self)}</figure>'
        )


def estimate_text_width(text: str, size: float) -> float:
    """About how wide a line of text is."""
    return len(text) * size * LETTER


def cut(text: str, letters: int) -> str:
    """Cut a text to so many letters."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _table(picture: Picture) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in picture.table.headings)
    rows = (
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>"
        for row in picture.table.rows
    )
    return (
        f'<table class="unseen"><caption>{escape(picture.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _svg(mark: Mark) -> str:
    match mark:
        case Word():
            return _svg_word(mark)
        case Photo():
            return _svg_photo(mark)
        case Dot():
            x, y = mark.at
            name, place = "circle", f' cx="{_short(x)}" cy="{_short(y)}" r="{_short(mark.radius)}"'
            ink = _ink(mark.fill, mark.stroke, mark.width, "")
        case Shape():
            name, place = "path", f' d="{_path(mark)}"'
            ink = _ink(mark.fill, mark.stroke, mark.width, mark.dash)
    faint = f' opacity="{mark.opacity:g}"' if mark.opacity < 1 else ""
    head = f"<{name}{place}{ink}{faint}{_data(mark.data)}"
    return f"{head}><title>{escape(mark.title)}</title></{name}>" if mark.title else f"{head}/>"


def _path(mark: Shape) -> str:
    path = "L".join(f"{_short(x)} {_short(y)}" for x, y in mark.points)
    return f"M{path}z" if mark.fill else f"M{path}"


def _ink(fill: str, stroke: str, width: float, dash: str) -> str:
    ink = f' fill="var(--{fill})"' if fill else ' fill="none"'
    if stroke:
        ink += f' stroke="var(--{stroke})"' + (f' stroke-width="{width:g}"' if width != 1 else "")
    return ink + (f' stroke-dasharray="{dash}"' if dash else "")


def _svg_word(mark: Word) -> str:
    x, y = (_short(part) for part in mark.at)
    turn = f' transform="rotate({mark.turn:g} {x} {y})"' if mark.turn else ""
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    bold = ' font-weight="620"' if mark.bold else ""
    halo = ' class="halo"' if mark.halo else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{mark.size:g}" fill="var(--{mark.colour})"'
        f"{anchor}{turn}{bold}{halo}{_data(mark.data)}>{escape(mark.text)}</text>"
    )


def _svg_photo(mark: Photo) -> str:
    x, y = (_short(part) for part in mark.at)
    uri = f"data:image/png;base64,{base64.b64encode(encode(mark.pixels, 'png')).decode()}"
    size = f'width="{_short(mark.width)}" height="{_short(mark.height)}"'
    return f'<image x="{x}" y="{y}" {size} href="{uri}" image-rendering="pixelated"/>'


def _data(data: Mapping[str, str]) -> str:
    return "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
