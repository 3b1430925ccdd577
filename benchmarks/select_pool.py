"""Makes the pool for recipes/select-laptop.yaml from images whose class is known.

    SYNTHSET_DATA=/path/to/data python benchmarks/select_pool.py POOL

${SYNTHSET_DATA} needs cifar10/train.parquet, cifake/train.parquet and imagenet-sample/val.parquet
(Hugging Face image layout). POOL, a new folder, gets

    reference.parquet   a fifth of CIFAR-10's training images, with labels
    pool.parquet        13,600 images with captions and without labels: 8,000 others of CIFAR-10,
                        2,000 by Stable Diffusion, 3,600 squares cut from photos of other things
    classes.csv         the ten classes with their synsets
    openimages/         OpenImages' files for this pool: descriptions of labels, their hierarchy,
                        and rows of labels; answers.csv holds a person's decisions on labels that
                        can't be mapped automatically ("Cat" may be a whip)

Captions are in the style that people write. Of the images of a class, 55 % have a caption with a
word for the class, 15 % one with a word that WordNet doesn't list for it ("puppy"), 25 % one that
says nothing, and 5 % another class's. Of the other images, 12 % have a caption in which a class's
word means something else ("free shipping by ship or truck", "horse chestnut"). `truth` in
pool.parquet says what an image shows; no strategy reads it. The same data gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from synthset.taxonomy import wordnet

#: Class -> its synset, words that WordNet lists for it, words that it doesn't, OpenImages' MID.
CLASSES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str]] = {
    "airplane": ("airplane.n.01", ("airplane", "aeroplane", "plane"), ("jet", "747"), "/m/0cmf2"),
    "automobile": ("car.n.01", ("car", "automobile"), ("sedan", "convertible"), "/m/0k4j"),
    "bird": ("bird.n.01", ("bird",), ("sparrow", "ostrich"), "/m/015p6"),
    "cat": ("cat.n.01", ("cat",), ("kitten", "tabby"), "/m/01yrx"),
    "deer": ("deer.n.01", ("deer",), ("elk", "stag"), "/m/09kx5"),
    "dog": ("dog.n.01", ("dog", "domestic dog"), ("puppy", "spaniel"), "/m/0bt9lr"),
    "frog": ("frog.n.01", ("frog", "toad"), ("bullfrog", "amphibian"), "/m/09ld4"),
    "horse": ("horse.n.01", ("horse",), ("pony", "mare"), "/m/03k3r"),
    "ship": ("ship.n.01", ("ship",), ("boat", "ferry"), "/m/01xyhv"),
    "truck": ("truck.n.01", ("truck", "motortruck"), ("pickup", "lorry"), "/m/07r04"),
}
LABEL_NAMES = {"automobile": "car"}  # OpenImages calls it so
TEMPLATES = (
    "a photo of a {}",
    "my {} on a sunny day",
    "{} for sale, good condition",
    "the {} we saw on our holiday",
    "close-up of a {}, 35mm",
    "an old {} in the background",
    "Stock photo: {} isolated",
    "look at this {}!!",
)
SILENT = ("IMG_{:04d}", "DSC{:05d}.JPG", "untitled #{}", "best day ever ({})", "day {} of the trip")
#: A class's word, and something else that is meant.
MISLEADING = (
    "free worldwide delivery by ship or truck, item {}",
    "horse chestnut no. {}",
    "washing machine, auto program {}",
    "bird nest soup, table {}",
    "plane geometry, exercise {}",
    "Cat 6 network cable, {} m",
    "hot dog stand number {}",
    "leap frog game, level {}",
    "John Deer catalogue page {}",
    "car park ticket {}",
)
#: MIDs that say the same more narrowly, or that OpenImages has beside ours.
NARROWER = {
    "/m/0h8mm2k": ("Tabby cat", "cat"),
    "/m/01lrl": ("Spaniel", "dog"),
    "/m/05z6w": ("Ostrich", "bird"),
    "/m/0h2r6": ("Pickup truck", "truck"),
    "/m/0199g": ("Bicycle", ""),
    "/m/09dzg": ("Crane", ""),
    "/m/02w3_": ("Furniture", ""),
}
ROOT, ANIMAL, VEHICLE = "/m/0bl9f", "/m/0jbk", "/m/07yv9"
ABOVE = {ROOT: "Entity", ANIMAL: "Animal", VEHICLE: "Vehicle"}
VEHICLES = {"airplane", "automobile", "ship", "truck"}
OTHER_PX = 32


@dataclass(frozen=True)
class Item:
    """An image of the pool: encoded bytes, what it shows (empty: none of the classes), where it is
    from, and the name of what it shows."""

    data: bytes
    truth: str
    origin: str
    name: str


def main() -> None:
    """Read the data and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="a new folder")
    output = parser.parse_args().output
    if output.exists():
        sys.exit(f"{output} exists; name a new folder")
    if "SYNTHSET_DATA" not in os.environ:
        sys.exit("SYNTHSET_DATA names no folder; it holds cifar10/, cifake/ and imagenet-sample/")
    data = Path(os.environ["SYNTHSET_DATA"])
    reference, rest = cifar(data / "cifar10" / "train.parquet")
    (output / "openimages").mkdir(parents=True)
    write_reference(output / "reference.parquet", reference)
    items = [
        *few(rest, 800),
        *few(made(data / "cifake" / "train.parquet"), 200),
        *others(data / "imagenet-sample" / "val.parquet"),
    ]
    items.sort(key=lambda item: _drawn("order", item.data))
    write_pool(output / "pool.parquet", items)
    write_classes(output / "classes.csv")
    write_hierarchy(output / "openimages" / "hierarchy.json")
    write_answers(output / "openimages" / "answers.csv")
    write_labels(output / "openimages", items)
    print(f"{len(reference):,} reference images, {len(items):,} in the pool: {output}")


def cifar(path: Path) -> tuple[list[Item], list[Item]]:
    """Split CIFAR-10's training images by their bytes: a fifth is the reference."""
    found = list(labelled(path, "cifar10"))
    return (
        [item for item in found if _drawn("split", item.data) < 0.2],
        [item for item in found if _drawn("split", item.data) >= 0.2],
    )


def made(path: Path) -> list[Item]:
    """Images that Stable Diffusion made of the same classes."""
    return list(labelled(path, "sd14"))


def labelled(path: Path, origin: str) -> Iterator[Item]:
    """Go through a Parquet file with `image` and `label_name`, each picture once."""
    seen = set()
    for batch in pq.ParquetFile(path).iter_batches(columns=["image", "label_name"]):
        for row in batch.to_pylist():
            data, name = row["image"]["bytes"], row["label_name"]
            if data not in seen:
                seen.add(data)
                yield Item(data, name, origin, name)


def few(items: list[Item], count: int) -> list[Item]:
    """Take as many of each class."""
    drawn = sorted(items, key=lambda item: _drawn("few", item.data))
    return [
        item for name in CLASSES for item in [one for one in drawn if one.truth == name][:count]
    ]


def others(path: Path) -> list[Item]:
    """Five small squares of each photo of a class that is none of ours, nor under one of them."""
    words = wordnet.load()
    ours = [words.synset(synset) for synset, *_ in CLASSES.values()]
    found = []
    for row in pq.read_table(path, columns=["image", "wnid"]).to_pylist():
        synset = words.synset(row["wnid"])
        if any(words.is_under(synset, one) for one in ours):
            continue
        photo = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")
        side = round(0.7 * min(photo.size))
        width, height = photo.width - side, photo.height - side
        for across, down in ((0, 0), (0, 1), (0.5, 0.5), (1, 0), (1, 1)):
            left, top = round(across * width), round(down * height)
            square = photo.crop((left, top, left + side, top + side))
            file = io.BytesIO()
            square.resize((OTHER_PX, OTHER_PX), Image.Resampling.BICUBIC).save(
                file, "jpeg", quality=75
            )
            found.append(Item(file.getvalue(), "", "imagenet", synset.lemmas[0]))
    return list({item.data: item for item in found}.values())


def caption(item: Item) -> str:
    """Write a caption as people do."""
    draw = random.Random(hashlib.sha256(item.data).digest())
    number = draw.randrange(10_000)
    if not item.truth:
        if draw.random() < 0.12:
            return draw.choice(MISLEADING).format(number)
        return draw.choice(TEMPLATES).format(item.name)
    _, known, unknown, _ = CLASSES[item.truth]
    kind = draw.random()
    if kind < 0.55:
        return draw.choice(TEMPLATES).format(draw.choice(known))
    if kind < 0.70:
        return draw.choice(TEMPLATES).format(draw.choice(unknown))
    if kind < 0.95:
        return draw.choice(SILENT).format(number)
    other = draw.choice([name for name in CLASSES if name != item.truth])
    return draw.choice(TEMPLATES).format(CLASSES[other][1][0])


def write_reference(path: Path, items: list[Item]) -> None:
    """Write `image` and `label` (a name)."""
    table = {
        "image": [{"bytes": item.data, "path": f"{i:05d}.jpg"} for i, item in enumerate(items)],
        "label": [item.truth for item in items],
    }
    pq.write_table(pa.table(table), path, row_group_size=256)


def write_pool(path: Path, items: list[Item]) -> None:
    """Write images, captions, and, for whoever judges a strategy, what they show."""
    rows = [
        {
            "key": key(i),
            "image": {"bytes": item.data, "path": f"{key(i)}.jpg"},
            "caption": caption(item),
            "origin": item.origin,
            "truth": item.truth,
        }
        for i, item in enumerate(items)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=256)


def write_classes(path: Path) -> None:
    """Write the classes as `kind: file` reads them."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "synset"])
        table.writerows((name, synset) for name, (synset, *_) in CLASSES.items())


def write_hierarchy(path: Path) -> None:
    """Write what lies above each label: animals and vehicles, and the class of a narrower one."""
    under: dict[str, list[dict[str, object]]] = {ANIMAL: [], VEHICLE: []}
    for name, (_, _, _, mid) in CLASSES.items():
        narrower = [{"LabelName": one} for one, (_, above) in NARROWER.items() if above == name]
        node: dict[str, object] = {"LabelName": mid}
        if narrower:
            node["Subcategory"] = narrower
        under[VEHICLE if name in VEHICLES else ANIMAL].append(node)
    parts = [{"LabelName": mid, "Subcategory": nodes} for mid, nodes in under.items()]
    path.write_text(json.dumps({"LabelName": ROOT, "Subcategory": parts}), encoding="utf-8")


def write_answers(path: Path) -> None:
    """Write what `synthset pool map` asks a person."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["mid", "name", "key", "rule", "score", "approved_by"])
        table.writerow([CLASSES["cat"][3], "Cat", "cat", "listed", "", "select_pool.py"])


def write_labels(folder: Path, items: list[Item]) -> None:
    """Write label rows: nine images of a class in ten have its label, one in 25 a wrong one."""
    names = {
        mid: LABEL_NAMES.get(name, name).capitalize() for name, (_, _, _, mid) in CLASSES.items()
    }
    names |= {mid: name for mid, (name, _) in NARROWER.items()} | ABOVE
    with open(folder / "class-descriptions.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(sorted(names.items()))
    with open(folder / "human-imagelabels.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["ImageID", "Source", "LabelName", "Confidence"])
        for i, item in enumerate(items):
            for mid, confidence in labels(item):
                table.writerow([key(i), "verification", mid, confidence])


def labels(item: Item) -> Iterator[tuple[str, int]]:
    """Label rows of an image: MID, and 1 (there) or 0 (looked for and not there)."""
    draw = random.Random(hashlib.sha256(b"labels" + item.data).digest())
    mids = [mid for *_, mid in CLASSES.values()]
    if item.truth:
        own = CLASSES[item.truth][3]
        narrower = [mid for mid, (_, under) in NARROWER.items() if under == item.truth]
        if draw.random() < 0.9:
            yield (draw.choice(narrower) if narrower and draw.random() < 0.2 else own), 1
        if draw.random() < 0.3:
            yield draw.choice([mid for mid in mids if mid != own]), 0
    else:
        yield "/m/02w3_", 1
    if draw.random() < 0.04:
        yield draw.choice(mids), 1


def key(number: int) -> str:
    """Name of a pool's image, as of an OpenImages ImageID."""
    return hashlib.sha256(f"pool {number}".encode()).hexdigest()[:16]


def _drawn(purpose: str, data: bytes) -> float:
    """A number in [0, 1) that only the purpose and the image decide."""
    return int.from_bytes(hashlib.sha256(purpose.encode() + data).digest()[:6], "big") / 2**48


if __name__ == "__main__":
    main()
