"""Makes the index of a pool: features of its images and captions, shard by shard.

A shard is written whole or not at all, so an index that was killed goes on with the next one, and
ends with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from synthset.encoders.models import (
    MINIATURE,
    check,
    find_folder,
)
from synthset.errors import RecipeError, UsageError, raise_storage_errors
from synthset.formats.captioned import list_image_columns
from synthset.formats.manifest import Passed
from synthset.formats.pool_files import list_pool_files
from synthset.machine import ProgressBar, Silent
from synthset.pools.index_writer import Indexing, PoolFeatures, to_json
from synthset.pools.precomputed_features import PrecomputedFeatures
from synthset.recipe.encoders import Encoder
from synthset.recipe.pools import PoolPath
from synthset.recipe.reading import override
from synthset.seeds import fingerprint
from synthset.sources.pool.index_encoder import describe_encoder, parse_encoder
from synthset.store.folder import LocalFolder
from synthset.store.lock import hold
from synthset.store.pool_index import BEGUN, FINISHED, PoolIndex, describe_file
from synthset.store.remote import is_url, require_on_disk

TIMES = {"modified_ns", "touched"}  # of a file of the pool


def read_encoder(kind: str, model: str | None, changes: Sequence[str] = ()) -> Encoder:
    """Read an encoder's settings from what a command line says.

    Args:
        kind: as in recipes.
        model: its `model`; none takes the default.
        changes: other settings, such as `pretrained=openai`.

    Raises:
        RecipeError: no such setting, or no such model.
    """
    content: dict[str, Any] = {"kind": kind} | ({} if model is None else {"model": model})
    for change in changes:
        override(content, change)
    settings = parse_encoder(content)
    folder = find_folder(settings)
    if folder is not None and getattr(settings, "model") != MINIATURE:  # noqa: B009 - not all have one
        settings = settings.model_copy(update={"model": str(folder.absolute())})
    problems = check("encoder", settings)
    if problems:
        raise RecipeError.of(problems)
    return settings


@raise_storage_errors()
def index_pool(
    places: Sequence[PoolPath],
    output: Path | str,
    encoder: Encoder,
    *,
    features: str | None = None,
    rows_per_shard: int = 10_000,
    precision: str = "float16",
    bar: ProgressBar | None = None,
) -> PoolIndex:
    """Index a pool, or go on with an index that was begun.

    Args:
        places: where the pool lies; origin and columns are those of the first.
        output: folder of the index.
        encoder: looks at the images, and reads captions if it is a CLIP.
        features: those that came with the pool, see `PrecomputedFeatures`; none computes them.
        rows_per_shard: images in a file of the index; a file of the pool begins a new one.
        precision: `float16` or `float32`.
        bar: shows how far it is.

    Raises:
        RecipeError: the pool or its features can't be read, or are of another encoder.
        UsageError: the folder holds something else.
        DatasetLocked: another process works on the index.
    """
    place = require_on_disk(output, "-o")
    passed = Passed()
    files = [
        (place, file)
        for i, place in enumerate(places)
        for file in list_pool_files(place.path, f"paths[{i}].path", passed)
    ]
    if not files:
        right = "name Parquet files, tar shards, or folders of images"
        raise RecipeError(
            "paths", f"there is no pool in {', '.join(p.path for p in places)}", right
        )
    looks = PoolFeatures(encoder, None if features is None else PrecomputedFeatures(features))
    facts = [describe_file(file) for _, file in files]
    begun = {
        "paths": [_whole(place.path) for place in places],
        "pool": fingerprint([[PurePosixPath(one["path"]).name, one["revision"]] for one in facts]),
        "files": facts,
        "origin": places[0].origin,
        "image_columns": list_image_columns(places),
        "caption_column": places[0].caption_column,
        "encoder": describe_encoder(encoder),
        "brought": features,
        "features": ["images", "captions"] if looks.reads_captions else ["images"],
        "width": looks.width,
        "dtype": precision,
        "rows_per_shard": rows_per_shard,
    }
    folder = LocalFolder(place)
    _refuse_others(folder)
    with hold(folder):
        _begin(folder, begun)
        if not folder.exists(FINISHED):
            Indexing(folder, begun, files, looks, bar or Silent(), passed).write_all()
    return PoolIndex.open(str(output), "-o")


def _whole(path: str) -> str:
    if is_url(path):
        return path
    return Path(path.removeprefix("file://")).expanduser().absolute().as_posix()


def _refuse_others(folder: LocalFolder) -> None:
    if folder.root.exists() and not folder.root.is_dir():
        raise UsageError(f"-o {folder.root}: is a file; name a new folder")
    if folder.names() and not folder.exists(BEGUN):
        raise UsageError(f"-o {folder.root}: contains other files; name a new or empty folder")


def _begin(folder: LocalFolder, begun: dict[str, Any]) -> None:
    """Say what is indexed, before anything is; a folder that was begun goes on with the same.

    Raises:
        UsageError: it was begun with something else.
    """
    if folder.create(BEGUN, to_json(begun)):
        return
    known = json.loads(folder.read(BEGUN))
    for name in begun:
        if not _is_same(begun[name], known.get(name)):
            what = "files that have changed since" if name == "files" else f"a different {name!r}"
            raise UsageError(
                f"-o {folder.root}: this index was started with {what}; name a new folder, or use "
                "the same again"
            )


def _is_same(now: Any, known: Any) -> bool:
    """Compare what is said of the same, but not when a file was written: a copy of it will do."""
    if isinstance(now, list) and isinstance(known, list):
        return len(now) == len(known) and all(map(_is_same, now, known))
    if isinstance(now, dict) and isinstance(known, dict):
        return all(now[name] == known[name] for name in (now.keys() & known.keys()) - TIMES)
    return bool(now == known)
