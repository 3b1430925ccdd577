"""`metadata.csv|jsonl|parquet` beside image files, as Hugging Face's image folders have it."""

from __future__ import annotations

from collections.abc import Sequence

METADATA = ("metadata.parquet", "metadata.jsonl", "metadata.csv", "metadata.tsv", "metadata.json")
FILE = "file_name"


def file_columns(names: Sequence[str], given: str | None) -> list[str]:
    """Name the columns with paths of image files below the table's own folder; none where a table
    names its images in another way.

    >>> file_columns(["file_name", "mask_file_name"], None), file_columns(["id", "label"], None)
    (['file_name'], [])
    """
    files = [one for one in names if one.casefold().endswith(FILE)]
    if given is not None:
        return [given] if given in files else []
    main = [one for one in files if one.casefold() in (FILE, f"image_{FILE}")]
    return main or files
