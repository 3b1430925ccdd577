"""Draws docs/images/method.png: how images are drawn when a rare class is filled up, and how when
generated images of every class come with the prior of each source in the loss.

python -m scripts.method_picture
"""

from __future__ import annotations

from math import log
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthset.pages.kit.palette import PALETTE

OUT = Path(__file__).parents[1] / "docs" / "images" / "method.png"
CLASSES, GAP = 10, 0.02
REAL, MADE = 40_550, 4_450  # images when fifty cats are filled up
CAT, OTHER = "#2a78b8", "#d5d2c8"
#: Title -> width of each source, and the share of cats in it.
PANELS = {
    "Filled up: generated means cat": ((REAL, 50 / REAL), (MADE, 1.0)),
    "Every class, the prior of each source in the loss": ((0.85, 0.005), (0.15, 0.1)),
}


def draw_panel(axes: Axes, sources: tuple[tuple[float, float], ...], adjusts: bool) -> None:
    """Draw a column for each source, as wide as it is drawn, divided among the classes.

    Args:
        axes: to draw on.
        sources: weight of the source, and share of cats in it.
        adjusts: whether the loss adds the logarithm of that share to the logit of cat.
    """
    total, left = sum(weight for weight, _ in sources), 0.0
    for name, (weight, cats) in zip(("real", "generated"), sources, strict=True):
        width, middle = weight / total, left + weight / total / 2
        rest = (1 - cats) / (CLASSES - 1)
        heights = [cats, *([rest] * (CLASSES - 1))] if rest else [cats]
        bottom = 0.0
        for i, height in enumerate(heights):
            colour = OTHER if i else CAT
            axes.bar(left, height, width - GAP, bottom, color=colour, align="edge")
            axes.hlines(bottom, left, left + width - GAP, color="white", lw=0.6 if i > 1 else 0)
            bottom += height
        middle -= GAP / 2
        axes.text(middle, 1.03, name, ha="center", color=PALETTE["ink"][0])
        said = f"{100 * cats:.2g} % cat" if cats < 1 else "100 % cat"
        said += f"\nlogit {log(cats):+.1f}".replace("-", "−") if adjusts else ""
        axes.text(middle, -0.04, said, ha="center", va="top", color=CAT)
        left += width
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(0, 1.1)
    axes.axis("off")


def main() -> None:
    """Draw and write the picture."""
    figure = Figure(figsize=(9, 3.6), facecolor=PALETTE["surface"][0])
    for i, (title, sources) in enumerate(PANELS.items()):
        axes = figure.add_subplot(1, 2, i + 1)
        draw_panel(axes, sources, adjusts=i == 1)
        axes.set_title(title, loc="left", weight="bold", fontsize=11, color=PALETTE["ink"][0])
    figure.tight_layout(w_pad=3)
    figure.savefig(OUT, dpi=130)


if __name__ == "__main__":
    main()
