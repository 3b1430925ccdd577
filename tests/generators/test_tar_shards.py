"""WebDataset shards, ours and others'."""

import io
import json
import tarfile
from collections import Counter

import numpy as np
import pytest

from synthset.errors import DatasetError, RecipeError
from synthset.generators.folder import scan
from synthset.generators.originals import Originals
from synthset.images import encode, sha256
from synthset.recipe.sources import Folder


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
    assert [one.label for one in found] == ["dog", "cat"]
    assert [one.content for one in found] == [sha256(first), sha256(second)]
    originals = Originals(at(tmp_path).paths)
    assert [originals.read(one.source) for one in found] == [first, second]


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
    ignored = Counter()
    assert [one.label for one in scan(at(shard), ignored)] == ["owl", "7"]
    assert ignored == {"samples without a label": 1}


def test_a_hub_folder_of_several_splits_is_refused(tmp_path):
    for split in ("train", "val"):
        write(tmp_path / f"{split}-00000.tar", a_png=picture(1), a_cls="0")
    with pytest.raises(RecipeError, match="of the splits train, val"):
        list(scan(at(tmp_path)))


def test_a_damaged_shard_is_refused_and_a_cut_one_is_noticed(tmp_path):
    (tmp_path / "bad.tar").write_bytes(b"no tar at all")
    with pytest.raises(RecipeError, match=r"bad\.tar is no readable tar file"):
        list(scan(at(tmp_path / "bad.tar")))
    shard = write(tmp_path / "good.tar", a_png=picture(1), a_cls="0")
    (found,) = scan(at(shard))
    shard.write_bytes(shard.read_bytes()[:520])
    with pytest.raises(DatasetError, match="was changed after planning"):
        Originals(at(shard).paths).read(found.source)
