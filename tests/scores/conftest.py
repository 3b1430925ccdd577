"""Chunks of rows as the engine joins them, and a CLIP that needs no model."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthset.stage import Rows, list_array


@pytest.fixture
def joined():
    """Make a chunk of one vector column, where None stands for a failed row, and plain columns."""

    def make(name, vectors, **columns):
        width = len(next(vector for vector in vectors if vector is not None))
        missing = np.array([vector is None for vector in vectors])
        filled = [vector if vector is not None else [0.0] * width for vector in vectors]
        ids = [f"{row:02}" for row in range(len(vectors))]
        cells = list_array(np.array(filled, dtype=np.float32), missing)
        return Rows(pa.table({"id": ids, name: cells, **columns}))

    return make


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real pictures; without it, the tests that look at them are skipped."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SYNTHSET_DATA", default))
    if not folder.is_dir():
        pytest.skip("no shared data: set SYNTHSET_DATA")
    return folder
