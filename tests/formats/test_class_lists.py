"""Lists of classes beside images."""

import json

import pytest

from synthset.errors import RecipeError
from synthset.formats.class_lists import find_class_list, read_class_list
from synthset.formats.columns import Columns
from synthset.formats.listed import Vocabulary
from synthset.formats.manifest import OTHER, UNREADABLE, Passed
from synthset.formats.side_tables import read_side_tables

TENCH, SHARK = "n01440764", "n01484850"
PAIR = ("tench", "great white shark")


def listing(files, folders=None):
    passed = Passed()
    bare = {
        name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()
    }
    return read_class_list([*files, "a.png"], bare.__getitem__, passed, "x", folders), passed


def names(files):
    return listing(files)[0].names


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "cat\ndog\nemu\n"),
        ("classnames.txt", "\ufeffcat\r\ndog\r\nemu"),
        ("labels.txt", "  cat \ndog\nemu\n\n"),
        ("Class_Names.txt", "0 cat\n1 dog\n2 emu\n"),
        ("classes.txt", "3: emu\n1: cat\n2: dog"),
        ("classes.json", '["cat", "dog", "emu"]'),
        ("classes.json", '{"classes": [{"name": "cat"}, {"name": "dog"}, {"name": "emu"}]}'),
        ("classes.json", '[{"name": "emu", "label": 2}, {"name": "cat", "label": 0}, '
         '{"name": "dog", "label": 1}]'),
        ("Labels.json", '{"2": "emu", "0": "cat", "1": "dog"}'),
        ("class_to_idx.json", '{"emu": 2, "cat": 0, "dog": 1}'),
        ("id2label.json", '{"id2label": {"0": "cat", "1": "dog", "2": "emu"}}'),
    ],
)  # fmt: skip
def test_a_list_gives_the_classes_in_label_order(name, text):
    assert names({name: text}) == ("cat", "dog", "emu")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("synset_words.txt", f"{TENCH} tench, Tinca tinca\n{SHARK} great white shark, man-eater\n"),
        ("LOC_synset_mapping.txt", f"{TENCH} tench\n{SHARK} great white shark\n"),
        ("Labels.json", json.dumps({SHARK: "great white shark", TENCH: "tench, Tinca tinca"})),
        ("imagenet_class_index.json", json.dumps({"0": [TENCH, PAIR[0]], "1": [SHARK, PAIR[1]]})),
        ("classes.json", json.dumps([{"index": 0, "name": PAIR[0], "wnid": TENCH},
                                     {"index": 1, "name": PAIR[1], "wnid": SHARK}])),
    ],
)  # fmt: skip
def test_a_list_of_synsets_has_their_first_names_and_numbers(name, text):
    classes = listing({name: text})[0]
    assert classes.vocabulary == Vocabulary(PAIR, (TENCH, SHARK))
    assert [classes.find_label(one).number for one in (SHARK, "1", "great white  shark")] == [
        1,
        1,
        1,
    ]
    assert classes.find_label(SHARK).wnid == SHARK


def test_names_of_synsets_stand_in_a_file_of_their_own():
    words = f"{SHARK}\tgreat white shark\nn00001740\tentity\n{TENCH}\ttench, Tinca tinca\n"
    files = {"wnids.txt": f"{SHARK}\n{TENCH}\n", "words.txt": words}
    assert names(files) == ("great white shark", "tench")
    assert names({"wnids.txt": f"{SHARK}\n{TENCH}\n"}) == (SHARK, TENCH)


def test_what_a_folder_a_key_or_a_number_means():
    rows = [
        {"name": "Golden Retriever", "folder": "golden-retriever", "key": "gr"},
        {"name": "cat"},
    ]
    classes = listing({"classes.json": json.dumps(rows)})[0]
    said = [classes.find_label(one) for one in ("golden-retriever", "gr", "Golden Retriever", "0")]
    assert [(one.name, one.number) for one in said] == [("Golden Retriever", 0)] * 4
    assert [classes.find_label(one) for one in ("dog", "2", "-1", "9" * 5000)] == [None] * 4
    assert listing({"classes.txt": "1 cat\n2 dog\n"})[0].find_label("1").name == "cat"


def test_names_of_one_word_are_told_apart_and_mean_none_alone():
    rows = [{"name": "crane", "wnid": "n02012849"}, {"name": "crane", "wnid": "n03126707"}]
    classes = listing({"classes.json": json.dumps(rows)})[0]
    assert classes.names == ("crane (0)", "crane (1)")
    assert classes.find_label("crane") is None
    assert classes.find_label("n03126707").name == "crane (1)"


def test_the_surest_list_nearest_to_the_root_counts_and_the_others_are_accounted_for():
    files = {"classes.json": '["b", "a"]', "classes.txt": "b\na\n", "labels.txt": "a\nb\n"}
    found, passed = listing(files | {"deep/classes.json": '["x"]'})
    assert (found.names, found.fault) == (("b", "a"), None)
    assert passed.read == ["classes.json", "classes.txt"]
    assert [(row.path, row.reason) for row in passed.rows] == [("labels.txt", OTHER)]
    assert listing(files | {"deep/classes.json": '["x"]'}, ["deep", ""])[0].names == ("x",)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("classes.json", "{bad", "Expecting"),
        ("classes.json", "[" * 100_000, "recursion"),
        ("classes.json", '{"0": "a", "2": "b"}', "without a gap"),
        ("classes.json", '["a", ""]', "is not a name"),
        ("classes.txt", b"caf\xe9\n", "not valid UTF-8"),
        ("classes.txt", "cat\n\ndog\n", "line 2 is blank"),
    ],
)
def test_a_broken_list_is_passed_over_and_its_fault_kept_for_whom_it_matters(name, data, why):
    found, passed = listing({name: data})
    assert not found
    assert why in str(found.fault)
    assert [(row.path, row.reason) for row in passed.rows] == [(name, UNREADABLE)]
    found, _ = listing({name: data, "labels.txt": "cat\ndog\n"})
    assert found.names == ("cat", "dog")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "a.png cat\nb.png dog\n"),
        ("labels.txt", "0\n1\n0\n1\n1\n"),
        ("labels.json", '{"a.png": 0, "b.png": 1}'),
        ("labels.json", '{"a": {"x": 1}}'),
        ("classes.json", "3"),
        ("classes.txt", "\n"),
    ],
)
def test_a_file_of_something_else_lists_no_classes(name, text):
    found, passed = listing({name: text})
    assert (found.names, found.fault) == ((), None)
    assert [(row.path, row.reason) for row in passed.rows] == [(name, OTHER)]


def test_on_disk_only_the_folders_that_are_named_are_searched(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    (tmp_path / "in" / "classes.json").mkdir()
    assert find_class_list((tmp_path / "in", tmp_path), "x").names == ("cat", "dog")
    assert not find_class_list((tmp_path / "in", tmp_path / "gone"), "x")
    (tmp_path / "classes.txt").write_bytes(b"\xff")
    broken = find_class_list((tmp_path,), "x")
    assert broken.find_label("cat") is None
    with pytest.raises(RecipeError, match=r"x: the list of classes .*/classes\.txt: line 1 is no"):
        broken.find_label(0)


def test_labels_of_a_table_are_what_the_list_beside_it_says():
    files = {"classes.json": json.dumps([{"name": "tench", "wnid": TENCH}, {"name": "cat"}])}
    for rows in ("a.png,0", f"a.png,{TENCH}", "a.png,tench"):
        table = {"metadata.csv": f"file_name,label\n{rows}\nb.png,dog\n".encode()}
        read = {name: text.encode() for name, text in files.items()} | table
        side = read_side_tables(
            [*read, "a.png", "b.png"], read.__getitem__, Columns(), "x", Passed()
        )
        label = side.find_row("a.png").label
        assert (label.name, label.number, label.wnid) == ("tench", 0, TENCH)
        assert side.vocabulary == Vocabulary(("tench", "cat"), (TENCH, None))
        assert (side.find_row("b.png").name, side.find_row("b.png").label.vocabulary) == (
            "dog",
            None,
        )


def test_a_broken_list_is_an_error_only_where_numbers_need_it():
    for label, name in (("cat", "cat"), ("0,cat", "cat")):
        heading = "file_name,label,class_name" if "," in label else "file_name,label"
        files = {"classes.json": b"{", "metadata.csv": f"{heading}\na.png,{label}\n".encode()}
        side = read_side_tables([*files, "a.png"], files.__getitem__, Columns(), "x", Passed())
        assert side.find_row("a.png").name == name
    files["metadata.csv"] = b"file_name,label\na.png,0\n"
    with pytest.raises(RecipeError, match=r"the list of classes classes\.json"):
        read_side_tables([*files, "a.png"], files.__getitem__, Columns(), "x", Passed())


def test_a_folder_is_the_class_whose_folder_the_list_says_whatever_another_is_called():
    rows = [{"name": "hot dog", "folder": "hot-dog"}, {"name": "hot-dog", "folder": "hot-dog-2"}]
    classes = listing({"classes.json": json.dumps(rows)})[0]
    folders = [classes.find_by_folder(one).name for one in ("hot-dog", "hot-dog-2", "hot dog")]
    assert folders == ["hot dog", "hot-dog", "hot dog"]
    assert classes.find_label("hot-dog").name == "hot-dog"
