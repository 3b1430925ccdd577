"""The one palette: each colour by its name, on white and on black."""

from __future__ import annotations

from collections.abc import Sequence

#: Name -> colour on white, colour on black.
PALETTE = {
    "ground": ("#f7f6f3", "#131416"),
    "surface": ("#ffffff", "#1b1d20"),
    "raised": ("#faf9f7", "#212427"),
    "ink": ("#1d1c1a", "#eceae6"),
    "soft": ("#6b6760", "#a29e97"),
    "faint": ("#a09b92", "#6f6c67"),
    "line": ("#e6e3dd", "#2c2f33"),
    "track": ("#eceae4", "#2a2d31"),
    "made": ("#b9dcd6", "#2b4b48"),
    "passed": ("#6fbfb3", "#2f776e"),
    "kept": ("#0d7f72", "#43c4b2"),
    "rejected": ("#e08a4f", "#d98a56"),
    "good": ("#0d7f72", "#55d0bf"),
    "bad": ("#b4431f", "#f08a63"),
    "warn-ground": ("#fdf3e3", "#33291a"),
    "warn-ink": ("#7a4d0b", "#f0c987"),
    # twelve that differ in lightness too, for arms and groups; and grey for the base arm, or none
    "c0": ("#2f78b7", "#6db2ec"),
    "c1": ("#b5652b", "#e39a63"),
    "c2": ("#1f9a94", "#58cdc6"),
    "c3": ("#c2589a", "#ee92c8"),
    "c4": ("#8a7a2e", "#c9b75e"),
    "c5": ("#8d6bb8", "#bf9fea"),
    "c6": ("#c24a4a", "#f08a86"),
    "c7": ("#3f8f4f", "#74c583"),
    "c8": ("#5a63c7", "#98a0f5"),
    "c9": ("#7c5a45", "#c09a82"),
    "c10": ("#8f9c3a", "#c0cc6b"),
    "c11": ("#5d7d92", "#93b4c9"),
    "rest": ("#8b8780", "#8f8b85"),
}
SERIES = 12
DASHES = ("", "5 3", "1.5 2.5", "6 2.5 1.5 2.5")


def write_palette_css() -> str:
    """The colours as variables of a style sheet, which follow the reader's light or dark."""
    light, dark = (
        " ".join(f"--{name}: {both[place]};" for name, both in PALETTE.items()) for place in (0, 1)
    )
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def name_variable(name: str) -> str:
    """A colour as a style names it."""
    return f"var(--{name})"


def name_series_colour(place: int) -> str:
    """Name the colour of the n-th of several; of a negative place, that of none of them."""
    return "rest" if place < 0 else f"c{place % SERIES}"


def choose_arm_colours(names: Sequence[str], base: str) -> dict[str, str]:
    """Give each arm a colour that it has in every chart; the base arm is grey."""
    return {name: name_series_colour(place) for name, place in _places(names, base).items()}


def choose_arm_dashes(names: Sequence[str], base: str) -> dict[str, str]:
    """Give each arm a dash, so that arms beyond the colours still differ."""
    return {
        name: DASHES[max(place, 0) // SERIES % len(DASHES)]
        for name, place in _places(names, base).items()
    }


def _places(names: Sequence[str], base: str) -> dict[str, int]:
    others = [name for name in names if name != base]
    return {name: -1 if name == base else others.index(name) for name in names}
