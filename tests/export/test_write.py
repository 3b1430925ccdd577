"""Every kind of export takes every kind of image."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from synthset.export.write import write_export
from synthset.formats.scan import scan
from synthset.recipe.exports import Export
from synthset.recipe.sources import Folder


@pytest.mark.parametrize("kind", ["imagefolder", "webdataset", "parquet", "npy"])
@pytest.mark.parametrize("suffix", [".gif", ".avif"])
def test_images_of_any_format_are_exported_and_read_back(
    kind: str, suffix: str, tmp_path: Path, make: Callable[..., Any]
) -> None:
    world = make(tmp_path / "toy", suffix=suffix)
    world.grow(0, 2)
    settings: Export = TypeAdapter(Export).validate_python(
        {"kind": kind, "path": str(tmp_path / "out")}
    )
    made = write_export(world.select(), settings)
    assert made.images == {"train": 4}
    assert [suffix in note for note in made.notes] == [True] * (kind == "imagefolder")
    if kind != "npy":
        place = tmp_path / "out" / ("train" if kind == "imagefolder" else "")
        found = scan(Folder.model_validate({"kind": "folder", "paths": [{"path": str(place)}]}))
        assert sorted(Counter(image.name[:3] for image in found).items()) == [
            ("ant", 2),
            ("zeb", 2),
        ]
