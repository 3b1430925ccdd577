"""Search in a dataset: by words, by an example, by what CLIP sees.

`synthset.search(...)` searches, as `search_records` does.
"""

from synthset.lazy import make_callable

make_callable(__name__, "synthset.search.search_records:search_records")
