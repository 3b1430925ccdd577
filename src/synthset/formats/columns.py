"""Which columns of a table hold the image, its label, its caption: one answer for every reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from synthset.errors import RecipeError, did_you_mean
from synthset.formats.features import find_feature_columns, read_class_names
from synthset.formats.labels import number_same_names, parse_number, read_label
from synthset.formats.listed import Label, Vocabulary

#: Names that tables give their columns, in any case; of several the first is taken. Of labels
#: several are refused, since what an image is of is never guessed.
IMAGES = ("image", "img", "jpg", "jpeg", "png", "webp", "picture", "photo", "image_bytes", "bytes")
LABELS = (
    *("label", "labels", "fine_label", "class", "target", "category", "cls", "class_label"),
    *("class_name", "label_name", "category_name", "class_id", "label_id", "category_id"),
    *("class_idx", "class_index", "breed", "species", "dx", "diagnosis"),
)
CAPTIONS = ("caption", "text", "prompt", "description", "captions", "sentence", "alt_text")
#: Paths of image files, in a table without images.
PATHS = (
    *("file_name", "filename", "file", "image_path", "image_name", "img_path", "path", "filepath"),
    "file_path",
)
KEYS = ("key", "image_id", "uid", "id")
BESIDES = ("key", "url", "license")  # what pools say of an image, by the names of the facts
SPLITS = ("split", "subset", "partition", "set", "usage")
WNIDS = ("wnid",)
FINE = "fine_label"  # beside `coarse_label`, which says less: CIFAR-100
AFTER = re.compile(r"(?<=[a-z])_?(name|text|id|idx|index|label)$")
NAMING = re.compile(r"(?<=[a-z])_?(name|text)$")


@dataclass(frozen=True, slots=True)
class Columns:
    """What a recipe or a command line calls the columns of its tables.

    Attributes:
        image: with the encoded images or, in a table beside image files, with their names; None
            is found.
        label: with what they are of; None is found.
        caption: with their words; None is found.
        key: with what they are called by; None is found.
    """

    image: str | None = None
    label: str | None = None
    caption: str | None = None
    key: str | None = None


#: Names that are looked for first where a pool names no column; indexes keep them.
FIRST = ("image", "jpg", "png", "webp")
USUAL = Columns("image", "label", "caption", "key")  # defaults of settings: no more than None


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of one table.

    Attributes:
        image: with encoded images, or with the paths of image files; None where there is none.
        label: with numbers or names of classes; None where there is none, or several may be.
        named: with the names of the classes whose numbers `label` has.
        wnid: with WordNet numbers of the classes.
        caption: with words.
        key: with what the images are called by.
        split: with the word of a split.
        vocabulary: names of the numbers, where the table lists them.
        rivals: columns of which each may be the label, where nothing decides.
        notes: what was decided that a user should know, in sentences.
    """

    image: str | None = None
    label: str | None = None
    named: str | None = None
    wnid: str | None = None
    caption: str | None = None
    key: str | None = None
    split: str | None = None
    vocabulary: Vocabulary | None = None
    rivals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def read_label(self, row: Mapping[str, Any]) -> Label | None:
        """Read the label of a row; None where it has none, or a number beyond the list.

        Raises:
            ValueError: it is no single label; the message goes on after its place.
        """
        if self.label is None:
            return None
        names = self.vocabulary.names if self.vocabulary else ()
        name, number = _label(row, self.label, self.named, names)
        if name is None:
            return None
        said = read_label(row.get(self.wnid)) if self.wnid else None
        wnid = said if isinstance(said, str) else None
        return Label(name, number, wnid, self.vocabulary)


def find_columns(
    schema: pa.Schema,
    columns: Columns,
    table: str,
    where: str,
    caption_setting: str = "caption_column",
) -> TableColumns:
    """Find the columns of a table: by the names that were given, by the features that Hugging
    Face's `datasets` notes, by the usual names, and an image by its type.

    Args:
        schema: of the table.
        columns: names that were given.
        table: what messages call it.
        where: place in the recipe, or an option of the command line.
        caption_setting: what the recipe calls the setting for captions.

    Raises:
        RecipeError: there is no column of a name that was given.
    """
    label, rivals = _label_column(schema, columns, table, where)
    names = number_same_names(read_class_names(schema, label)) if label else ()
    listed = Vocabulary(names, said_by=f"the ClassLabel {label!r} of {table}") if names else None
    named = (
        _find_names(schema, label) if label and not names and not is_text(schema, label) else None
    )
    coarse = next((name for name in schema.names if name.casefold() == "coarse_label"), None)
    said = f"{table}: the label is {label!r}, which is more specific than {coarse!r}"
    chosen = is_given(columns.label, "label")
    return TableColumns(
        image=_find_given(schema, columns, "image", table, where) or find_image_column(schema, ()),
        label=label,
        named=named,
        wnid=_find_usual(schema.names, WNIDS),
        caption=_find_given(schema, columns, "caption", table, where, caption_setting)
        or _find_usual(schema.names, CAPTIONS),
        key=_find_given(schema, columns, "key", table, where) or _find_usual(schema.names, KEYS),
        split=_find_usual(schema.names, SPLITS),
        vocabulary=listed,
        rivals=rivals,
        notes=(said,) if coarse and label and label.casefold() == FINE and not chosen else (),
    )


def is_given(name: str | None, kind: str) -> bool:
    """Tell whether a setting names a column, and not just the usual one of its kind."""
    return name is not None and name != getattr(USUAL, kind)


def find_image_column(schema: pa.Schema, given: Sequence[str]) -> str | None:
    """Name the column with the images: the first of the given names that is there, else what it is
    found by; None where nothing says so."""
    wanted = (*given, str(USUAL.image))
    known = next((name for one in wanted if (name := find_column(schema.names, one))), None)
    if known is not None:
        return known
    noted = find_feature_columns(schema, "Image")
    able = [name for name in schema.names if holds_images(schema.field(name).type)]
    paths = _find_usual([name for name in schema.names if is_text(schema, name)], PATHS)
    return (
        _find_usual(noted, IMAGES)
        or _get_only(noted)
        or _find_usual(able, IMAGES)
        or _get_only(able)
        or paths
    )


def explain_missing(
    schema: pa.Schema, kind: str, found: TableColumns, table: str, where: str
) -> RecipeError:
    """Say that a table has no column for something, or several.

    Args:
        schema: of the table.
        kind: `image`, `label`, `caption` or `key`.
        found: what it has.
        table: what the message calls it.
        where: place in the recipe, or an option of the command line.
    """
    setting = name_setting(where, f"{kind}_column")
    if kind == "label" and found.rivals:
        said = f"the labels of {table} may be in {' or '.join(map(repr, found.rivals))}"
        right = f"name the column: label_column (--label-column), such as {found.rivals[0]!r}"
        return RecipeError(setting, said, right)
    what = "images" if kind == "image" else f"{kind}s"
    known = did_you_mean(getattr(USUAL, kind), schema.names)
    right = f"name the column: {kind}_column (--{kind}-column); {known}"
    return RecipeError(setting, f"{table} has no column that clearly holds {what}", right)


def name_setting(where: str, name: str) -> str:
    """The place of a setting beside a recipe's path; a command line has the path alone."""
    return where.removesuffix("path") + name if where.endswith(".path") else where


def choose_image_columns(named: Iterable[str | None]) -> list[str]:
    """The names that paths give to the column of images; where one gives none, also those that are
    looked for first.

    >>> choose_image_columns(["picture", None])
    ['picture', 'image', 'jpg', 'png', 'webp']
    """
    given = list(named)
    unnamed = FIRST if None in given else ()
    return list(dict.fromkeys([*(name for name in given if name), *unnamed]))


def find_column(names: Iterable[str], wanted: str) -> str | None:
    """Find a column by its name, and if there is none by its name in another case.

    >>> find_column(["TEXT", "url"], "text")
    'TEXT'
    """
    known = list(names)
    near = (name for name in known if name.casefold() == wanted.casefold())
    return wanted if wanted in known else next(near, None)


def is_text(schema: pa.Schema, name: str) -> bool:
    """Tell whether there is such a column, and it holds words."""
    if name not in schema.names:
        return False
    kind = schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def holds_images(kind: pa.DataType) -> bool:
    """Tell whether a column of this type may hold encoded images: bytes, or Hugging Face's
    `{bytes, path}`."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        inner = {kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)}
        return "bytes" in inner and ("path" in inner or _is_binary(inner["bytes"]))
    return _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def _label_column(
    schema: pa.Schema, columns: Columns, table: str, where: str
) -> tuple[str | None, tuple[str, ...]]:
    """Name the column of the labels, or those that may be."""
    given = _find_given(schema, columns, "label", table, where)
    usual = find_column(schema.names, str(USUAL.label))
    noted = find_feature_columns(schema, "ClassLabel")
    fine = _find_usual(noted or schema.names, (FINE,))
    sure = given or usual or _get_only(noted) or fine
    if sure is not None or noted:
        return sure, () if sure else tuple(noted)
    able = [name for name in schema.names if name.casefold() in LABELS]
    numbers = [name for name in able if not is_text(schema, name)]
    called = [name for name in able if NAMING.search(name.casefold())]
    if len(numbers) == 1 and all(
        name in called or _stem(name) == _stem(numbers[0]) for name in able if name != numbers[0]
    ):
        able = numbers
    wnid = _find_usual(schema.names, WNIDS)
    able = able or ([wnid] if wnid else [])
    only = _get_only(able)
    return only, () if only else tuple(able)


def _find_names(schema: pa.Schema, label: str) -> str | None:
    """The column with the names of numbered classes."""
    beside = (f"{label}_name", "label_name", "class_name", f"{label}_text")
    exact = next((name for name in beside if name != label and is_text(schema, name)), None)
    stem = (
        name
        for name in schema.names
        if name != label and is_text(schema, name) and _stem(name) == _stem(label)
    )
    return exact or next(stem, None)


def _stem(name: str) -> str:
    """What a class is called in names such as `class_id` and `class_name`."""
    return AFTER.sub("", name.casefold())


def _find_given(
    schema: pa.Schema,
    columns: Columns,
    kind: str,
    table: str,
    where: str,
    setting: str = "",
) -> str | None:
    """The column of a name that was given; None where it is the default, which means to look.

    Raises:
        RecipeError: there is none.
    """
    wanted = getattr(columns, kind)
    if wanted is None:
        return None
    name = find_column(schema.names, wanted)
    if name is None and is_given(wanted, kind):
        said = f"{table} has no column {wanted!r}"
        right = did_you_mean(wanted, schema.names)
        raise RecipeError(name_setting(where, setting or f"{kind}_column"), said, right)
    return name


def _find_usual(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The first of the usual names that is there."""
    known = {name.casefold(): name for name in reversed(names)}
    return next((known[name] for name in usual if name in known), None)


def _get_only(names: Sequence[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _label(
    row: Mapping[str, Any], column: str, named: str | None, classes: Sequence[str]
) -> tuple[str | None, int | None]:
    """Read the class of a row: its name, None where it has none, and its number."""
    value = row.get(column)
    said = read_label(value)
    text = said if isinstance(said, str) else ""
    number = parse_number(text)
    said = said if number is None else read_label(number)
    if named is not None and (said is not None or value is None):
        name = read_label(row.get(named))
        return None if name is None else str(name), said if isinstance(said, int) else None
    if not isinstance(said, int):
        return said, None
    if classes and said >= len(classes):
        return None, None
    return classes[said] if classes else text.partition(".")[0] or str(said), said
