"""One set of images in every layout that a path can have."""

import io
import json
import shutil
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synthset.images import decode, encode, sha256

SIDE = 8  # pixels


@dataclass(frozen=True)
class Made:
    """Names in label order, and the number of each image; None is no label."""

    names: tuple[str, ...]
    labels: tuple[int | None, ...]

    @property
    def images(self):
        return [(picture(i), label) for i, label in enumerate(self.labels)]

    @property
    def numbers(self):
        return {sha256(data): label for data, label in self.images if label is not None}


@cache
def picture(i):
    noise = np.random.default_rng(i).integers(0, 256, (SIDE, SIDE, 3))
    return encode(noise.astype(np.uint8), "png")


def write(made, layout, place):
    """Lay the images out, and give the path to read."""
    place.mkdir(parents=True)
    WRITERS[layout](made, place)
    return place


def in_folders(made, place):
    for name in made.names:
        (place / name).mkdir()
    for i, (data, label) in enumerate(made.images):
        where = place if label is None else place / made.names[label]
        (where / f"{i:03}.png").write_bytes(data)
    listed(made, place)


def in_parquet(made, place):
    images = [{"bytes": data, "path": f"{i:03}.png"} for i, (data, _) in enumerate(made.images)]
    labels = [-1 if label is None else label for _, label in made.images]
    features = {"label": {"_type": "ClassLabel", "names": list(made.names)}}
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"image": images, "label": labels}).replace_schema_metadata(noted)
    pq.write_table(table, place / "train-00000-of-00001.parquet")


def in_shards(made, place):
    for shard in range(2):
        with tarfile.open(place / f"train-{shard}.tar", "w") as tar:
            for i, (data, label) in enumerate(made.images):
                if i % 2 == shard:
                    cls = [] if label is None else [(f"{i:03}.cls", str(label).encode())]
                    for name, content in [(f"{i:03}.png", data), *cls]:
                        member = tarfile.TarInfo(name)
                        member.size = len(content)
                        tar.addfile(member, io.BytesIO(content))
    (place / "classes.txt").write_text("".join(f"{name}\n" for name in made.names))


def in_arrays(made, place):
    np.save(place / "images.npy", np.stack([decode(data) for data, _ in made.images]))
    labels = [-1 if label is None else label for _, label in made.images]
    np.save(place / "labels.npy", np.array(labels))
    listed(made, place)


def in_zip(made, place):
    (place / "in").mkdir()
    in_folders(made, place / "in")
    with zipfile.ZipFile(place / "pets.zip", "w") as archive:
        for path in sorted((place / "in").rglob("*")):
            archive.write(path, path.relative_to(place / "in"))
    shutil.rmtree(place / "in")


def in_arrow(made, place):
    in_parquet(made, place)
    table = pq.read_table(place / "train-00000-of-00001.parquet")
    (place / "train-00000-of-00001.parquet").unlink()
    target = str(place / "data-00000-of-00001.arrow")
    with pa.OSFile(target, "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)


def in_table(made, place):
    rows = ["file_name,label"]
    for i, (data, label) in enumerate(made.images):
        (place / f"{i:03}.png").write_bytes(data)
        rows.append(f"{i:03}.png,{-1 if label is None else label}")
    (place / "metadata.csv").write_text("\n".join(rows))
    listed(made, place)


def listed(made, place):
    (place / "classes.json").write_text(json.dumps(list(made.names)))


WRITERS = {
    "folders": in_folders,
    "zip": in_zip,
    "table": in_table,
    "parquet": in_parquet,
    "arrow": in_arrow,
    "shards": in_shards,
    "arrays": in_arrays,
}
LAYOUTS = tuple(WRITERS)
