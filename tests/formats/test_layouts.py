"""Every layout is the same to every command: the same images, the same classes in the same order.

The table of both in docs/import.md is written here: SYNTHSET_WRITE_DOCS=1 writes it anew.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.engine.classes import find_classes
from synthset.engine.plan import settle_material
from synthset.experiment.images import collect
from synthset.experiment.single import find_places, read_splits
from synthset.formats.captioned import read_images
from synthset.formats.manifest import Passed
from synthset.formats.pool_files import list_pool_files
from synthset.images import encode
from synthset.recipe.labelled_images import Pictures
from synthset.recipe.pools import PoolPath
from synthset.recipe.recipe import Recipe, load_recipe

DOCS = Path(__file__).parents[2] / "docs" / "import.md"
BEGIN, END = "<!-- layouts: written by a test -->", "<!-- end of layouts -->"
NAMES = ("cat", "dog")
EACH = 4
PIXELS = {(k, i): np.full((8, 8, 3), 60 * k + 9 * i, np.uint8) for k in (0, 1) for i in range(EACH)}
IMAGES = {one: encode(pixels, "png") for one, pixels in PIXELS.items()}
CAPTION = "a photo"

Said = tuple[int, tuple[str, ...]]  # images, and classes in their order


def put(path: Path, data: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def folders(root: Path, names: tuple[str, ...] = NAMES) -> Path:
    for (k, i), data in IMAGES.items():
        put(root / names[k] / f"{i}.png", data)
        put(root / names[k] / f"{i}.txt", CAPTION)
    return root


def flat(root: Path) -> list[tuple[str, int]]:
    for (k, i), data in IMAGES.items():
        put(root / f"{k}_{i}.png", data)
    return [(f"{k}_{i}", k) for k, i in IMAGES]


def table() -> pa.Table:
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": NAMES}}
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    columns = {
        "image": [{"bytes": data, "path": None} for data in IMAGES.values()],
        "label": [k for k, _ in IMAGES],
        "caption": [CAPTION] * len(IMAGES),
    }
    return pa.table(columns).replace_schema_metadata(noted)


def shard(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for (k, i), data in IMAGES.items():
            members = {"png": data, "cls": NAMES[k].encode(), "txt": CAPTION.encode()}
            for ending, content in members.items():
                info = tarfile.TarInfo(f"{k}_{i}.{ending}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def zipped(root: Path) -> Path:
    with zipfile.ZipFile(root / "pets.zip", "w") as archive:
        for file in sorted(folders(root / "in").rglob("*.*")):
            archive.write(file, f"pets/{file.relative_to(root / 'in').as_posix()}")
    return root / "pets.zip"


def tarred(root: Path) -> Path:
    folders(root / "in")
    for file in (root / "in").rglob("*.txt"):
        file.unlink()
    with tarfile.open(root / "pets.tgz", "w:gz") as tar:
        tar.add(root / "in", "pets")
    return root / "pets.tgz"


def parquet(root: Path) -> Path:
    pq.write_table(table(), root / "pets.parquet")
    return root / "pets.parquet"


def saved(root: Path) -> Path:
    (root / "saved").mkdir()
    with pa.ipc.new_stream(root / "saved/data-00000-of-00001.arrow", table().schema) as out:
        out.write_table(table())
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    put(root / "saved/state.json", json.dumps(state))
    put(root / "saved/dataset_info.json", "{}")
    return root / "saved"


def metadata_csv(root: Path) -> Path:
    rows = [f"{name}.png,{NAMES[k]},{CAPTION}" for name, k in flat(root / "pets")]
    put(root / "pets/metadata.csv", "\n".join(["file_name,label,caption", *rows]))
    return root / "pets"


def metadata_jsonl(root: Path) -> Path:
    rows = [
        json.dumps({"file_name": f"{name}.png", "label": NAMES[k], "caption": CAPTION})
        for name, k in flat(root / "pets")
    ]
    put(root / "pets/metadata.jsonl", "\n".join(rows))
    return root / "pets"


def kaggle(root: Path) -> Path:
    rows = [f"{name},{NAMES[k]}" for name, k in flat(root / "kaggle/pictures")]
    put(root / "kaggle/labels.csv", "\n".join(["id,breed", *rows]))
    return root / "kaggle"


def arrays(root: Path) -> Path:
    (root / "arrays").mkdir()
    np.save(root / "arrays/images.npy", np.stack(list(PIXELS.values())))
    np.save(root / "arrays/labels.npy", np.array([k for k, _ in IMAGES]))
    put(root / "arrays/classes.txt", "\n".join(NAMES))
    return root / "arrays"


def one_split(root: Path) -> Path:
    folders(root / "pets/train")
    return root / "pets/train"


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "a folder for each class": folders,
    "the same in a split's folder (`pets/train`)": one_split,
    "the same in a `.zip`": zipped,
    "the same in a `.tar`, `.tar.gz`": tarred,
    "`metadata.csv` (Hugging Face)": metadata_csv,
    "`metadata.jsonl` (Hugging Face)": metadata_jsonl,
    "a CSV of labels beside a folder (Kaggle)": kaggle,
    "Parquet (Hugging Face)": parquet,
    "Arrow (`save_to_disk`)": saved,
    "WebDataset `.tar`": lambda root: shard(root / "pets.tar", "w:"),
    "WebDataset `.tar.gz`": lambda root: shard(root / "pets.tar.gz", "w:gz"),
    "NumPy arrays": arrays,
}


def recipe(path: Path, **source: object) -> Recipe:
    content = {"kind": "folder", "paths": [{"path": str(path)}], **source}
    each = {} if source.get("kind") in (None, "folder") else {"images_per_class": 1}
    classes = {"kind": "source"}
    return load_recipe({"name": "t", "classes": classes, "source": content, **each})


def said(images: int, classes: list[str]) -> Said:
    return images, tuple(classes)


def by_run(path: Path) -> Said:
    found = settle_material(recipe(path))
    return said(len(found.found), [entry.name for entry in found.classes])


def by_augment(path: Path) -> Said:
    found = settle_material(recipe(path, kind="augment"))
    return said(len(found.found), [entry.name for entry in found.classes])


def by_train(path: Path) -> Said:
    images = read_splits(find_places(path), 0.25, 0)
    return said(len(images.train) + len(images.val), list(images.classes))


def by_experiment(path: Path) -> Said:
    settings = Pictures.model_validate({"kind": "images", "paths": [{"path": str(path)}]})
    found = collect(settings, "real.train")
    return said(len(found), [names[0] for names in found.classes])


def by_classes(path: Path) -> Said:
    return said(2 * EACH, [entry.name for entry in find_classes(str(path))])


def by_pool(path: Path) -> Said:
    place, passed = PoolPath(path=str(path)), Passed()
    files = list_pool_files(str(path), "source.paths[0].path", passed)
    images = [one for file in files for one in read_images(file, place, "here", passed, False)]
    return said(len(images), list(NAMES))  # captions say the classes


COMMANDS = {
    "`plan`, `run`": by_run,
    "`augment`, `img2img`, `gan`": by_augment,
    "`train`": by_train,
    "`experiment`, `bench`": by_experiment,
    "`classes show`": by_classes,
    "`pool index`, source `pool`": by_pool,
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Said]:
    """What each command says of each layout."""
    found = {}
    for layout, make in LAYOUTS.items():
        path = make(tmp_path_factory.mktemp("layout"))
        found |= {(layout, command): ask(path) for command, ask in COMMANDS.items()}
    return found


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_the_same_to_each_command(
    layout: str, command: str, cells: dict[tuple[str, str], Said]
) -> None:
    assert cells[layout, command] == (2 * EACH, NAMES)


def test_the_table_in_the_docs_is_what_was_read(cells: dict[tuple[str, str], Said]) -> None:
    heading = f"| | {' | '.join(COMMANDS)} |\n|---|{'---|' * len(COMMANDS)}\n"
    lines = [
        f"| {layout} | {' | '.join(_cell(cells[layout, command]) for command in COMMANDS)} |\n"
        for layout in LAYOUTS
    ]
    table = "".join([BEGIN, "\n", heading, *lines, END])
    text = DOCS.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    if os.environ.get("SYNTHSET_WRITE_DOCS"):
        DOCS.write_text(before + table + after, encoding="utf-8")
    assert DOCS.read_text(encoding="utf-8") == before + table + after


def _cell(said: Said) -> str:
    images, names = said
    return f"{images} images, {len(names)} classes"
