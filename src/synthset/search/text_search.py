"""Search by words: prompts, class names and their synonyms, in an index of SQLite's FTS5.

The index is derived: it lies in the dataset's folder, is made anew when the plan has grown, and may
be deleted at any time.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from synthset.errors import StorageError, UsageError
from synthset.results.hits import Hit
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset
from synthset.store.files import write_aside
from synthset.store.folder import LocalFolder

INDEX = "derived/words.sqlite"
#: How much a word counts in the class name, in its other names and gloss, and in the prompt.
WEIGHTS = {"class_name": 4.0, "synonyms": 2.0, "prompt": 1.0}
TABLES = """
CREATE TABLE state (fingerprint TEXT NOT NULL);
CREATE TABLE record (row INTEGER PRIMARY KEY, id TEXT, path TEXT, words_row INTEGER);
CREATE VIRTUAL TABLE words USING fts5(class_name, synonyms, prompt, tokenize='porter unicode61');
CREATE INDEX record_words ON record (words_row);
"""
FIND = """
SELECT record.id, words.class_name, -bm25(words, {weights}) AS score, record.path, words.prompt
FROM words JOIN record ON record.words_row = words.rowid
WHERE words MATCH ? ORDER BY score DESC, record.row LIMIT ?
"""


def search_words(
    dataset: Dataset, query: str, limit: int = 20, any_word: bool = False
) -> list[Hit]:
    """Find the records whose prompt or class has the words of a query.

    Words are compared by their stems ("trucks" finds "truck"), a text in quotes as it stands, and
    a word that ends in `*` by its beginning.

    Args:
        dataset: with a plan.
        query: the words.
        limit: most records.
        any_word: whether one of the words is enough.

    Returns:
        The best, by BM25 over prompt, class name and synonyms; ties in the order of the plan.

    Raises:
        UsageError: no word in the query.
    """
    asked = write_match(query, any_word)
    weights = ", ".join(str(weight) for weight in WEIGHTS.values())
    with contextlib.closing(index(dataset)) as base:
        rows = base.execute(FIND.format(weights=weights), (asked, limit)).fetchall()
    return [Hit(*row) for row in rows]


def write_match(query: str, any_word: bool = False) -> str:
    """Write a query in the language of FTS5, where every word of a user is only a word.

    >>> write_match('red truck*'), write_match('"fire engine" AND')
    ('"red" "truck"*', '"fire engine" "AND"')
    """
    parts = re.findall(r'"([^"]+)"|([^\s"]+)', query)
    words = []
    for phrase, word in parts:
        text = phrase or word.rstrip("*")
        if re.search(r"\w", text):
            words.append(f'"{text}"' + ("*" if word.endswith("*") else ""))
    if not words:
        raise UsageError(
            f"search: {query!r} contains no word; give one or more, such as 'red truck'"
        )
    return (" OR " if any_word else " ").join(words)


def index(dataset: Dataset) -> sqlite3.Connection:
    """Open the index, made anew if it is missing, stale or damaged.

    A dataset in an object store gets one in memory.
    """
    mark = _mark(dataset)
    if not isinstance(dataset.folder, LocalFolder):
        base = sqlite3.connect(":memory:")
        _fill(base, dataset, mark)
        return base
    place = dataset.folder.root / INDEX
    known = _open(place, mark)
    if known is None:
        _make(place, dataset, mark)
    return known or sqlite3.connect(place)


def _mark(dataset: Dataset) -> str:
    """Name what the index is made of: plans grow by shards, classes by entries."""
    view = dataset.view
    return fingerprint([TABLES, view.plan, view.images, dataset.rows_in(view.plan)])


def _open(place: Path, mark: str) -> sqlite3.Connection | None:
    if not place.exists():
        return None
    base = sqlite3.connect(place)
    try:
        row = base.execute("SELECT fingerprint FROM state").fetchone()
    except sqlite3.DatabaseError:
        row = None
    if row == (mark,):
        return base
    base.close()
    return None


def _make(place: Path, dataset: Dataset, mark: str) -> None:
    """Write the index aside and put it in place, so that a reader never sees half of one."""
    try:
        with write_aside(place) as aside, contextlib.closing(sqlite3.connect(aside)) as base:
            _fill(base, dataset, mark)
    except sqlite3.OperationalError as fault:
        raise StorageError(f"{place}: {fault}; fix that and search again") from None


def _fill(base: sqlite3.Connection, dataset: Dataset, mark: str) -> None:
    """One text for each distinct prompt of a class, one row a record."""
    base.executescript(TABLES)
    synonyms = _synonyms(dataset)
    texts: dict[tuple[int, str | None], int] = {}
    for label, name, prompt, key, path in _records(dataset):
        text = texts.get((label, prompt))
        if text is None:
            text = texts[label, prompt] = len(texts) + 1
            columns = "(rowid, class_name, synonyms, prompt)"
            row = (text, name, synonyms.get(label, ""), prompt)
            base.execute(f"INSERT INTO words {columns} VALUES (?, ?, ?, ?)", row)
        base.execute("INSERT INTO record (id, path, words_row) VALUES (?, ?, ?)", (key, path, text))
    base.execute("INSERT INTO state VALUES (?)", (mark,))
    base.commit()


def _records(dataset: Dataset) -> Iterator[tuple[int, str, str | None, str, str]]:
    """Label, class name, prompt, id and path of each record, shard by shard."""
    view = dataset.view
    shards = dataset.shards(view.plan)
    read = partial(dataset.read_cell, view.plan, columns=["id", "label", "class_name", "prompt"])
    for shard, rows in zip(shards, dataset.folder.map(read, shards), strict=True):
        for place, row in enumerate(rows.to_pylist()):
            path = f"{view.images}/{shard:05d}.parquet#{place}"
            yield row["label"], row["class_name"], row["prompt"], row["id"], path


def _synonyms(dataset: Dataset) -> dict[int, str]:
    """Label to the other words for a class and its definition."""
    return {
        entry["label"]: " · ".join([*(entry.get("lemmas") or ()), entry.get("gloss") or ""])
        for entry in dataset.classes()
    }
