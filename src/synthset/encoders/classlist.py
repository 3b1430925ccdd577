"""What a classifier calls its classes, and which of them is which class of the recipe.

Nothing here loads weights, so that a recipe can be checked before anything runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from synthset.encoders.loading import explain_errors
from synthset.encoders.models import CONFIG, HUB, find_folder, read_config
from synthset.errors import ModelError, Problem, RecipeError, did_you_mean
from synthset.recipe.encoders import ClassifierEncoder
from synthset.taxonomy import imagenet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.names import normalise
from synthset.taxonomy.vocabularies import FILE, read_classes

WNID = re.compile(r"n\d{8}")
IMAGENET_CLASSES = 1000
SHOWN = 50  # classes that a refusal lists before it counts the rest
NEAR = 3  # names suggested for a class that the classifier does not have


@dataclass(frozen=True)
class OutputClasses:
    """The classes of a classifier, in the order of its outputs.

    Attributes:
        names: one a class; empty text where the classifier does not say.
        wnids: WordNet 3.0 numbers, None where there is none.
        synonyms: other names of each class; empty, or one tuple a class.
    """

    names: tuple[str, ...]
    wnids: tuple[str | None, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def by_wnid(self) -> dict[str, int]:
        """Index of each WordNet number."""
        return {wnid: index for index, wnid in enumerate(self.wnids) if wnid}

    @cached_property
    def by_plain_name(self) -> dict[str, list[int]]:
        """Indices of each name in its normal form."""
        table: dict[str, list[int]] = {}
        for index, name in enumerate(self.names):
            if name:
                table.setdefault(normalise(name), []).append(index)
        return table

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """Indices of each name, as `name_key` writes it."""
        table: dict[str, list[int]] = {}
        for index, name in enumerate(self.names):
            table.setdefault(name_key(name), []).append(index)
        return table

    @cached_property
    def by_synonym(self) -> dict[str, list[int]]:
        """Indices of each synonym, and of each part of a name such as "tench, Tinca tinca"."""
        table: dict[str, list[int]] = {}
        for index, name in enumerate(self.names):
            others = self.synonyms[index] if self.synonyms else ()
            parts = name.split(",") if "," in name else []
            for key in {name_key(word) for word in (*others, *parts)}:
                table.setdefault(key, []).append(index)
        return table

    def find_by_name(self, name: str) -> list[int]:
        """Give the classes of this very name, else of this name as it is compared, else of this
        synonym."""
        if exact := self.by_plain_name.get(normalise(name)):
            return exact
        key = name_key(name)
        return (self.by_name.get(key) or self.by_synonym.get(key) or []) if key else []


def name_key(name: str) -> str:
    """Write a name as it is compared: case, underscores, hyphens and doubled blanks do not count.

    >>> name_key("Golden_Retriever") == name_key("golden-retriever ")
    True
    """
    return " ".join(re.sub(r"[_-]+", " ", name.casefold()).split())


def read_class_list(settings: ClassifierEncoder) -> OutputClasses:
    """Tell a classifier's classes from its configuration alone.

    Returns:
        The classes that lie in `classes.json` beside weights of one's own, else the names that the
        configuration carries; ImageNet's where there are none and 1,000 classes; timm's tables for
        the larger ImageNets; else empty names.

    Raises:
        ModelError: there is no such model, or a hub could not be asked.
    """
    if settings.weights and (known := _read_saved_classes(Path(settings.weights).expanduser())):
        return known
    config = read_pretrained_config(settings)
    count = int(config.get("num_classes", IMAGENET_CLASSES))
    labels = config.get("label_names")
    if labels:
        return _parse_labels(
            [str(label) for label in labels], config.get("label_descriptions") or {}
        )
    folder = find_folder(settings)
    if folder and (known := _read_saved_classes(folder / CONFIG)):
        return known
    if count == IMAGENET_CLASSES:
        return imagenet_classes()
    return _read_larger_imagenet(count) or OutputClasses(names=("",) * count)


def read_pretrained_config(settings: ClassifierEncoder) -> dict[str, Any]:
    """Read timm's description of a model: input, preprocessing, classes.

    Raises:
        ModelError: there is no such model, or a hub could not be asked.
    """
    folder = find_folder(settings)
    if folder:
        content = read_config(folder)
        return {**content, **content.get("pretrained_cfg", {}), **_read_own_config(content)}
    with explain_errors(
        f"the description of the classifier {settings.model!r}", "check the name and the network"
    ):
        import timm  # heavy, and not needed for a local folder

        if settings.model.startswith(HUB):
            config, _, _ = timm.models.load_model_config_from_hf(settings.model.removeprefix(HUB))
            return dict(config)
        known = timm.models.get_pretrained_cfg(settings.model)
        return known.to_dict() if known else {}


def imagenet_classes() -> OutputClasses:
    """The classes of ImageNet-1k, in the order of timm and torchvision."""
    classes = imagenet.list_classes()
    return OutputClasses(
        names=tuple(known.name for known in classes),
        wnids=tuple(known.wnid for known in classes),
        synonyms=tuple((known.official_name, known.clip_name) for known in classes),
    )


def match(
    where: str, entries: Sequence[ClassEntry], classes: OutputClasses, names: Mapping[str, str]
) -> tuple[int, ...] | list[Problem]:
    """Find each class of the recipe among the classifier's.

    What `names` says comes first, then the WordNet number, then the name, then WordNet's lemmas. A
    name never joins two different WordNet numbers: ImageNet has a bird and a machine called crane.

    Args:
        where: the place of `names` in the recipe, such as `scores[1].names`.
        entries: the recipe's classes, in the order of the labels.
        classes: the classifier's classes.
        names: class of the recipe (its key) to class of the classifier (name, wnid or index).

    Returns:
        The classifier's index for each label, or what is wrong: 50 classes, then their number.
    """
    keys = {entry.key for entry in entries}
    problems = [
        Problem(f"{where}.{key}", "no class of the recipe has this key", did_you_mean(key, keys))
        for key in names
        if key not in keys
    ]
    indices: list[int] = []
    unmatched = 0
    for entry in entries:
        given = names.get(entry.key)
        found = _find_classes(classes, given) if given is not None else _find_entry(entry, classes)
        if len(found) == 1:
            indices.append(found[0])
            continue
        unmatched += 1
        if unmatched <= SHOWN:  # to look for the nearest name of each of 20,000 takes minutes
            problems.append(_explain_mismatch(where, entry, classes, given, found))
    if unmatched > SHOWN:
        more = f"the classifier lacks {unmatched - SHOWN:,} more of {len(entries):,} classes"
        problems.append(
            Problem(where, more, "map them as above, or use a classifier that has them")
        )
    return problems or tuple(indices)


def _find_classes(classes: OutputClasses, text: str) -> list[int]:
    """The classes that a name, a wnid or an index stands for."""
    if text in classes.by_wnid:
        return [classes.by_wnid[text]]
    found = classes.find_by_name(text)
    if not found and text.isdecimal() and int(text) < len(classes):
        return [int(text)]
    return found


def _find_entry(entry: ClassEntry, classes: OutputClasses) -> list[int]:
    if entry.wnid in classes.by_wnid:
        return [classes.by_wnid[entry.wnid]]
    for name in (entry.name, *entry.lemmas):
        found = [i for i in classes.find_by_name(name) if not (entry.wnid and _wnid(classes, i))]
        if found:
            return found
    return []


def _wnid(classes: OutputClasses, index: int) -> str | None:
    return classes.wnids[index] if classes.wnids else None


def _explain_mismatch(
    where: str, entry: ClassEntry, classes: OutputClasses, given: str | None, found: Sequence[int]
) -> Problem:
    """Say which class was not found, or found more than once, and what comes near."""
    text = entry.name if given is None else given
    place = f"{where}.{entry.key}"
    if found:
        several = ", ".join(f"{index} ({_label(classes, index)})" for index in found[:NEAR])
        return Problem(
            place,
            f"{text!r} matches {len(found)} classes of the classifier",
            f"give the index: {several}",
        )
    known = {name_key(name): name for name in classes.names if name}
    near = [known[key] for key in get_close_matches(name_key(text), known, n=NEAR, cutoff=0.5)]
    if near:
        right = f"map it, as in {entry.key}: {near[0]} (nearest: {', '.join(near)})"
    elif known:
        right = (
            f"map it, as in {entry.key}: {next(iter(known.values()))}, or use another classifier"
        )
    else:
        right = (
            f"the classifier doesn't name its {len(classes)} classes: map the index, as in "
            f"{entry.key}: '0'"
        )
    return Problem(place, f"the classifier has no class {text!r}", right)


def _label(classes: OutputClasses, index: int) -> str:
    return ", ".join(filter(None, (classes.names[index], _wnid(classes, index))))


def _read_own_config(content: Mapping[str, Any]) -> dict[str, Any]:
    """What timm's config.json says beside `pretrained_cfg` wins; old files say `labels`."""
    named = {"label_names": content.get("label_names") or content.get("labels")}
    for key in ("num_classes", "label_descriptions"):
        named[key] = content.get(key)
    return {key: value for key, value in named.items() if value is not None}


def _parse_labels(labels: Sequence[str], descriptions: Mapping[str, str]) -> OutputClasses:
    """Names that a configuration lists, some of which may be WordNet numbers with descriptions."""
    wnids = [label if WNID.fullmatch(label) else None for label in labels]
    names = [
        label if wnid is None else descriptions.get(label) or _imagenet_name(label)
        for label, wnid in zip(labels, wnids, strict=True)
    ]
    return OutputClasses(names=tuple(names), wnids=tuple(wnids) if any(wnids) else ())


def _read_saved_classes(weights: Path) -> OutputClasses | None:
    """The classes that a training has written beside its weights; None where it has not.

    Raises:
        ModelError: the file lists no classes.
    """
    file = weights.with_name(FILE)
    if not file.is_file():
        return None
    try:
        classes = read_classes(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        raise ModelError(f"{file}: cannot be read ({fault}); train again, or remove it") from None
    wnids = tuple(names.wnid for names in classes)
    return OutputClasses(tuple(names[0] for names in classes), wnids if any(wnids) else ())


def _imagenet_name(wnid: str) -> str:
    try:
        return imagenet.get_by_wnid(wnid, "classes").name
    except RecipeError:
        return wnid


def _read_larger_imagenet(count: int) -> OutputClasses | None:
    """Classes of ImageNet-12k, 21k and 22k, from timm's tables."""
    from timm.data import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset({"num_classes": count})
    if subset is None:
        return None
    info = ImageNetInfo(subset)
    return OutputClasses(
        names=tuple(info.index_to_description(index) for index in range(count)),
        wnids=tuple(info.index_to_label_name(index) for index in range(count)),
    )
