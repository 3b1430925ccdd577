"""WebDataset shards, ours and others'."""

import io
import json
import tarfile
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from synthset.errors import DatasetError, RecipeError
from synthset.formats.manifest import (
    DOTTED,
    LINKED,
    LITTER,
    MORE,
    NO_IMAGE,
    ODD,
    UNLABELLED,
    UNREADABLE,
    Passed,
)
from synthset.formats.originals import Originals
from synthset.formats.scan import scan, scan_path
from synthset.images import encode, sha256
from synthset.recipe.paths import FolderPath
from synthset.recipe.sources import Folder
from synthset.sources.folder import FolderStage as Stage
from synthset.stage import Rows


def picture(level):
    return encode(np.full((4, 4, 3), level, np.uint8), "png")


def write(path, **members):
    """Write a shard; `a_cls="0"` becomes the member `a.cls`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def at(path):
    return Folder.model_validate({"kind": "folder", "paths": [{"path": str(path)}]})


def test_images_are_found_with_their_class_and_read_again(tmp_path):
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    first, second = picture(10), picture(20)
    write(tmp_path / "data" / "train-00000.tar", a_png=first, a_cls="1", b_cls="0", b_png=second)
    found = list(scan(at(tmp_path)))
    assert [one.name for one in found] == ["dog", "cat"]
    assert [one.content for one in found] == [sha256(first), sha256(second)]
    originals = Originals(at(tmp_path).paths)
    assert [originals.read(one.source) for one in found] == [first, second]


def test_half_of_a_surrogate_pair_in_the_json_of_a_sample_is_no_letter(tmp_path):
    write(tmp_path / "a.tar", a_png=picture(1), a_cls="0", a_json='{"class_name": "a \\ud83d cat"}')
    assert [one.name for one in scan(at(tmp_path))] == ["a ? cat"]


def test_without_a_list_of_classes_the_name_is_in_the_json_or_the_cls(tmp_path):
    shard = write(
        tmp_path / "a.tar",
        a_png=picture(1),
        a_json=json.dumps({"class_name": "owl"}),
        b_png=picture(2),
        b_cls="7",
        c_png=picture(3),
        d_txt="no image",
    )
    ignored = Passed()
    assert [one.name for one in scan(at(shard), ignored)] == ["owl", "7"]
    assert ignored.counts() == {UNLABELLED: 1, NO_IMAGE: 1}


def test_images_whose_key_has_a_dot_are_counted(tmp_path):
    members = {f"v1_{k}_{kind}": picture(k) for k in range(3) for kind in ("png", "cls")}
    shard = write(tmp_path / "a.tar", **members, w_png=picture(9), w_cls="7", w_mask_png=b"")
    ignored = Passed()
    assert [one.name for one in scan(at(shard), ignored)] == ["7"]
    assert ignored.counts() == {DOTTED: 3, MORE: 1}


def test_a_hub_folder_of_several_splits_is_refused(tmp_path):
    for split in ("train", "val"):
        write(tmp_path / f"{split}-00000.tar", a_png=picture(1), a_cls="0")
    with pytest.raises(RecipeError, match="belong to the splits train, val"):
        list(scan(at(tmp_path)))


def test_a_damaged_shard_is_refused_and_a_cut_one_is_noticed(tmp_path):
    (tmp_path / "bad.tar").write_bytes(b"no tar at all")
    with pytest.raises(RecipeError, match=r"bad\.tar .*unreadable as a tar file"):
        list(scan(at(tmp_path / "bad.tar")))
    shard = write(tmp_path / "good.tar", a_png=picture(1), a_cls="0")
    (found,) = scan(at(shard))
    shard.write_bytes(shard.read_bytes()[:520])
    with pytest.raises(DatasetError, match="was changed after planning"):
        Originals(at(shard).paths).read(found.source)


def test_broken_words_beside_an_image_leave_the_others(tmp_path):
    shard = write(
        tmp_path / "a.tar",
        a_png=picture(1), a_json="{bad", a_cls="cat",
        b_png=picture(2), b_json="[1]", b_cls="cat",
        c_png=picture(3), c_cls=b"\xff\xfe", c_json=json.dumps({"class_name": "owl"}),
        d_png=picture(4), d_cls="²",
        e_png=picture(5), e_cls=b"\xff", e_json="[" * 100_000,
    )  # fmt: skip
    passed = Passed()
    assert [one.name for one in scan(at(shard), passed)] == ["cat", "cat", "owl", "²"]
    assert passed.counts()[UNLABELLED] == 1


@pytest.mark.parametrize("damage", ["header", "cut"])
def test_a_damaged_shard_gives_what_came_before_and_is_named(tmp_path, damage):
    members = {
        f"{k}_{kind}": data for k in "abc" for kind, data in (("cls", k), ("png", picture(ord(k))))
    }
    whole = write(tmp_path / "a.tar", **members).read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar:
        last = tar.getmembers()[4]  # of c
    data = bytearray(whole)
    data[last.offset : last.offset + 100] = b"\xff" * 100
    cut = whole[: last.offset + 1600]
    (tmp_path / "a.tar").write_bytes(data if damage == "header" else cut)
    passed = Passed()
    assert [one.name for one in scan(at(tmp_path), passed)] == ["a", "b"]
    assert passed.rows[0].path == f"{tmp_path}/a.tar"
    assert "unreadable as a tar file from some point on" in passed.rows[0].detail
    write(tmp_path / "b.tar", z_png=picture(9), z_cls="z")
    assert [one.name for one in scan(at(tmp_path))] == ["a", "b", "z"]


@pytest.mark.parametrize("damage", ["header", "cut"])
def test_a_damaged_archive_of_class_folders_gives_what_came_before(tmp_path, damage):
    members = {f"cat/{i}_png": picture(i) for i in range(4)}
    data = bytearray(write(tmp_path / "a.tar", **members).read_bytes())
    with tarfile.open(tmp_path / "a.tar") as tar:
        last = tar.getmembers()[3]
    data[last.offset : last.offset + 100] = b"\xff" * 100
    (tmp_path / "a.tar").write_bytes(data if damage == "header" else data[: last.offset + 520])
    passed = Passed()
    assert len(list(scan(at(tmp_path), passed))) == 3
    (row,) = passed.rows
    assert (row.path, row.reason) == (f"{tmp_path}/a.tar", UNREADABLE)


@pytest.mark.parametrize("kind", ["class folders", "samples"])
def test_links_pipes_and_hidden_members_are_counted(tmp_path, kind):
    write(tmp_path / "a.tar", **{"cat/0_png": picture(0)})
    with tarfile.open(tmp_path / "a.tar", "a") as tar:
        if kind == "samples":
            tar.addfile(tarfile.TarInfo("cat/0.cls"))
        for i, made in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)):
            member = tarfile.TarInfo(f"cat/{i + 1}.png")
            member.type, member.linkname = made, "cat/0.png"
            tar.addfile(member)
        tar.addfile(tarfile.TarInfo("cat/._0.png"))
    passed, settings = Passed(), at(tmp_path)
    if kind == "samples":
        with pytest.raises(RecipeError, match="link inside an archive"):
            list(scan(settings, passed))
    else:
        assert len(list(scan(settings, passed))) == 1
    assert passed.counts() >= Counter({LINKED: 2, ODD: 1, LITTER: 1})


@pytest.mark.parametrize(
    ("said", "column", "found"),
    [
        ({"label": "owl"}, "label", ["owl"]),
        ({"label": 1}, "label", ["1"]),
        ({"Fine_Label": "owl", "width": 3}, "label", ["owl"]),
        ({"kind": "owl", "label": "bird"}, "kind", ["owl"]),
        ({"class": "owl", "breed": "tawny"}, "label", []),
        ({"label": [1]}, "label", []),
        ({"label": -1}, "label", []),
    ],
)
def test_the_json_of_a_sample_says_its_label_by_the_usual_names(tmp_path, said, column, found):
    other = json.dumps({column: "x"})
    write(tmp_path / "a.tar", a_png=picture(1), a_json=json.dumps(said), b_png=b"", b_json=other)
    place = FolderPath(path=str(tmp_path), label_column=column)
    assert [one.name for one in scan_path(place, "x")] == [*found, "x"]


def test_members_of_one_name_are_counted(tmp_path):
    write(tmp_path / "a.tar", a_png=picture(1), a_cls="cat")
    with tarfile.open(tmp_path / "a.tar", "a") as tar:
        tar.addfile(tarfile.TarInfo("a.png"))
    passed = Passed()
    assert len(list(scan(at(tmp_path), passed))) == 1
    assert [(row.path, row.reason) for row in passed.rows] == [(f"{tmp_path}/a.tar#a.png", MORE)]


def test_the_list_of_classes_beside_shards_was_read(tmp_path):
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    write(tmp_path / "a.tar", a_png=picture(1), a_cls="1")
    passed = Passed()
    list(scan(at(tmp_path), passed))
    assert (passed.read, passed.rows) == ([f"{tmp_path}/a.tar", f"{tmp_path}/classes.txt"], [])


def test_one_bad_member_is_one_error(tmp_path):
    good = {
        f"{k:02d}_{kind}": data
        for k in range(20)
        for kind, data in (("png", picture(k)), ("cls", "cat"))
    }
    shard = write(tmp_path / "a.tar", **good, x_png=b"no image", x_cls="cat")
    found = list(scan(at(shard)))
    plan = Rows(pa.table({"id": [f"{i}" for i in range(21)], "source": [o.source for o in found]}))
    errors = [error for error in Stage(at(shard))(plan).column("error").to_pylist() if error]
    assert [error.split(": ")[0] for error in errors] == [found[-1].source]


def test_a_broken_list_of_classes_is_named(tmp_path):
    write(tmp_path / "data/a.tar", a_png=picture(1), a_cls="0")
    (tmp_path / "classes.json").write_text("{bad")
    with pytest.raises(RecipeError, match=r"the list of classes .*fix it, or remove it"):
        list(scan(at(tmp_path)))


def test_a_text_beside_no_image_leaves_class_folders_what_they_are(tmp_path):
    files = {"cat/0.png": picture(0), "cat/notes.txt": b"x", "dog/1.png": picture(9)}
    with tarfile.open(tmp_path / "pets.tar", "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    found = scan_path(FolderPath(path=str(tmp_path / "pets.tar")), "source")
    assert [image.name for image in found] == ["cat", "dog"]
