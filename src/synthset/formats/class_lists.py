"""Lists of classes that stand beside images: their order, their names, and the empty ones.

Read are our own `classes.json`; a name a line (`classes.txt`, `labels.txt`); a WordNet number and a
name a line (`synset_words.txt`, ImageNet's `LOC_synset_mapping.txt`, Tiny-ImageNet's `wnids.txt`
with `words.txt`); and names by number or by WordNet number in JSON (`Labels.json`,
`imagenet_class_index.json`, `class_to_idx.json`).
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from synthset.errors import RecipeError
from synthset.formats.image_names import is_image_name
from synthset.formats.labels import number_same_names
from synthset.formats.listed import Label, Vocabulary
from synthset.formats.manifest import OTHER, UNREADABLE, Passed
from synthset.formats.rows import decode_text, read_json
from synthset.taxonomy.names import normalise

#: Files that may list classes, the surest first; in any case.
FILES = (
    *("classes.json", "class_names.json", "classnames.json", "label_names.json", "id2label.json"),
    *("class_to_idx.json", "class_indices.json", "imagenet_class_index.json", "class_index.json"),
    *("labels.json", "cat_to_name.json", "label2id.json"),
    *("loc_synset_mapping.txt", "synset_words.txt", "wnids.txt"),
    *("classes.txt", "classnames.txt", "class_names.txt", "labels.txt", "categories.txt"),
)
KNOWN = frozenset(FILES)
NONE = Vocabulary(())
WORDS = "words.txt"  # names of WordNet numbers, in no order
INSIDE = ("id2label", "class_to_idx", "label2id", "classes", "class_names", "names", "categories")
WNID = re.compile(r"n\d{8}")
AFTER_WNID = re.compile(r"(n\d{8})(?:[\s,:]+(.*))?")
DIGITS = re.compile(r"[0-9]{1,9}")
AFTER_NUMBER = re.compile(r"([0-9]{1,9})(?:\s*[:,]\s*|\s+)(\S.*)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A class, as a list has it."""

    name: str
    wnid: str | None = None
    also: tuple[str, ...] = ()
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class ClassList:
    """The classes in label order; none where there is no list.

    Attributes:
        vocabulary: their names, each once, and their wnids.
        first: number that the files give to the first class: 0, or 1 where the list counts from 1.
        by_alias: which class a name, a WordNet number, a key or a folder means.
        by_folder: which class a folder means, where the list says so: another may be called so.
        file: that it was read from.
        fault: why a list could not be read, where there is no other; raised where it is needed.
    """

    vocabulary: Vocabulary = NONE
    first: int = 0
    by_alias: Mapping[str, int] = field(default_factory=dict)
    by_folder: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    fault: RecipeError | None = None

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in label order."""
        return self.vocabulary.names

    def find_label(self, said: int | str) -> Label | None:
        """The class that files give a number, or that a folder, a name, a key, a WordNet number or
        a number in digits means; None where the list has no such class.

        Raises:
            RecipeError: a number can't be named, since the list can't be read.
        """
        if isinstance(said, int):
            return self._at(said - self.first)
        label = self.by_alias.get(normalise(said))
        if label is not None:
            return self._at(label)
        return self._at(int(said) - self.first) if DIGITS.fullmatch(said) and self else None

    def find_by_folder(self, name: str) -> Label | None:
        """The class whose images a folder holds; None where the list has no such class."""
        label = self.by_folder.get(normalise(name))
        return self.find_label(name) if label is None else self._at(label)

    def _at(self, label: int) -> Label | None:
        if self.fault is not None:
            raise self.fault
        if not 0 <= label < len(self.names):
            return None
        wnids = self.vocabulary.wnids
        return Label(self.names[label], label, wnids[label] if wnids else None, self.vocabulary)


def read_class_list(
    names: Sequence[str],
    read: Callable[[str], bytes],
    passed: Passed,
    where: str = "",
    folders: Sequence[str] | None = None,
) -> ClassList:
    """Read the surest list of classes below a root, of several that nearest to the root.

    Args:
        names: paths of all files, from the root on.
        read: gives the bytes of one; it may raise OSError.
        passed: what is passed over: files that list no classes, and broken ones.
        where: place in the recipe, for messages.
        folders: where a list may lie, the first that has one; None is anywhere.
    """
    fault: RecipeError | None = None
    classes = ClassList()
    for name in sorted(filter(_may_list, names), key=lambda one: _rank(one, folders)):
        folder = _folder(name)
        if (folders is not None and folder not in folders) or (
            classes and folder != _folder(classes.file)
        ):
            continue
        try:
            found = _read(name, read(name), names, read)
        except (ValueError, RecursionError, OSError) as broken:
            said = (broken.strerror if isinstance(broken, OSError) else None) or str(broken)
            passed.add(UNREADABLE, name, said)
            right = "fix it, or remove it"
            fault = fault or RecipeError(where, f"the list of classes {name}: {said}", right)
            continue
        if not found or (classes and classes.names != found.names):
            passed.add(OTHER, name, f"{classes.file} is used" if classes else "it lists no classes")
            continue
        passed.read.append(name)
        if found.vocabulary.wnids:
            passed.read += [one for one in names if _is_words(one, name)]
        classes = classes or found
    return classes or ClassList(fault=fault)


def find_class_list(folders: Sequence[Path], where: str, passed: Passed | None = None) -> ClassList:
    """Read the list of classes in the first of some folders that has one.

    Args:
        folders: where it may lie.
        where: place in the recipe, for messages.
        passed: as for `read_class_list`.
    """
    names = [(folder / name).as_posix() for folder in folders for name in _find_lists(folder)]
    places = [folder.as_posix() for folder in folders]
    mine = Passed() if passed is None else passed
    return read_class_list(names, lambda name: Path(name).read_bytes(), mine, where, places)


def write_class_files(classes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Write `classes.json` and `classes.txt`.

    Args:
        classes: in label order, each with its `name` and what else is known of it.
    """
    text = json.dumps(classes, indent=2, ensure_ascii=False) + "\n"
    yield "classes.json", text.encode()
    yield "classes.txt", "".join(f"{row['name']}\n" for row in classes).encode()


def _find_lists(folder: Path) -> list[str]:
    try:
        names = [name for name in os.listdir(folder) if _may_list(name) or name.lower() == WORDS]
    except OSError:  # whoever reads the images says so
        return []
    return sorted(name for name in names if (folder / name).is_file())


def _may_list(name: str) -> bool:
    return name.rpartition("/")[2].lower() in KNOWN


def _rank(name: str, folders: Sequence[str] | None) -> tuple[int, int, str]:
    folder = _folder(name)
    known = folders is not None and folder in folders
    depth = (folders or ()).index(folder) if known else len(PurePosixPath(name).parts)
    return depth, FILES.index(PurePosixPath(name).name.lower()), name


def _read(name: str, data: bytes, names: Sequence[str], read: Callable[[str], bytes]) -> ClassList:
    """Read a list; none where the file lists no classes.

    Raises:
        ValueError: it is broken; with the fault.
    """
    entries, first = _read_entries(name, data, names, read)
    return _class_list(entries, first, name) if entries else ClassList()


def _read_entries(
    name: str, data: bytes, names: Sequence[str], read: Callable[[str], bytes]
) -> tuple[list[_Entry], int]:
    """The classes of a file in its order, none where it lists none; and the first one's number."""
    text = decode_text(data)
    if name.lower().endswith(".json"):
        return _read_json(read_json(text))
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    if "" in lines:
        said = f"line {lines.index('') + 1} is blank, so the numbers of later classes are unclear"
        raise ValueError(said)
    known = [AFTER_WNID.fullmatch(line) for line in lines]
    if all(known):
        words = _read_words(name, names, read) if not any(one and one[2] for one in known) else {}
        wnids = [(one[1], one[2]) for one in known if one]
        return [_make_wnid_entry(wnid, said or words.get(wnid, wnid)) for wnid, said in wnids], 0
    numbered = [one for one in map(AFTER_NUMBER.fullmatch, lines) if one]
    if _find_first([int(one[1]) for one in numbered], len(lines)) is not None:
        return _sort_by_number({int(one[1]): one[2] for one in numbered}, len(lines))
    again = "labels" in PurePosixPath(name).name.lower() and 2 * len({*lines}) <= len(lines)
    if again or any(is_image_name(line.split()[0]) for line in lines):
        return [], 0  # a line for each image
    return [_Entry(line) for line in lines], 0


def _read_words(name: str, names: Sequence[str], read: Callable[[str], bytes]) -> dict[str, str]:
    """Names of WordNet numbers, from the file beside a list of numbers; none without it."""
    file = next((one for one in names if _is_words(one, name)), None)
    try:
        lines = decode_text(read(file)).splitlines() if file else []
    except (OSError, ValueError):  # the numbers do without
        return {}
    found = (AFTER_WNID.fullmatch(line.strip()) for line in lines)
    return {one[1]: one[2] for one in found if one and one[2]}


def _is_words(name: str, beside: str) -> bool:
    """Tell whether a file names the WordNet numbers of a list beside it."""
    return _folder(name) == _folder(beside) and PurePosixPath(name).name.lower() == WORDS


def _read_json(content: Any) -> tuple[list[_Entry], int]:
    if isinstance(content, dict):
        inside = next((content[name] for name in INSIDE if name in content), None)
        if isinstance(inside, list | dict):
            return _read_json(inside)
        return _read_object(content)
    if not isinstance(content, list) or not content:
        return [], 0
    if all(isinstance(row, str) for row in content):
        return list(map(_read_value, content)), 0
    if not all(isinstance(row, dict) and "name" in row for row in content):
        return [], 0
    numbers = [row.get("label", row.get("index", row.get("id"))) for row in content]
    first = _find_first(numbers, len(content))
    if first is None:
        return list(map(_read_row, content)), 0
    ordered = dict(zip(numbers, content, strict=True))
    return [_read_row(ordered[first + i]) for i in range(len(content))], first


def _find_first(numbers: Sequence[Any], count: int) -> int | None:
    """The first of the numbers 0, 1, … or 1, 2, … in any order; None where they are none."""
    if len(numbers) != count or any(type(number) is not int for number in numbers):
        return None
    first = min(numbers)
    return first if first in (0, 1) and sorted(numbers) == [*range(first, first + count)] else None


def _read_row(row: Mapping[str, Any]) -> _Entry:
    """Ours: `name`, and perhaps `folder`, `key` and `wnid`."""
    wnid = row.get("wnid")
    also = tuple(str(row[name]) for name in ("folder", "key") if row.get(name))
    folder = str(row["folder"]) if row.get("folder") else None
    return _Entry(str(row["name"]), wnid if isinstance(wnid, str) else None, also, folder)


def _read_object(content: Mapping[str, Any]) -> tuple[list[_Entry], int]:
    """Names by number or by WordNet number; or numbers by name."""
    if not content:
        return [], 0
    if all(WNID.fullmatch(key) for key in content):  # an object has no order
        return [_make_wnid_entry(key, _first(content[key]) or key) for key in sorted(content)], 0
    if all(key.isascii() and key.isdigit() for key in content):
        return _sort_by_number({int(key): content[key] for key in content}, len(content))
    numbers = list(content.values())
    plain = all(type(number) is int for number in numbers)
    if plain and len({*numbers}) == len(numbers) and not any(map(is_image_name, content)):
        return _sort_by_number({number: name for name, number in content.items()}, len(content))
    return [], 0


def _sort_by_number(content: Mapping[int, Any], count: int) -> tuple[list[_Entry], int]:
    """Names by their number, which counts from 0 or from 1.

    Raises:
        ValueError: a number is missing, or there twice.
    """
    first = _find_first(list(content), count)
    if first is None:
        raise ValueError("its numbers don't run from 0 or 1 without a gap")
    return [_read_value(content[number]) for number in sorted(content)], first


def _read_value(value: Any) -> _Entry:
    """A name, or ImageNet's pair of WordNet number and name."""
    if isinstance(value, list) and len(value) > 1 and WNID.fullmatch(str(value[0])):
        return _make_wnid_entry(str(value[0]), str(value[1]))
    name = _first(value)
    if not name.strip():
        raise ValueError(f"{str(value)[:40]!r} is not a name")
    known = AFTER_WNID.fullmatch(name)
    return _make_wnid_entry(known[1], known[2] or known[1]) if known else _Entry(name)


def _first(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else ""


def _make_wnid_entry(wnid: str, names: str) -> _Entry:
    """A synset by its first name, as in `tench, Tinca tinca`."""
    return _Entry(names.partition(",")[0].strip() or wnid, wnid, (names,))


def _class_list(entries: Sequence[_Entry], first: int, file: str) -> ClassList:
    names = number_same_names([entry.name for entry in entries])
    wnids = tuple(entry.wnid for entry in entries)
    by_alias = {normalise(name): i for i, name in reversed([*enumerate(names)])}
    times = Counter(alias for entry in entries for alias in {*entry.also, entry.name})
    for i, entry in enumerate(entries):
        by_alias |= {normalise(alias): i for alias in entry.also if times[alias] == 1}
    by_alias |= {wnid: i for i, wnid in enumerate(wnids) if wnid}
    said = f"the list of classes {PurePosixPath(file).name}"
    vocabulary = Vocabulary(names, wnids if any(wnids) else (), said)
    by_folder = {normalise(one.folder): i for i, one in enumerate(entries) if one.folder}
    return ClassList(vocabulary, first, by_alias, by_folder, file)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
