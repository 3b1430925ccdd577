"""Data sets as people publish them, whole: splits, tables, archives."""

import io
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from layouts import LAYOUTS, Made, write

from synthset.engine.classes import find_classes
from synthset.engine.plan import settle_material
from synthset.errors import RecipeError
from synthset.experiment.single import find_places, read_splits
from synthset.formats.labels import name_image_classes
from synthset.formats.manifest import REST
from synthset.formats.originals import Originals
from synthset.formats.scan import resolve_place, scan_path
from synthset.images import encode
from synthset.recipe.paths import FolderPath
from synthset.recipe.recipe import load_recipe


def picture(number):
    return encode(np.full((8, 8, 3), number, np.uint8), "png")


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def write_tar(path, members):
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def train(path):
    return read_splits(find_places(path), 0.34, 0)


def plan(path, **settings):
    source = {"kind": "folder", "paths": [{"path": str(path), **settings}]}
    return settle_material(
        load_recipe({"name": "r", "classes": {"kind": "source"}, "source": source})
    )


def test_tiny_imagenet_trains_by_folders_validates_by_its_list_and_has_no_test(tmp_path):
    wnids = ("n02099601", "n01440764")
    for i in range(6):
        put(tmp_path / f"train/{wnids[i % 2]}/images/{i}.JPEG", picture(i))
    for i in range(4):
        put(tmp_path / f"val/images/val_{i}.JPEG", picture(10 + i))
        put(tmp_path / f"test/images/test_{i}.JPEG", picture(20 + i))
    lines = (f"val_{i}.JPEG\t{wnids[i % 2]}\t0\t0\t7\t7\n" for i in range(4))
    put(tmp_path / "val/val_annotations.txt", "".join(lines))
    put(tmp_path / "wnids.txt", "\n".join(wnids))
    put(tmp_path / "words.txt", "n01440764\ttench, Tinca tinca\nn02099601\tgolden retriever\n")
    images = train(tmp_path)
    assert images.classes == ("golden retriever", "tench")
    assert (len(images.train), len(images.val), images.test) == (6, 4, None)
    assert any("the test split is left out" in note for note in images.notes)
    entries = plan(tmp_path / "train").classes
    assert [(one.name, one.key) for one in entries] == [
        ("golden retriever", "n02099601"),
        ("tench", "n01440764"),
    ]


def test_a_competition_trains_by_its_table_and_its_test_images_have_no_labels(tmp_path):
    rows = [f"{i}a,{('pug', 'beagle')[i % 2]}" for i in range(6)]
    for i in range(6):
        put(tmp_path / f"train/{i}a.jpg", picture(i))
        put(tmp_path / f"test/{i}b.jpg", picture(30 + i))
    put(tmp_path / "labels.csv", "\n".join(["id,breed", *rows]))
    put(tmp_path / "sample_submission.csv", "id,beagle,pug\n0b,0.5,0.5\n")
    images = train(tmp_path)
    assert images.classes == ("beagle", "pug")
    assert (len(images.train) + len(images.val), images.test) == (6, None)
    with pytest.raises(RecipeError, match="test, train; choose one with `split: train`"):
        plan(tmp_path)
    assert len(plan(tmp_path, split="train").found) == 6


def test_a_column_says_the_split(tmp_path):
    table = {
        "image": [picture(i) for i in range(12)],
        "label": ["cat", "dog"] * 6,
        "split": ["train"] * 8 + ["test"] * 4,
    }
    pq.write_table(pa.table(table), tmp_path / "pets.parquet")
    images = train(tmp_path / "pets.parquet")
    assert (len(images.train) + len(images.val), len(images.test)) == (8, 4)
    assert len(plan(tmp_path / "pets.parquet", split="train").found) == 8


def test_splits_lie_in_one_archive_or_in_one_each(tmp_path):
    (tmp_path / "each").mkdir()
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as whole:
        for split, first in (("train", 0), ("test", 50)):
            with zipfile.ZipFile(tmp_path / f"each/{split}.ZIP", "w") as one:
                for i in range(6):
                    name = f"{('cat', 'dog')[i % 2]}/{i}.png"
                    whole.writestr(f"pets/{split}/{name}", picture(first + i))
                    one.writestr(name, picture(first + i))
    for place in (tmp_path / "pets.zip", tmp_path / "each"):
        images = train(place)
        assert (len(images.train) + len(images.val), len(images.test)) == (6, 6)
        assert images.classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("0", "1", "2"), "classes.txt has no class '2', so the folders name the classes"),
        (("0", "cat"), "classes.txt has the same class for several folders"),
    ],
)
def test_a_list_of_classes_that_does_not_fit_the_folders_is_said(tmp_path, names, said):
    put(tmp_path / "classes.txt", "cat\ndog\n")
    for i, name in enumerate(names):
        put(tmp_path / name / "a.png", picture(i))
    found = plan(tmp_path)
    assert [entry.name for entry in found.classes] == sorted(names)
    assert said in "; ".join(found.said)


@pytest.mark.parametrize("name", ["pets [v2]", "pets?", "pe*ts", "{pets}"])
def test_a_path_that_is_there_is_no_pattern(tmp_path, name):
    for part, first in (("train", 0), ("test", 50)):
        for i in range(4):
            put(tmp_path / name / part / ("cat", "dog")[i % 2] / f"{i}.png", picture(first + i))
    images = train(tmp_path / name)
    assert (len(images.train) + len(images.val), len(images.test)) == (4, 4)
    assert len(plan(tmp_path / name / "train").found) == 4


def test_a_link_that_leads_nowhere_is_no_path(tmp_path):
    (tmp_path / "pets").symlink_to(tmp_path / "gone")
    with pytest.raises(RecipeError, match=r"is a link to .*/gone, which doesn't exist"):
        plan(tmp_path / "pets")


def test_a_packed_file_of_no_split_trains_nothing_beside_one_that_does(tmp_path):
    for name, first in (("train", 0), ("holdout", 4)):
        rows = {"image": [picture(first + i) for i in range(4)], "label": ["cat", "dog"] * 2}
        pq.write_table(pa.table(rows), tmp_path / f"{name}.parquet")
    assert len(train(tmp_path).train) + len(train(tmp_path).val) == 4
    imported = plan(tmp_path)
    assert len(imported.found) == 4
    (row,) = imported.passed.rows
    assert (row.path, row.reason) == (f"{tmp_path}/holdout.parquet", REST)
    assert len(plan(tmp_path / "holdout.parquet").found) == 4


@pytest.mark.parametrize("start", ["/", "../", "./", "/../x/"])
def test_names_that_lead_out_of_an_archive_lie_in_it(tmp_path, start):
    names = [f"{start}{('cat', 'dog')[i % 2]}/{i}.png" for i in range(4)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for i, name in enumerate(names):
            archive.writestr(name, picture(i))
    write_tar(tmp_path / "b.tar", {name: picture(i) for i, name in enumerate(names)})
    for file in tmp_path.iterdir():
        found = list(scan_path(FolderPath(path=str(file)), "x"))
        assert [(one.name, one.num_bytes > 0) for one in found] == [("cat", True)] * 2 + [
            ("dog", True)
        ] * 2


def test_a_zip_archive_may_part_folders_as_windows_does(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"pets\\{('cat', 'dog')[i % 2]}\\{i}.png", picture(i))
    run = list(scan_path(FolderPath(path=f"{tmp_path}/a.zip"), "x"))
    assert [one.name for one in run] == ["cat", "cat", "dog", "dog"]
    originals = Originals([])
    assert originals.read(run[0].source) == picture(0)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_knows_its_classes_in_order_before_a_row_is_read(tmp_path, layout):
    made = Made(("zebra", "none of them", "ant"), (0, 2, 0, 2))
    place = FolderPath(path=str(write(made, layout, tmp_path / "d")))
    found = resolve_place(place, "x")
    assert found.vocabulary.names == made.names
    assert name_image_classes(list(scan_path(place, "x"))) == list(made.names)
    assert found.tables == (("metadata.csv",) if layout == "table" else ())


def test_where_only_rows_tell_a_layout_knows_no_classes(tmp_path):
    pq.write_table(pa.table({"image": [picture(1)], "label": ["cat"]}), tmp_path / "pets.parquet")
    assert resolve_place(FolderPath(path=str(tmp_path)), "x").vocabulary is None
    assert [entry.name for entry in find_classes(str(tmp_path))] == ["cat"]


def test_classes_of_folders_are_shown_without_reading_an_image(tmp_path, monkeypatch):
    for i, name in enumerate(("cat", "dog")):
        put(tmp_path / f"{name}/{i}.png", picture(i))
    (tmp_path / "empty").mkdir()
    put(tmp_path / "notes/a.md", "x")
    monkeypatch.setattr("synthset.formats.scan.hash_images", None)
    assert [entry.name for entry in find_classes(str(tmp_path))] == ["cat", "dog", "empty"]


def test_the_column_that_was_chosen_is_said_and_kept(tmp_path):
    table = {
        "image": [picture(1), picture(2)],
        "fine_label": ["pug", "tabby"],
        "coarse_label": ["d", "c"],
    }
    pq.write_table(pa.table(table), tmp_path / "pets.parquet")
    said = plan(tmp_path).said
    assert "'fine_label', which is more specific than 'coarse_label'" in said[2]
    assert [line.partition(":")[0] for line in said] == ["layout", "classes", "columns", "found"]
    assert len(plan(tmp_path, label_column="fine_label").said) == 3
    put(tmp_path / "b/0.png", picture(1))
    put(tmp_path / "b/1.png", picture(2))
    put(
        tmp_path / "b/metadata.csv",
        "file_name,fine_label,coarse_label\n0.png,pug,d\n1.png,cat,c\n",
    )
    assert plan(tmp_path / "b").said[2].startswith("columns: metadata.csv: the label is 'fine")
