"""Tables that stand beside image files."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import RecipeError
from synthset.export.files import File
from synthset.export.folder import open_export
from synthset.export.metadata import write_metadata
from synthset.formats.columns import Columns
from synthset.formats.listed import Vocabulary
from synthset.formats.manifest import ABSENT, OTHER, UNLABELLED, UNREADABLE, Passed
from synthset.formats.scan import scan_path
from synthset.formats.side_tables import read_side_tables
from synthset.recipe.paths import FolderPath
from synthset.sheets import write_sheet


def side(files, images=(), **columns):
    """Read the tables among files, given as bytes or text by path, beside some images."""
    passed = Passed()
    bare = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
    tables = read_side_tables([*images, *files], bare.__getitem__, Columns(**columns), "x", passed)
    return tables, passed


def names(tables):
    return {path: row.name for path, row in tables.rows.items()}


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


AB = ("a.png", "b.png")
CATS = {"a.png": "cat", "b.png": "dog"}


@pytest.mark.parametrize(
    "table",
    [
        {"metadata.csv": "file_name,label\na.png,cat\nb.png,dog\n"},
        {"metadata.csv": "\ufefffile_name;label\r\n\r\na.png;cat\r\nb.png;dog\r\n"},
        {"metadata.csv": 'file_name,note,label\na.png,"x, ""y""\nz",cat\nb.png,,dog\n'},
        {"metadata.csv": "label\tfile_name\ncat\ta.png\ndog\tb.png\n".encode("utf-16")},
        {"metadata.tsv": "file_name\tlabel\n./a.png\tcat\nb.png\tdog\nb.png\tdog\n"},
        {"metadata.jsonl": lines([{"file_name": n, "class": c} for n, c in CATS.items()])},
        {"metadata.jsonl": lines([{"image_file_name": n, "label": c} for n, c in CATS.items()])},
        {"metadata.json": json.dumps([{"file_name": n, "label": c} for n, c in CATS.items()])},
        {"metadata.parquet": parquet(pa.table({"file_name": AB, "label": ["cat", "dog"]}))},
        {"labels.csv": "id,label\na,cat\nb,dog\n"},
        {"labels.csv": "image,label\na.png,cat\nb.png,dog\n"},
        {"train.csv": ",filename,class\n0,a.png,cat\n1,b.png,dog\n"},
        {"labels.csv": "image_id,breed\nA,cat\nB.PNG,dog\n"},
        {"labels.csv": "path,target\n/kaggle/input/x/a.png,cat\nC:\\x\\b.png,dog\n"},
    ],
    ids=lambda table: next(iter(table)),
)
def test_labels_are_read_from_every_usual_table(table):
    tables, passed = side(table, AB)
    assert names(tables) == CATS
    assert (tables.used, passed.read, passed.rows) == (tuple(table), list(table), [])
    assert (tables.labelled, tables.captioned, tables.absent) == (True, False, ())
    assert tables.said_by.endswith(f"of {next(iter(table))}")


def test_a_lone_column_whose_values_come_again_is_the_label():
    images = [f"train/{i}.jpeg" for i in range(4)]
    rows = "".join(f"{i},{i % 2}\n" for i in range(4))
    tables, _ = side({"train.csv": f"image,level\n{rows}"}, images)
    assert [row.label.number for row in tables.rows.values()] == [0, 1, 0, 1]
    assert not side({"train.csv": f"image,width\n{rows}"}, images)[0].labelled


def test_the_images_of_a_table_may_lie_in_folders_beside_it_but_not_in_the_test_split():
    images = ["train/1.jpg", "train/2.jpg", "test/1.jpg", "test/2.jpg", "test/3.jpg"]
    tables, _ = side({"labels.csv": "id,label\n1,cat\n2,dog\n3,cow\n"}, images)
    assert names(tables) == {"train/1.jpg": "cat", "train/2.jpg": "dog"}
    assert [(row.path, row.reason) for row in tables.absent] == [("3", ABSENT)]
    apart = ["x/1.jpg", "y/1.jpg", "y/2.jpg"]
    tables, _ = side({"l/labels.csv": "id,label\n1,cat\ny/2,dog\nz/2.jpg,cow\n"}, apart)
    assert names(tables) == {"y/2.jpg": "dog"}
    assert tables.absent[0].detail == "it may be x/1.jpg or y/1.jpg"


def test_the_name_of_a_table_and_a_column_say_the_split():
    images = [f"images/{i}.jpg" for i in range(4)]
    rows = {"train.csv": "file,label\n0,a\n1,b\n", "val.csv": "file,label\n2,a\n"}
    tables, _ = side(rows | {"test.csv": "file\n3.jpg\n"}, images)
    assert [tables.find_row(image).split for image in images] == ["train", "train", "val", "test"]
    column = "file_name,Usage\nimages/0.jpg,Training\nimages/1.jpg,PublicTest\nimages/2.jpg,x\n"
    tables, _ = side({"metadata.csv": column}, images)
    assert [tables.find_row(image).split for image in images[:3]] == ["train", "test", None]


def test_lists_of_challenges_give_wnids_and_a_split():
    images = ["val/images/val_0.JPEG", "val/images/val_1.JPEG"]
    said = "val_0.JPEG\tn01443537\t0\t0\t9\t9\nval_1.JPEG\tn02124075\t1\t1\t2\t2\n"
    tables, _ = side({"val/val_annotations.txt": said}, images)
    assert [row.label.wnid for row in tables.rows.values()] == ["n01443537", "n02124075"]
    solution = "ImageId,PredictionString\nval_0,n01443537 1 2 3 4 n02124075 5 6 7 8 \nval_1,\n"
    tables, _ = side({"LOC_val_solution.csv": solution}, images)
    (label, none) = (tables.find_row(image) for image in images)
    assert (label.label.wnid, label.split, none.label) == ("n01443537", "val", None)


def test_prompts_of_diffusiondb_are_captions():
    part = json.dumps({"a.png": {"p": "a tabby", "se": 3}, "c.png": {"p": "x"}})
    tables, _ = side({"part-1/part-000001.json": part}, ["part-1/a.png"])
    row = tables.find_row("part-1/a.png")
    assert (row.caption, row.facts["se"], row.label) == ("a tabby", 3, None)
    assert [one.path for one in tables.absent] == ["part-1/c.png"]


def test_the_caption_column_that_is_named_is_taken_and_no_other():
    table = {"metadata.jsonl": lines([{"file_name": "a.png", "text": "x", "blip": "y"}])}
    assert side(table, AB)[0].find_row("a.png").caption == "x"
    assert side(table, AB, caption="BLIP")[0].find_row("a.png").caption == "y"
    assert side(table | {"t.csv": "id,label\na,cat\n"}, AB, caption="z")[0].captioned is False


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("metadata.jsonl", '{"file_name": "a.png"}\n{"file_na', "line 2 is not valid JSON"),
        ("metadata.jsonl", "[1]\n", "line 1 is not a JSON object"),
        ("metadata.parquet", b"PAR1torn", "not a readable Parquet file"),
        ("metadata.csv", b"file_name,label\na.png,caf\xe9\n", "line 2 is not valid UTF-8"),
        ("metadata.csv", "file_name,label\na.png," + "x" * 200_000, "is not valid CSV"),
        ("part-1.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_table_is_passed_over_with_its_fault(name, data, why):
    tables, passed = side({name: data, "labels.csv": "id,label\nb,dog\n"}, AB)
    assert names(tables) == {"b.png": "dog"}
    ((path, reason, detail),) = [(row.path, row.reason, row.detail) for row in passed.rows]
    assert (path, reason) == (name, UNREADABLE)
    assert why in detail


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("prices.csv", "day,price\n1,2\n", "no column names images"),
        ("empty.csv", "", "no rows"),
        ("sample_submission.csv", "id,label\na,cat\n", "submission"),
        ("boxes.csv", "image,x,y\na.png,1,2\n", "no column clearly holds labels"),
        ("labels.csv", "a.png,cat\nb.png,dog\n", "its first line already names an image (a.png)"),
        ("log.jsonl", '{"step": 1}\n', "no column names images"),
    ],
)
def test_a_table_of_something_else_is_passed_over_in_words(name, text, why):
    tables, passed = side({name: text}, AB)
    assert (tables.rows, tables.used) == ({}, ())
    ((path, reason, detail),) = [(row.path, row.reason, row.detail) for row in passed.rows]
    assert (path, reason) == (name, OTHER)
    assert why in detail


def test_a_table_that_cannot_be_opened_is_passed_over():
    def read(name):
        raise PermissionError(13, "Permission denied")

    passed = Passed()
    read_side_tables(["a.png", "metadata.csv"], read, Columns(), "x", passed)
    assert [(row.path, row.detail) for row in passed.rows] == [
        ("metadata.csv", "Permission denied")
    ]


def test_a_label_is_never_guessed_among_several_columns():
    table = {"labels.csv": "id,breed,species\na,beagle,dog\nb,tabby,cat\n"}
    tables, _ = side(table, AB)
    assert not tables.labelled
    assert "'breed' or 'species'" in str(tables.undecided)
    assert names(side(table, AB, label="species")[0]) == {"a.png": "dog", "b.png": "cat"}
    with pytest.raises(RecipeError, match=r"no column 'bred'; did you mean 'breed'\?"):
        raise side(table, AB, label="bred")[0].undecided
    ones = {"labels.csv": "image,MEL,NV\na,1.0,0.0\nb,0.0,1.0\n"}
    assert "0 and 1 for each class" in str(side(ones, AB)[0].undecided)


def test_an_image_with_two_labels_has_none_and_says_both():
    tables, _ = side({"labels.csv": "id,label\na,cat\na,dog\nb,dog\nb,dog\n"}, AB)
    assert names(tables) == {"a.png": "", "b.png": "dog"}
    assert tables.find_row("a.png").detail == "labels.csv: they give it the labels 'cat' and 'dog'"
    tables, _ = side({"l.csv": "id,label\na,cat\n", "m.csv": "id,label\na,dog\nb,dog\n"}, AB)
    assert names(tables) == {"a.png": "", "b.png": "dog"}
    tables, _ = side({"metadata.jsonl": lines([{"file_name": "a.png", "label": [1]}])}, AB)
    assert tables.find_row("a.png").detail == "metadata.jsonl, row 0: [1] is not a single label"


def test_the_nearest_table_counts_and_others_fill_what_it_leaves_open():
    near = "file_name,label\n0.png,cat\n"
    far = "file_name,label,text\ntrain/0.png,dog,a cat\n"
    tables, _ = side({"metadata.csv": far, "train/metadata.csv": near}, ["train/0.png"])
    assert (names(tables), tables.find_row("train/0.png").caption) == (
        {"train/0.png": "cat"},
        "a cat",
    )


def test_cells_that_are_marked_as_text_are_read_as_they_were():
    text = write_sheet(["file_name", "label"], [["=a.png", "@cat"]])
    assert names(side({"metadata.csv": text}, ["=a.png"])[0]) == {"=a.png": "@cat"}


def test_an_accent_may_be_written_in_two_ways():
    tables, _ = side({"metadata.csv": "file_name,label\ncafe\u0301.png,cat\n"}, ["caf\u00e9.png"])
    assert names(tables) == {"caf\u00e9.png": "cat"}


class Made:
    """A dataset of three classes, one of them empty."""

    def classes(self):
        names = ("tabby", "beagle", "star, red")
        wnids = ("n02123045", "n02088364", None)
        return [
            {"name": name, "key": name, "folder": name[:3], "wnid": wnid}
            for name, wnid in zip(names, wnids, strict=True)
        ]

    def recipe_content(self):
        return {}


def test_an_export_comes_back_as_the_dataset_had_it(tmp_path):
    classes = Made().classes()
    rows = [
        {"id": str(i), "label": i % 2, "prompt": f"a {i}", "negative_prompt": None, "seed": i}
        | {"class_name": classes[i % 2]["name"], "class_key": "k", "origin": "made"}
        | {"wnid": classes[i % 2]["wnid"]}
        for i in range(4)
    ]
    sides = ["train"] * 3 + ["val"]
    files = [File(str(i), side, f"{side}/tab/{i}.png", "") for i, side in enumerate(sides)]
    write_metadata(open_export(str(tmp_path)), Made(), pa.Table.from_pylist(rows), files)
    there = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("metadata.*")
    }
    tables, passed = side(there, [file.name for file in files])
    assert (len(tables.rows), passed.rows, tables.absent) == (4, [], ())
    for row, made in zip((tables.find_row(file.name) for file in files), rows, strict=True):
        said = (row.label.name, row.label.number, row.label.wnid, row.caption)
        assert said == tuple(made[name] for name in ("class_name", "label", "wnid", "prompt"))
    listed = ("tabby", "beagle", "star, red"), ("n02123045", "n02088364", None)
    assert tables.vocabulary == Vocabulary(*listed)


def scanned(folder, files, path="", **settings):
    """Import a folder with some images and tables; one by its path below the folder."""
    for i, (name, data) in enumerate(files.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes([i]) if data is None else data.encode("latin-1"))
    passed = Passed()
    place = FolderPath(path=str(folder / path), **settings)
    return list(scan_path(place, "source.paths[0].path", passed)), passed


def test_an_import_says_which_rows_have_no_image_and_which_images_no_label(tmp_path):
    table = "file_name,label\na.png,cat\nb.png,cat\nb.png,dog\ngone.png,cat\n"
    rows, passed = scanned(tmp_path, {"a.png": None, "b.png": None, "metadata.csv": table})
    assert [row.name for row in rows] == ["cat"]
    assert sorted((row.reason, row.path, row.detail) for row in passed.rows) == [
        (
            UNLABELLED,
            str(tmp_path / "b.png"),
            "metadata.csv: they give it the labels 'cat' and 'dog'",
        ),
        (ABSENT, str(tmp_path / "gone.png"), "listed in metadata.csv"),
    ]


USELESS = pytest.mark.parametrize(
    ("table", "settings", "said"),
    [
        ("id,breed,species\na,x,y\n", {}, r"label_column: .*'breed' or 'species'; name the column"),
        ("id,breed\na,x\n", {"label_column": "bred"}, r"label_column: .*did you mean 'breed'\?"),
        ("id,breed\na,caf\xe9\n", {}, r"line 2 is not valid UTF-8"),
        ("id,cat,dog\na,1,0\n", {}, r"a column of 0 and 1 for each class"),
    ],
)


@USELESS
def test_images_without_class_folders_say_what_is_wrong_with_their_table(
    tmp_path, table, settings, said
):
    for path in ("", "labels.csv"):
        with pytest.raises(RecipeError, match=said):
            scanned(tmp_path, {"a.png": None, "labels.csv": table}, path, **settings)


@USELESS
def test_a_folder_called_images_is_no_class_where_the_table_beside_it_cannot_be_used(
    tmp_path, table, settings, said
):
    for path in ("", "labels.csv"):
        with pytest.raises(RecipeError, match=said):
            scanned(tmp_path, {"images/a.png": None, "labels.csv": table}, path, **settings)


def test_folders_name_the_classes_where_a_table_is_undecided_and_it_is_said(tmp_path):
    table = "id,breed,species\na,x,y\n"
    rows, passed = scanned(tmp_path, {"cat/a.png": None, "dog/b.png": None, "l.csv": table})
    assert [row.name for row in rows] == ["cat", "dog"]
    said = "the labels of l.csv may be in 'breed' or 'species': the folders name the classes"
    assert passed.decided == [said]


@pytest.mark.parametrize("table", ["{0}.png,{1}", "{1};data/images/{0}.png", "{0}\t{1}"])
def test_a_sheet_of_files_and_labels_may_lack_its_heading(tmp_path, table):
    lines = [table.format(i, ("cat", "dog")[i % 2]) for i in range(4)]
    files = {f"data/images/{i}.png": None for i in range(4)}
    rows, _ = scanned(tmp_path, files | {"labels.csv": "\n".join(lines)})
    assert [row.name for row in rows] == ["cat", "dog", "cat", "dog"]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_lines_end_as_any_system_ends_them(end):
    lines = ("id,label", "a,cat", "b,dog")
    tables, _ = side({"labels.csv": end.join(lines)}, AB)
    assert names(tables) == {"a.png": "cat", "b.png": "dog"}


def test_file_name_in_a_sheet_of_labels_need_not_be_a_path():
    images = ("train_images/a.png", "train_images/b.png", "test_images/a.png")
    tables, _ = side({"train.csv": "File_Name,label\na.png,cat\nb.png,dog\n"}, images)
    assert names(tables) == {"train_images/a.png": "cat", "train_images/b.png": "dog"}


def test_a_table_that_is_named_has_its_classes_from_the_list_beside_it(tmp_path):
    files = {"train/a.png": None, "train/b.png": None, "classes.txt": "cat\ndog\nemu\n"}
    rows, _ = scanned(tmp_path, files | {"l.csv": "image,label\na,1\nb,0\n"}, "l.csv")
    assert [(row.name, row.label.number) for row in rows] == [("dog", 1), ("cat", 0)]
    assert rows[0].label.vocabulary.names == ("cat", "dog", "emu")
