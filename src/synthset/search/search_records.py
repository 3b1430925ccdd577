"""Searches a dataset in the one way that is asked: by words, by an example, by what CLIP sees."""

from __future__ import annotations

import os

from synthset.errors import UsageError
from synthset.results.hits import Hit, Hits
from synthset.search.text_search import search_words
from synthset.store.dataset import Dataset


def search_records(
    dataset: str | os.PathLike[str],
    words: str | None = None,
    *,
    like: str | None = None,
    clip: str | None = None,
    encoder: str | None = None,
    limit: int = 20,
) -> Hits:
    """Find records of a dataset by words, or images by an example or by a text.

    Args:
        dataset: a dataset, its folder or its URL.
        words: of prompt, class or synonyms; if no record has all, any is enough.
        like: an image, as an id, the first digits of one, or a file.
        clip: text that CLIP compares with the images.
        encoder: the encoder whose features `like` and `clip` compare; none means the first suitable
            one.
        limit: most records.

    Returns:
        The best records, best first.

    Raises:
        UsageError: not one of `words`, `like` and `clip` is given, or it names nothing.
        ModelError: `like` and `clip` need FAISS, which is not installed.
    """
    if sum(asked is not None for asked in (words, like, clip)) != 1:
        raise UsageError(
            "give exactly one thing to search for: words, an image (--like), or a text for CLIP"
        )
    opened = Dataset.open(dataset)
    if words is not None:
        return _search_words(opened, words, limit)
    from synthset.search.feature_search import search_clip, search_like  # loads torch

    found: list[Hit] = []
    if like is not None:
        found = search_like(opened, like, limit, encoder)
    elif clip is not None:
        found = search_clip(opened, clip, limit, encoder)
    return Hits(tuple(found), f"cosine of {'image' if clip is None else 'CLIP'} features")


def _search_words(dataset: Dataset, words: str, limit: int) -> Hits:
    found = search_words(dataset, words, limit)
    if found or len(words.split()) < 2:
        return Hits(tuple(found), "BM25")
    some = search_words(dataset, words, limit, any_word=True)
    return Hits(tuple(some), "BM25 over any of the words, as no record has all of them")
