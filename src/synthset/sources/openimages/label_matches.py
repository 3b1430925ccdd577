"""Picks images by OpenImages' labels, through a mapping of labels to classes.

Paper: Feuer et al. 2024, SELECT, arXiv 2410.05057 (the strategy; its steps are our own)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from synthset.errors import RecipeError, list_names
from synthset.formats.keyed import Keyed, list_image_columns, read_keyed
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.originals import Originals
from synthset.images import sha256
from synthset.recipe.openimages import OpenImages
from synthset.recipe.paths import FolderPath
from synthset.seeds import digest
from synthset.sources.labelled_images import name_empty_classes
from synthset.sources.openimages.image_class import list_classes_above, settle
from synthset.sources.openimages.image_labels import (
    INFO,
    ImageLabels,
    read_image_info,
    read_image_labels,
)
from synthset.sources.picked import Curated, keep_first
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_mapping import Link
from synthset.taxonomy.mapping_file import LabelMapping, read_mapping
from synthset.taxonomy.open_images import read_vocabulary


@dataclass(frozen=True, slots=True)
class _Hit:
    """An image, its class, and the label that decided."""

    image: Keyed
    link: Link
    confidence: float


def pick_labelled(
    settings: OpenImages, classes: Sequence[ClassEntry], images_per_class: int | None, seed: int
) -> Curated:
    """Pick images by their labels.

    Args:
        settings: images, labels and mapping.
        classes: in label order.
        images_per_class: at most so many, those with the highest confidence first, else drawn. None
            takes all.
        seed: of what is drawn.

    Raises:
        RecipeError: an unreadable file, a mapping that contradicts itself, or no image of a class.
    """
    vocabulary = read_vocabulary(settings.descriptions)
    mapping, counts = read_mapping(settings.mapping, vocabulary, classes), Counter[str]()
    passed = Passed()
    images = _read_by_key(settings, counts, passed)
    labels = read_image_labels(settings.labels, images, mapping.links, settings.labelled_by)
    hits = _hits(settings, images, labels, mapping, classes, counts)
    facts = read_image_info(settings.info, {hit.image.key for hit in hits})
    every = list(_read(settings, hits, facts, counts))
    marks = [(image.content, link.label) for image, link, _ in every]
    found, torn = keep_first(every, marks, settings.conflicts, classes, counts)
    if not found:
        right = "check the mapping, and which images there are"
        raise RecipeError(
            "source",
            f"there is no image of any class: {', '.join(_describe_counts(counts))}",
            right,
        )
    ranked = _rank(found, seed)
    taken = [
        (image, label)
        for image, label in ranked
        if images_per_class is None or int(str(image.facts["pool_rank"])) <= images_per_class
    ]
    content = digest(sorted((image.content, link.label) for image, link, _ in found))
    unmapped = _name_unmapped(mapping, classes)
    empty = name_empty_classes(taken, classes)
    notes = (*_describe_counts(counts), *torn, *passed.notes(), *unmapped, *empty)
    return Curated(tuple(taken), content, notes, counts["images"])


def list_places(settings: OpenImages) -> tuple[FolderPath, ...]:
    """The places with images, as what reads them wants them."""
    path = settings.paths[0].path
    columns = list_image_columns(settings.paths)
    return tuple(FolderPath(path=path, image_column=name) for name in columns)


def _hits(
    settings: OpenImages,
    images: Mapping[str, Keyed],
    labels: Mapping[str, ImageLabels],
    mapping: LabelMapping,
    classes: Sequence[ClassEntry],
    counts: Counter[str],
) -> list[_Hit]:
    above = list_classes_above(classes)
    hits = []
    for key, image in images.items():
        if key not in labels:
            continue
        found = settle(labels[key], mapping.links, above, settings.min_confidence, settings.several)
        if isinstance(found, str):
            counts[found] += 1
        else:
            hits.append(_Hit(image, *found))
    counts["labelled"] = len(labels)
    return hits


def _read_by_key(settings: OpenImages, counts: Counter[str], passed: Passed) -> dict[str, Keyed]:
    """The images by ImageID, the first of each."""
    images: dict[str, Keyed] = {}
    for image in read_keyed(settings.paths, passed):
        if images.setdefault(image.key, image) is not image:
            counts["twice"] += 1
    counts["images"] = len(images)
    return images


def _read(
    settings: OpenImages,
    hits: Sequence[_Hit],
    facts: Mapping[str, Mapping[str, str | None]],
    counts: Counter[str],
) -> Iterator[tuple[Listed, Link, float]]:
    originals = Originals(list_places(settings))
    for hit in hits:
        data = originals.read(hit.image.source)
        if data is None:
            counts["missing"] += 1
            continue
        known = {
            **facts.get(hit.image.key, dict.fromkeys(INFO)),
            "pool_key": hit.image.key,
            "pool_rule": hit.link.rule,
            "pool_lemma": hit.link.name,
            "pool_mid": hit.link.mid,
            "pool_confidence": hit.confidence,
        }
        image = hit.image
        found = Listed(image.source, None, None, None, image.origin, sha256(data), len(data), known)
        yield found, hit.link, hit.confidence


def _rank(found: Sequence[tuple[Listed, Link, float]], seed: int) -> list[tuple[Listed, int]]:
    """Put those with the highest confidence first, others in a drawn order; count by class."""
    order = sorted(found, key=lambda one: (-one[2], digest([seed, one[0].content])))
    rank, ranked = Counter[int](), []
    for image, link, _ in order:
        rank[link.label] += 1
        facts = {**image.facts, "pool_rank": rank[link.label]}
        ranked.append((replace(image, facts=facts), link.label))
    return ranked


def _describe_counts(counts: Mapping[str, int]) -> tuple[str, ...]:
    words = {
        "several": "have labels of several classes",
        "denied": "have labels that people rejected",
        "weak": "have no label that counts",
        "missing": "have no image",
        "copies": "are copies of others",
        "twice": "have the key of another image",
    }
    first = f"of {counts['images']:,} images, {counts['labelled']:,} have a label of a class"
    return (first + "".join(f"; {counts[k]:,} {said}" for k, said in words.items() if counts[k]),)


def _name_unmapped(mapping: LabelMapping, classes: Sequence[ClassEntry]) -> Iterator[str]:
    meant = {link.label for links in mapping.links.values() for link in links}
    empty = [repr(entry.name) for label, entry in enumerate(classes) if label not in meant]
    if empty:
        yield f"no label stands for {len(empty):,} of {len(classes):,} classes: {list_names(empty)}"
    if mapping.undecided:
        yield f"{mapping.undecided:,} labels of the mapping are still undecided"
    if mapping.elsewhere:
        yield f"{mapping.elsewhere:,} labels mean synsets that the recipe doesn't list"
