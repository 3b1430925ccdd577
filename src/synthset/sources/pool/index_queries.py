"""Retrieval from an indexed pool: the index is what it was, and queries are seen as it was made."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.models import check, open_text_encoder
from synthset.errors import RecipeError, list_names
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.originals import Originals
from synthset.formats.pool_files import list_pool_files
from synthset.formats.scan import refuse_tests, scan
from synthset.images import sha256
from synthset.kinds import carry_out
from synthset.prompts import templates
from synthset.recipe.encoders import Encoder
from synthset.recipe.paths import FolderPath
from synthset.recipe.pools import Pool
from synthset.recipe.sources import Folder
from synthset.record import IMAGE
from synthset.seeds import fingerprint
from synthset.sources.picked import Curated
from synthset.sources.pool.index_encoder import describe_encoder, parse_encoder
from synthset.sources.pool.random_draw import draw_indexed
from synthset.sources.pool.retrieval import ExcludedImages, Queries, pick_retrieved
from synthset.stage import Rows, list_column
from synthset.store.folder import LocalFolder
from synthset.store.pool_index import PoolIndex, is_as_before, is_unsure, to_unit_length
from synthset.taxonomy.class_labels import find_labels
from synthset.taxonomy.classlists import ClassEntry

CHUNK = 256  # images read at a time
INDEX = "source.index"

Floats = NDArray[np.float32]


def retrieve_images(
    source: Pool, classes: Sequence[ClassEntry], images_per_class: int | None, seed: int
) -> Curated:
    """Pick images of an indexed pool that are near to labelled images, or to classes' texts; or
    draw them.

    Raises:
        RecipeError: there is no such index, its pool or encoder is another one now, or the queries
            are test images, of no class, or unreadable.
        ModelError: the encoder can't be loaded.
    """
    index = PoolIndex.open(source.index or "", INDEX)
    _refuse_changed_pool(index)
    encoder = _encoder_of(index)
    notes: tuple[str, ...] = ()
    if source.strategy == "retrieve_text":
        queries = _texts(source, classes, encoder, index)
    else:
        queries, notes = _images(source, classes, encoder, index)
    against = _read_excluded(source, encoder, index) if source.against else None
    asked = source, index, queries, against, classes, images_per_class
    drawn = source.strategy == "random"
    picked = draw_indexed(*asked, seed) if drawn else pick_retrieved(*asked)
    return replace(picked, notes=(*notes, *picked.notes))


def _refuse_changed_pool(index: PoolIndex) -> None:
    """The pool holds what it held when it was indexed, no more and no less."""
    there = {
        file.as_posix()
        for path in index.facts["paths"]
        for file in list_pool_files(path, INDEX, Passed())
    }
    known = {one["path"] for one in index.facts["files"]}
    right = "restore the pool, or index it again in another folder"
    gone = sorted(one for one in known - there if not _holds(one, there))
    new = sorted(there - known - {file for one in known for file in there if _holds(one, [file])})
    if gone or new:
        what = f"{gone[0]} is gone" if gone else f"{new[0]} is not in the index"
        raise RecipeError(INDEX, f"{what}: the pool has changed since it was indexed", right)
    for number, one in enumerate(index.facts["files"]):
        try:
            changed = None if is_as_before(one) else one["path"]
            if changed is None and is_unsure(one):
                changed = _find_changed_image(index, number)
        except OSError as fault:
            raise RecipeError(INDEX, f"{one['path']} can't be reached ({fault})", right) from None
        if changed is not None:
            raise RecipeError(INDEX, f"{changed} has changed since it was indexed", right)


def _find_changed_image(index: PoolIndex, file: int) -> str | None:
    """Name the first image of a file that has other bytes than it had; None where none has."""
    columns = index.facts["image_columns"]
    originals = Originals([FolderPath(path=INDEX, image_column=one) for one in columns])
    for source, content in index.contents_of(file):
        data = originals.read(source)
        if content != (None if data is None else sha256(data)):
            return source
    return None


def _holds(folder: str, files: Iterable[str]) -> bool:
    """Whether some files lie in a folder: an older index may list that, and not what it holds."""
    return any(file.startswith(f"{folder}/") for file in files)


def _encoder_of(index: PoolIndex) -> Encoder:
    """The encoder that made the index, if it is still the same."""
    known = index.facts["encoder"]
    encoder = parse_encoder(known["settings"])
    problems = check(f"{INDEX} (its encoder)", encoder)
    if problems:
        raise RecipeError.of(problems)
    now = describe_encoder(encoder)
    for name in ("weights", "fingerprint", "version"):
        if now[name] != known[name]:
            what = (
                f"the index was made by {known['settings']['kind']} with {name} "
                f"{known[name][:12]}, but now it has {now[name][:12]}, so queries can't be "
                "compared with the index"
            )
            raise RecipeError(INDEX, what, "restore the model, or index the pool again")
    return encoder


def _images(
    source: Pool, classes: Sequence[ClassEntry], encoder: Encoder, index: PoolIndex
) -> tuple[Queries, tuple[str, ...]]:
    """Labelled images as queries."""
    settings = Folder(kind="folder", paths=source.queries)
    with _name_setting("queries"):
        refuse_tests(source.queries)
        images = list(scan(settings))
    labels = find_labels(sorted({image.name for image in images}), classes)
    left_out = Counter(image.name for image in images if image.name not in labels)
    mine = [image for image in images if image.name in labels]
    if not mine:
        found = f"there are no images of the classes, only of {list_names(sorted(left_out))}"
        raise RecipeError("source.queries", found, "list those names under `classes`")
    features = _encode(mine, source.queries, encoder, index)
    there = np.flatnonzero(~np.isnan(features[:, 0]))
    if not len(there):
        found = f"none of {len(mine):,} images can be read"
        raise RecipeError("source.queries", found, "name other images")
    kept = [mine[place] for place in there.tolist()]
    queries = Queries(
        features[there],
        np.array([labels[image.name] for image in kept], np.int64),
        [image.source for image in kept],
        [image.content for image in kept],
    )
    without = [repr(one.name) for label, one in enumerate(classes) if label not in queries.labels]
    notes: tuple[str, ...] = (f"there is no query for {list_names(without)}",) if without else ()
    if left_out:
        names = list_names([f"{name} ({count:,})" for name, count in sorted(left_out.items())])
        notes += (f"queries left out because the recipe doesn't list their class: {names}",)
    if len(kept) < len(mine):
        notes += (f"{len(mine) - len(kept):,} queries can't be read",)
    return queries, notes


def _texts(
    source: Pool, classes: Sequence[ClassEntry], encoder: Encoder, index: PoolIndex
) -> Queries:
    """What each class is called as a query."""
    if encoder.text_implementation is None:
        found = f"the index was made by an encoder of kind {encoder.kind!r}, which can't read text"
        raise RecipeError(INDEX, found, "index the pool with a CLIP encoder, or use retrieve_image")
    if not index.has(source.compare):
        found = f"'captions' is set, but the index {source.index} has no features of captions"
        raise RecipeError("source.compare", found, "set it to 'images'")
    problems = templates.find_problems(source.texts, {}, classes, "source")
    if problems:
        raise RecipeError.of(
            [
                type(one)(
                    one.where.replace("source.templates", "source.texts"), one.found, one.right
                )
                for one in problems
            ]
        )
    read, count = open_text_encoder(encoder), len(source.texts)
    said = [
        [
            templates.write(source.texts, {}, entry, partial(_take_nth, place))
            for place in range(count)
        ]
        for entry in classes
    ]
    features = read.encode([text for texts in said for text in texts])  # (K * T, D)
    mean = features.reshape(len(classes), count, -1).mean(axis=1)  # (K, D)
    names = [" | ".join(texts) for texts in said]
    labels = np.arange(len(classes), dtype=np.int64)
    return Queries(to_unit_length(mean), labels, names, names, of=source.compare, images=False)


def _take_nth(place: int, what: str, count: int) -> int:
    """Take the template at a place, instead of drawing one."""
    return place


def _read_excluded(source: Pool, encoder: Encoder, index: PoolIndex) -> ExcludedImages:
    """Images that nothing may be a copy of, whatever their classes."""
    with _name_setting("against"):
        images = list(scan(Folder(kind="folder", paths=source.against)))
    features = _encode(images, source.against, encoder, index)
    readable = features[~np.isnan(features[:, 0])]
    return ExcludedImages(readable, frozenset(image.content for image in images))


def _encode(
    images: Sequence[Listed], places: Sequence[FolderPath], encoder: Encoder, index: PoolIndex
) -> Floats:
    """(N, D) features of unit length; NaN where an image can't be read. They are kept beside the
    index, for the next plan or run, and may be deleted at any time."""
    known = fingerprint([index.facts["encoder"], [image.content for image in images]])
    kept, folder = f"queries/{known}.npy", LocalFolder(index.folder)
    if folder.exists(kept):
        features: Floats = np.load(index.folder / kept, allow_pickle=False)
        return features
    stage, originals = carry_out(encoder, encoder), Originals(places)
    stage.open()
    found = []
    for start in range(0, len(images), CHUNK):
        some = images[start : start + CHUNK]
        cells = [{"bytes": originals.read(image.source), "path": None} for image in some]
        ids = [image.content for image in some]
        rows = Rows(pa.table({"id": ids, "image": pa.array(cells, IMAGE)}))
        found.append(to_unit_length(list_column(stage(rows), "features")))
    features, buffer = np.concatenate(found), io.BytesIO()
    np.save(buffer, features, allow_pickle=False)
    with suppress(OSError):  # an index that others may only read
        folder.create(kept, buffer.getvalue())
    return features


@contextmanager
def _name_setting(setting: str) -> Iterator[None]:
    """Name the setting where a scan found a fault."""
    try:
        yield
    except RecipeError as error:
        place = f"source.{setting}"
        problems = [
            type(one)(one.where.replace("source.paths", place), one.found, one.right)
            for one in error.problems
        ]
        raise RecipeError.of(problems) from None
