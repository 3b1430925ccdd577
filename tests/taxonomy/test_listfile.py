"""Class files: one name a line, or a CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.listfile import read_class_file


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_a_text_has_one_name_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "pets.txt", "# my pets\ncat\n\n  Golden Retriever \n")
    assert [(e.name, e.key) for e in read_class_file(path)] == [
        ("cat", "cat"),
        ("Golden Retriever", "golden-retriever"),
    ]


def test_a_csv_may_give_synsets_and_folders(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "pets.csv",
        "\ufeffname, synset, folder, remark\ncat, cat.n.01, 01-cats, nice\nrobot dog,,,new\n",
    )
    cat, robot = read_class_file(path)
    assert (cat.key, cat.wnid, cat.folder) == ("cat", "n02121620", "01-cats")
    assert (robot.key, robot.wnid, robot.folder) == ("robot-dog", None, "robot-dog")


WRONG = {
    "no file": ("gone.csv", None, "classes.path: {path} does not exist; name a text file with"),
    "no name": ("a.csv", "label,synset\n1,cat.n.01\n", "classes.path: {path} has no column `name`"),
    "empty": ("a.txt", "# nothing\n", "classes: there is no class; name at least one"),
    "synset": ("a.csv", "name,synset\ncat,cta.n.01\n", "{path}:2.cat: WordNet 3.0 has no noun"),
    "folder": (
        "a.csv",
        "name,folder\ncat,../x\n",
        "{path}:2: the folder '../x' is not a plain name",
    ),
    "twice": ("a.txt", "cat\nCat\n", "classes: 'cat' and 'Cat' differ only in case; rename"),
    "hidden": ("a.csv", "name,folder\ncat,.hid\n", "{path}:2: the folder '.hid' is hidden"),
    "unseen": ("a.txt", "cat\n\u200b\n", "{path}:2: the class name has no visible characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    file, text, message = WRONG[name]
    path = str(tmp_path / file) if text is None else written(tmp_path, file, text)
    with pytest.raises(RecipeError) as error:
        read_class_file(path)
    assert str(error.value).startswith(message.format(path=path))


def test_symbols_are_names_with_folders_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "name,folder\nC,c\nC++,cpp\nC#,\n\U0001f34e,\n")
    assert [(e.name, e.key, e.folder) for e in read_class_file(path)] == [
        ("C", "c", "c"),
        ("C++", "c-plus-plus", "cpp"),
        ("C#", "c-number", "c-number"),
        ("\U0001f34e", "red-apple", "red-apple"),
    ]
