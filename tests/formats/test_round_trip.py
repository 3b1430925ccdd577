"""Whatever the classes are called and however the images lie: what was imported, exported and read
again has the same numbers in the same order, and trains the same weights."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LAYOUTS, SIDE, Made, write
from pydantic import TypeAdapter

from synthset.engine.plan import add_rows, name_plan, settle_material, write_classes
from synthset.experiment.single import find_places, read_splits, train_single
from synthset.export.write import write_export
from synthset.formats.originals import Originals
from synthset.images import sha256
from synthset.machine import Silent
from synthset.recipe.exports import Export
from synthset.recipe.recipe import load_recipe
from synthset.recipe.single import load_single
from synthset.record import IMAGES
from synthset.results.reason import REASON
from synthset.store.dataset import Dataset, View
from synthset.taxonomy.names import INVISIBLE, fold_name, normalise
from synthset.training.labelled import LabelledImages

KINDS = ("imagefolder", "webdataset", "parquet", "npy")
FEW = 6  # examples, each of which is imported, exported and read four times
LETTERS = "abzABZ019éßжя犬हि"
SYMBOLS = "+-#%&!.,_ ()€'\U0001f34e\U0001f34a"
NAMES = st.text(LETTERS + SYMBOLS, min_size=1, max_size=8).filter(
    lambda name: normalise(name) == name and not INVISIBLE.search(name) and name[0] != "."
)
SMALLEST = load_single(
    None,
    (
        *("model.kind=small_resnet", "model.width=4", "preprocessing.size_px=8"),
        *("training.updates=2", "training.batch_size=4", "training.device=cpu"),
    ),
)


@st.composite
def worlds(draw):
    """Classes in any order, and images of two of them at least; some without a label."""
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique_by=fold_name))
    counts = draw(st.lists(st.sampled_from((0, 2, 3)), min_size=len(names), max_size=len(names)))
    for label in draw(st.permutations(range(len(names))))[:2]:
        counts[label] = max(counts[label], 2)
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    labels = draw(st.permutations([*labels, *[None] * draw(st.integers(0, 2))]))
    return Made(tuple(names), tuple(labels))


def imported(place, folder):
    """Make a dataset of what lies at a place, without the engine: all of it is kept."""
    source = {"kind": "folder", "paths": [{"path": str(place)}]}
    content = {"name": "d", "classes": {"kind": "source"}, "source": source}
    recipe = load_recipe(content)
    found, dataset = settle_material(recipe), Dataset.create(folder, "d", 1024)
    table = name_plan(recipe, found)
    dataset.write_text("recipe.yaml", json.dumps(content))
    write_classes(dataset, found.classes, listed=False)
    add_rows(dataset, recipe, table, found)
    plan, originals = dataset.read(table, ["id", "source"]), Originals(recipe.source.paths)
    rows = []
    for row in plan.to_pylist():
        data = originals.read(row["source"])
        shape = {"width": SIDE, "height": SIDE, "sha256": sha256(data)}
        rows.append({"id": row["id"], "image": {"bytes": data, "path": "a.png"}, **shape})
    schema = pa.schema([pa.field("id", pa.string()), *IMAGES, pa.field("error", pa.string())])
    dataset.write_cell("images-1", 0, pa.Table.from_pylist(rows, schema=schema))
    kept = {"id": plan.column("id"), "keep": [True] * len(rows)}
    nothing = {"reason": pa.nulls(len(rows), REASON)}
    rank = {"rank": pa.nulls(len(rows), pa.int32())}
    dataset.write_table("selections/1.parquet", pa.table({**kept, **nothing, **rank}))
    dataset.write_view(View(table, "images-1", selection="selections/1.parquet"))
    return dataset


def trained_on(place):
    """What a training would get: classes in label order, each image's number, and their order."""
    images = read_splits(find_places(place, None, None), 0.3, 0)
    both = LabelledImages.join([images.train, images.val])
    order = (images.train.keys, images.val.keys)
    return images.classes, dict(zip(both.keys, both.labels.tolist(), strict=True)), order


def exported(dataset, kind, place):
    wanted = TypeAdapter(Export).validate_python({"kind": kind, "path": str(place)})
    return write_export(dataset, wanted).path


@settings(max_examples=int(os.environ.get("SYNTHSET_EXAMPLES") or FEW))
@given(worlds(), st.sampled_from(LAYOUTS), st.sampled_from(KINDS))
def test_numbers_order_and_classes_come_through_every_export(made, layout, kind):
    folder = Path(tempfile.mkdtemp())
    try:
        place = write(made, layout, folder / "source")
        expected = made.names, made.numbers
        found = trained_on(place)
        assert found[:2] == expected
        dataset = imported(place, folder / "d")
        assert trained_on(folder / "d") == found
        assert trained_on(exported(dataset, kind, folder / kind)) == found
    finally:
        shutil.rmtree(folder)


def weights_of(place, folder, seed):
    """The bytes of what is trained on the images of a place."""
    images = read_splits(find_places(place, None, None), 0.3, seed)
    train_single(images, SMALLEST, folder, Silent())
    return (folder / "model.safetensors").read_bytes()


@settings(max_examples=int(os.environ.get("SYNTHSET_EXAMPLES") or FEW))
@given(worlds(), st.sampled_from(LAYOUTS[1:]), st.integers(0, 9))
def test_the_same_images_train_the_same_weights_in_whatever_layout_they_lie(made, layout, seed):
    folder = Path(tempfile.mkdtemp())
    try:
        in_folders = weights_of(write(made, LAYOUTS[0], folder / "a"), folder / "of-a", seed)
        assert weights_of(write(made, layout, folder / "b"), folder / "of-b", seed) == in_folders
    finally:
        shutil.rmtree(folder)
