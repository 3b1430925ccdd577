"""Classes on the screen: as a table, as CSV, as a tree, by group, or only counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from synthset.cli.terminal import tell
from synthset.sheets import write_sheet
from synthset.taxonomy import groups
from synthset.taxonomy import wordnet as nouns_of
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.screen import Screened
from synthset.taxonomy.wordnet import Synset

WIDEST = 40  # letters of a column that others must not wait for


def print_table(entries: Sequence[ClassEntry]) -> None:
    """Print label, key, name, folder and synset; a synset in brackets is the only sense of a plain
    name, which groups use and nothing else."""
    heading = ("label", "key", "name", "folder", "synset")
    rows = [
        (str(label), entry.key, entry.name, entry.folder, _synset(entry))
        for label, entry in enumerate(entries)
    ]
    columns = list(zip(heading, *rows, strict=True))
    widths = [min(WIDEST, max(map(len, column))) for column in columns]
    for row in (heading, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        tell("  ".join(cells).rstrip())


def print_csv(entries: Sequence[ClassEntry]) -> None:
    """Print a CSV that `kind: file` reads: name, synset, folder, then what is good to know."""
    rows, nouns = [], nouns_of.load()
    for entry in entries:
        synset = nouns.synset(entry.wnid).name if entry.wnid else ""
        index = "" if entry.class_index is None else entry.class_index
        rows.append((entry.name, synset, entry.folder, entry.key, index, entry.gloss or ""))
    columns = ("name", "synset", "folder", "key", "class_index", "gloss")
    sys.stdout.write(write_sheet(columns, rows))


def print_counts(
    what: str, found: Sequence[Synset], passed: Sequence[Synset], left_out: Sequence[Screened]
) -> None:
    """Print how many synsets and names there are, before and after the screen."""
    tell(f"{what}: {_count_synsets(found)}")
    if left_out:
        by = Counter(one.screen for one in left_out)
        listed = ", ".join(f"{count:,} {screen}" for screen, count in by.most_common())
        tell(f"screened: {len(left_out):,} ({listed})")
        tell(f"left: {_count_synsets(passed)}")


def print_screened(left_out: Sequence[Screened]) -> None:
    """Print what is left out and why; the words of offensive synsets are not spelt out."""
    for one in left_out:
        name = one.synset.name if one.screen == "people" else "–"
        tell(f"{one.synset.number}  {one.screen:<9}  {one.criterion:<22}  {name}")


def print_tree(tops: Sequence[str], passed: Sequence[Synset], instances: bool) -> None:
    """Print synsets under one another; one that was printed before is not opened again."""
    nouns, wanted = nouns_of.load(), {synset.number for synset in passed}
    opened: set[str] = set()
    waiting = [(nouns.synset(top), 0) for top in reversed(tops)]
    while waiting:
        synset, depth = waiting.pop()
        below = [s for s in nouns.hyponyms(synset, instances) if s.number in wanted]
        again = bool(below) and synset.number in opened
        if synset.number in wanted:
            tell(f"{'  ' * depth}{synset.name}{'  (above)' if again else ''}")
        if synset.number not in opened:
            opened.add(synset.number)
            waiting += [(child, depth + 1) for child in reversed(below)]


def print_groups(entries: Sequence[ClassEntry]) -> None:
    """Print how many classes each usual group has."""
    found = groups.group(entries)
    for name, labels in found.members.items():
        if labels:
            tell(f"{name:<22}{len(labels):>7,}")
    for name, labels in (
        ("in two or more", found.several),
        ("in none of them", found.outside),
        ("without a synset", found.unknown),
    ):
        if labels:
            tell(f"({name}){'':<{20 - len(name)}}{len(labels):>7,}")


def _count_synsets(synsets: Sequence[Synset]) -> str:
    names = len({synset.word for synset in synsets})
    return f"{len(synsets):,} synsets, {names:,} distinct first lemmas"


def _synset(entry: ClassEntry) -> str:
    synset = groups.find_synset(entry)
    if synset is None:
        return "–"
    return synset.name if entry.wnid else f"({synset.name})"
