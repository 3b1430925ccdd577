"""Maps OpenImages' labels to the classes of a recipe or a list, for a person to look over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthset.encoders import text
from synthset.engine.classes import find_classes
from synthset.errors import SynthsetError, UsageError, list_names
from synthset.recipe.recipe import load_recipe
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_mapping import Mapped, map_labels
from synthset.taxonomy.mapping_file import write_mapping
from synthset.taxonomy.open_images import OpenImagesVocabulary, read_vocabulary


@dataclass(frozen=True, slots=True)
class MappedPool:
    """What was mapped.

    Attributes:
        classes: in label order.
        vocabulary: the labels.
        mapped: links, and labels for a person.
        compared: whether senses were compared in meaning.
    """

    classes: tuple[ClassEntry, ...]
    vocabulary: OpenImagesVocabulary
    mapped: Mapped
    compared: bool

    def notes(self) -> list[str]:
        """Say what is missing: classes without a label, and the encoder."""
        meant = {link.label for link in self.mapped.links}
        empty = [repr(entry.name) for label, entry in enumerate(self.classes) if label not in meant]
        notes = []
        if empty:
            notes.append(f"no label stands for {len(empty):,} classes: {list_names(empty)}")
        if not self.compared:
            notes.append(
                f"senses could not be compared by meaning: {text.MISSING} ({text.INSTALL})"
            )
        return notes


def make_mapping(
    source: str, descriptions: str | None, hierarchy: str | None, output: str, review: str
) -> MappedPool:
    """Map labels to classes, and write the mapping and the review file.

    Args:
        source: a recipe, a list of classes (.txt, .csv), a dataset or a folder.
        descriptions: `class-descriptions.csv`; None takes that of a recipe of kind `openimages`.
        hierarchy: likewise; None and no recipe means that none is known.
        output: new mapping file.
        review: new review file.

    Raises:
        UsageError: no descriptions, or a file exists.
    """
    named = _find_open_images(source)
    if named is not None:
        descriptions, hierarchy = descriptions or named[0], hierarchy or named[1]
    if descriptions is None:
        found = f"{source} names no class descriptions"
        raise UsageError(f"{found}; give --descriptions class-descriptions.csv")
    classes = find_classes(source)
    vocabulary = read_vocabulary(descriptions, hierarchy)
    nearness = text.compare_texts if text.is_installed() else None
    mapped = map_labels(vocabulary, classes, nearness)
    write_mapping(output, review, mapped, classes)
    return MappedPool(classes, vocabulary, mapped, nearness is not None)


def _find_open_images(source: str) -> tuple[str, str | None] | None:
    """The files of labels that a recipe's source names, if it maps any."""
    path = Path(source).expanduser()
    if path.is_dir() or path.suffix.lower() in (".txt", ".csv"):
        return None
    try:
        return load_recipe(source).source.vocabulary
    except SynthsetError:
        return None  # `find_classes` says what is wrong with it
