"""Draw captions: a template, a name of the class, and at times words that say nothing about it."""

import random
from typing import Any

from scripts.miniatures.rows import CLASS_NAMES


class Captions:
    """A caption for a label, drawn anew each time a picture is seen."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self.words = table["words"]

    def draw(self, label: int, dice: random.Random, *, may_be_empty: bool = True) -> str:
        """Return one caption for a class; the same dice give the same caption."""
        if may_be_empty and dice.random() < self.table["empty_share"]:
            return ""
        caption = self._fill(CLASS_NAMES[label], dice)
        if dice.random() < self.table["extra_share"]:
            caption += dice.choice((" ", ", ")) + dice.choice(self.words["extras"])
        if dice.random() < self.table["clutter_share"]:
            caption = self._clutter(caption, dice)
        return caption.capitalize() if dice.random() < 0.1 else caption

    def _fill(self, class_name: str, dice: random.Random) -> str:
        names = self.table["classes"][class_name]
        name = names[0] if dice.random() < 0.5 else dice.choice(names[1:])
        return str(dice.choice(self.words["templates"])).format(
            a=article(name),
            name=name,
            adjective=dice.choice(self.words["adjectives"]),
            definition=dice.choice(self.table["definitions"][class_name]),
        )

    def _clutter(self, caption: str, dice: random.Random) -> str:
        clutter = " ".join(dice.choices(self.words["clutter"], k=dice.randint(1, 6)))
        return f"{clutter} {caption}" if dice.random() < 0.3 else f"{caption} {clutter}"


def article(name: str) -> str:
    """Return the indefinite article of a name.

    >>> article("airplane"), article("truck")
    ('an', 'a')
    """
    return "an" if name[0].lower() in "aeiou" else "a"


def plain_prompts(template: str = "a photo of {a} {name}") -> list[str]:
    """Return one prompt per class, by class index."""
    return [template.format(a=article(name), name=name) for name in CLASS_NAMES]
