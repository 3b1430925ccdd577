"""Write OpenAI's 80 ImageNet prompt templates, as open_clip carries them, to one text file.

python scripts/prompts/build_clip_templates.py
"""

from __future__ import annotations

from pathlib import Path

from open_clip.zero_shot_metadata import OPENAI_IMAGENET_TEMPLATES

TARGET = Path(__file__).parents[2] / "src/synthset/prompts/data/clip.txt"
HEADER = """\
# OpenAI's prompt templates for ImageNet: Radford et al. 2021, arXiv 2103.00020; MIT licence.
# Taken from open_clip (open_clip.zero_shot_metadata) by scripts/prompts/build_clip_templates.py.
# The articles are as published: "a {class}", whatever sound the class begins with.
"""


def main() -> None:
    lines = [template("{class}") for template in OPENAI_IMAGENET_TEMPLATES]
    TARGET.write_text(HEADER + "\n".join(lines) + "\n", encoding="ascii")
    print(f"{TARGET}: {len(lines)} templates")


if __name__ == "__main__":
    main()
