"""List the models that the installed open_clip and timm know, for checks that load neither.

python scripts/build_model_names.py
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from timm.models import _registry

from synthset.encoders.model_names import PACKAGES, Known, Library, ask_open_clip, ask_timm

FOLDER = Path(__file__).parents[1] / "src/synthset/encoders"


def main() -> None:
    for library, text in make_lists().items():
        (FOLDER / f"{library}-models.tsv").write_text(text, encoding="utf-8")


def make_lists() -> dict[Library, str]:
    """The text of each list, by the library."""
    old = {name: () for name in _registry._deprecated_models}
    return {
        "open_clip": _format("open_clip", ask_open_clip()),
        "timm": _format("timm", {**old, **ask_timm()}),
    }


def _format(library: Library, known: Known) -> str:
    package = PACKAGES[library]
    rows = [f"{name}\t{' '.join(tags)}" for name, tags in sorted(known.items())]
    return "\n".join([f"# {package} {version(package)}", "model\tweights", *rows, ""])


if __name__ == "__main__":
    main()
