"""A sheet of labels beside a folder of images, as Kaggle hands it out: `id,label`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from synthset.errors import RecipeError
from synthset.formats.columns import TableColumns
from synthset.formats.metadata_tables import FILE
from synthset.formats.rows import ReadTable

SUBMISSION = "submission"  # Kaggle's example of an answer, whose labels are made up
FILES = (
    *("filename", "file", "image", "img", "image_name", "image_path", "image_id", "imageid"),
    *("path", "filepath", "file_path", "img_path", "fname", "picture", "photo", "id", "name"),
)
#: Columns that are never taken for labels for standing alone beside the images' names.
OTHERS = (*FILES, "url", "width", "height", "size", "seed", "license", "source", "author", "date")
ONES = ("0", "1", "0.0", "1.0")


def rank_naming_columns(names: Sequence[str]) -> list[str]:
    """The columns that may name images, the likeliest first."""
    known = {one.casefold(): one for one in reversed(names)}
    return [known[one] for one in FILES if one in known]


def find_lone_label(
    name: str, rows: ReadTable, found: TableColumns, images: Collection[str], where: str
) -> tuple[TableColumns, RecipeError | None]:
    """A column beside the images' names alone, whose values come again, says what they are of.

    Args:
        name: of the table.
        rows: of it.
        found: its columns, without a label.
        images: that it names.
        where: place in the recipe, for messages.

    Returns:
        The columns, and why none is the label, where some may be.
    """
    taken = {found.caption, found.split, found.key, FILE, ""}
    rest = [one for one in rows.schema.names if one not in taken and one.casefold() not in OTHERS]
    values = {one: {str(row.get(one)) for row in rows.records} for one in rest}
    if len(rest) > 1 and all(value <= {*ONES} for value in values.values()):
        said = f"{name} has a column of 0 and 1 for each class ({show_columns(rows)})"
        right = "write a single column `label` with the name of the class"
        return found, RecipeError(where, said, right)
    lone = rest[0] if len(rest) == 1 and found.caption is None else None
    if lone is not None and 1 < len(values[lone]) <= len(images) / 2:
        return replace(found, label=lone), None
    return found, None


def show_columns(rows: ReadTable) -> str:
    """The first columns of a table, in words."""
    names = rows.schema.names
    return ", ".join(map(str, names[:5])) + (", …" if len(names) > 5 else "")
