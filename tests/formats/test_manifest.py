"""What lies at a path adds up: images, files read beside them, and what is passed over."""

import io
import os
import socket
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synthset.formats.manifest import (
    PASSED,
    READ,
    Passed,
    Totals,
    count_totals,
    make_manifest,
    mark_of,
    read_passed,
    read_totals,
)
from synthset.formats.scan import scan
from synthset.recipe.sources import Folder


def png(level):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (level, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def put(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(len(list(root.rglob("*")))))


def scanned(path):
    passed = Passed()
    images = list(
        scan(Folder.model_validate({"kind": "folder", "paths": [{"path": str(path)}]}), passed)
    )
    return images, passed


def add_up(images, passed):
    return count_totals((image.source for image in images), passed)


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A folder of classes, with whatever else may lie in one."""
    root = tmp_path / "pets"
    put(
        root,
        *(f"{c}/{i}.png" for c in ("cat", "dog") for i in range(4)),
        "stray.png",
        "cat/in/a.png",
    )
    put(root, "cat/Thumbs.db", "@eaDir/cat/x.png", ".hid/z.png", "cat/a.heic", "readme.md")
    put(root, "dog/-x.png", "dog/a\nb'\".png", "dog/" + "e" * 251 + ".png", "dog/b.json")
    (root / "cat/dead.jpg").symlink_to("/nowhere.jpg")
    (root / "emu").mkdir()
    (root / "dog/dir.jpg").mkdir()
    os.mkfifo(root / "dog/f.jpg")
    with open(os.fsencode(root / "cat") + b"/caf\xe9.png", "wb") as file:
        file.write(png(200))
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(root / "cat")  # since a socket's path may not be long
        server.bind("s.jpg")
    return root


def test_images_and_what_is_passed_over_are_all_files_there_are(odd):
    images, passed = scanned(odd)
    found, files = add_up(images, passed), sum(len(names) for *_, names in os.walk(odd))
    assert (found.images, found.files) == (13, files)
    assert str(found) == f"13 images + 10 passed over = {files} files"
    table = make_manifest(images, passed)
    assert read_totals(table) == found
    assert read_passed(table).counts() == passed.counts()
    assert sum(row["what"] == PASSED for row in table.to_pylist()) == len(passed)
    assert mark_of(table) == mark_of(make_manifest(*scanned(odd)))


def test_a_table_beside_the_images_is_a_file_that_was_read(tmp_path):
    put(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\na.png,cat\nb.png,dog\ngone.png,cat\n")
    images, passed = scanned(tmp_path)
    found = add_up(images, passed)
    assert (found.images, found.read, found.passed, found.files) == (2, 1, 1, 4)
    read = [row["path"] for row in make_manifest(images, passed).to_pylist() if row["what"] == READ]
    assert read == [str(tmp_path / "metadata.csv")]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((1, 0, 0), "1 image"),
        ((8, 0, 3), "8 images + 3 passed over = 11 files"),
        ((8, 1, 3), "8 images + 1 file read + 3 passed over = 12 files"),
        ((0, 2, 0, 96, 4), "96 images + 4 passed over, in 2 files"),
        ((0, 2, 3, 1, 0), "1 image, in 2 files + 3 passed over = 5 files"),
        (
            (1, 1, 0, 5, 2),
            "1 image + 1 file read = 2 files; in those read 5 images + 2 passed over",
        ),
    ],
)
def test_totals_say_what_adds_up_to_what(counts, words):
    assert str(Totals(*counts)) == words


def parquet(folder):
    labels = ["cat", None, "dog", "cat"]
    table = pa.table({"image": [{"bytes": png(i)} for i in range(4)], "label": labels})
    pq.write_table(table, folder / "0.parquet")
    return 4


def shard(folder):
    members = {"0.png": png(0), "0.cls": b"cat", "1.png": png(1), "2.cls": b"cat", "3.png": png(3)}
    members |= {"3.cls": b"dog", "3.txt": b"a dog"}
    with tarfile.open(folder / "0.tar", "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return 4  # samples


def archive(folder):
    with zipfile.ZipFile(folder / "pets.zip", "w") as pets:
        for name in ("pets/cat/a.png", "pets/dog/b.png", "x.txt", "pets/cat/Thumbs.db"):
            pets.writestr(name, png(len(name)))
    return 4


@pytest.mark.parametrize("pack", [parquet, shard, archive])
def test_rows_of_a_packed_file_are_images_or_passed_over(tmp_path, pack):
    rows = pack(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    images, passed = scanned(tmp_path)
    found = add_up(images, passed)
    assert found.packed >= 2
    assert found.packed + found.left == rows
    assert found.left
    assert (found.images, found.read, found.passed) == (0, 1, 1)


def test_a_manifest_names_content_label_and_split_of_each_image(tmp_path):
    put(tmp_path, "train/cat/a.png", "train/dog/b.png")
    images, passed = scanned(tmp_path / "train")
    first = make_manifest(images, passed).to_pylist()[0]
    assert (first["label"], first["content"]) == ("cat", images[0].content)
    before = mark_of(make_manifest(images, passed))
    put(tmp_path, "train/dog/note.txt")
    assert mark_of(make_manifest(*scanned(tmp_path / "train"))) != before
