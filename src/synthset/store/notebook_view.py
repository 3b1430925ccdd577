"""What a notebook shows of a dataset: what is there, and a few images of each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from synthset.thumbnail import make_thumbnail

SIDE_PX = 64
CLASSES, EACH = 8, 6  # shown at most
STYLE = f"max-width:{SIDE_PX}px;max-height:{SIDE_PX}px;margin:1px;vertical-align:middle"


def choose_images(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    """Choose a few images of the first classes that have any.

    Args:
        pairs: label and id of each image.

    Returns:
        Label to ids.
    """
    rows: dict[int, list[str]] = {}
    for label, name in sorted(pairs, key=lambda pair: pair[0]):
        if len(rows.setdefault(label, [])) < EACH:
            rows[label].append(name)
    return dict(list(rows.items())[:CLASSES])


def to_html(title: str, facts: Sequence[str], images: Mapping[str, Sequence[bytes | None]]) -> str:
    """Write a piece of HTML that loads nothing.

    Args:
        title: name of the dataset.
        facts: what is there, in words.
        images: name of a class to encoded images of it.
    """
    lines = [f"<p><b>{escape(title)}</b> · {escape(' · '.join(facts))}</p>"]
    for name, some in images.items():
        shown = "".join(_picture(data, escape(name)) for data in some)
        lines.append(f"<div>{shown} {escape(name)}</div>")
    return "\n".join(lines)


def _picture(data: bytes | None, name: str) -> str:
    small = make_thumbnail(data, SIDE_PX)
    return "" if small is None else f'<img src="{small.uri}" alt="{name}" style="{STYLE}">'
