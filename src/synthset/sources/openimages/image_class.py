"""Which class has an image with these labels, if it has one?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from synthset.sources.openimages.image_labels import ImageLabels
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_mapping import Link
from synthset.taxonomy.mapping_file import RULES

#: Why an image has none: nothing is said with enough confidence, all is denied, or several are
#: meant.
Reason = Literal["weak", "denied", "several"]


def settle(
    labelled: ImageLabels,
    links: Mapping[str, tuple[Link, ...]],
    above: Sequence[frozenset[int]],
    min_confidence: float,
    several: str,
) -> tuple[Link, float] | Reason:
    """Decide which class an image has.

    A label that people deny counts for nothing, and where it means the class itself (it is not
    narrower) the whole class is denied. A label that means several classes fits each of them.

    Args:
        labelled: what is known of the image.
        links: MID -> the classes that it means.
        above: for each class, those that it lies under, itself included.
        min_confidence: labels below it count for nothing.
        several: `drop`, or `most_specific` for the class under all others that are meant.

    Returns:
        The link that decided with its confidence, or why there is none.
    """
    sure = {mid: value for mid, value in labelled.said.items() if value >= min_confidence}
    if not sure:
        return "denied" if labelled.denied else "weak"
    no = {link.label for mid in labelled.denied for link in links[mid] if link.rule != "narrower"}
    open_links = [
        (link, value)
        for mid, value in sure.items()
        for link in links[mid]
        if mid not in labelled.denied and link.label not in no
    ]
    if not open_links:
        return "denied"
    by_mid: dict[str, set[int]] = {}
    for link, _ in open_links:
        by_mid.setdefault(link.mid, set()).add(link.label)
    meant = set.union(*by_mid.values())
    fitting = set.intersection(*by_mid.values())
    if len(fitting) != 1 and several == "most_specific":
        fitting = {label for label in meant if meant <= above[label]}
    if len(fitting) != 1:
        return "several"
    mine = [(link, value) for link, value in open_links if link.label in fitting]
    return min(mine, key=lambda one: (-one[1], RULES.index(one[0].rule), one[0].mid))


def list_classes_above(classes: Sequence[ClassEntry]) -> list[frozenset[int]]:
    """List for each class the classes that it lies under, itself included."""
    by_wnid = {entry.wnid: label for label, entry in enumerate(classes) if entry.wnid}
    nouns = wordnet.load()
    return [
        frozenset(by_wnid[wnid] for wnid in nouns.numbers_above(entry.wnid) & by_wnid.keys())
        if entry.wnid
        else frozenset([label])
        for label, entry in enumerate(classes)
    ]
