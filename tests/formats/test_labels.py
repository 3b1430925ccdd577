"""Numbers and names of classes."""

import io
import json
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import RecipeError
from synthset.formats.labels import (
    find_classes,
    name_image_classes,
    number_same_labels,
    number_same_names,
    read_label,
)
from synthset.formats.listed import Label, Listed
from synthset.formats.scan import scan
from synthset.images import encode
from synthset.recipe.sources import Folder


def picture(level):
    return encode(np.full((4, 4, 3), level, np.uint8), "png")


def table(path, names=None, **columns):
    """Write a Parquet file with as many images as labels, and ClassLabel names on request."""
    images = [picture(level) for level in range(len(columns["label"]))]
    made = pa.table({"image": images, **columns})
    if names is not None:
        features = {"label": {"_type": "ClassLabel", "names": names}}
        noted = {"huggingface": json.dumps({"info": {"features": features}})}
        made = made.replace_schema_metadata(noted)
    pq.write_table(made, path)
    return path


def shard(path, **members):
    """Write a tar file; `a_cls="0"` becomes the member `a.cls`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))


def found(path):
    settings = {"kind": "folder", "paths": [{"path": str(path)}]}
    images = list(scan(Folder.model_validate(settings)))
    return [one.name for one in images], name_image_classes(images)


def test_a_label_is_a_number_from_zero_on_or_a_name():
    nothing = [None, float("nan"), float("inf"), -1, -1.0, "", " ", b""]
    assert [read_label(value) for value in nothing] == [None] * 8
    assert [read_label(v) for v in (2, 2.0, "2", b"cat")] == [2, 2, "2", "cat"]
    for value in ([0, 1], {"a": 1}, 1.5, b"\xff"):
        with pytest.raises(ValueError, match="label"):
            read_label(value)


def test_numbers_that_are_texts_are_numbers(tmp_path):
    path = table(tmp_path / "t.parquet", label=["10", "2", "-1", "nan", "2.0"])
    assert found(path) == (["10", "2", "2"], ["2", "10"])


def test_numbered_classes_of_one_name_never_merge(tmp_path):
    names = ["crane", "crane", "dog"]
    path = table(tmp_path / "a.parquet", label=[517, 134, 207], label_name=names)
    labels, classes = found(path)
    assert labels == ["crane (517)", "crane (134)", "dog"]
    assert classes == ["crane (134)", "dog", "crane (517)"]
    listed = table(tmp_path / "b.parquet", ["crane", "crane"], label=[1, 0])
    assert found(listed) == (["crane (1)", "crane (0)"], ["crane (0)", "crane (1)"])
    assert number_same_names(["a", "a", "a (0)"]) == ("a (0) (0)", "a (1)", "a (0) (2)")


@pytest.mark.parametrize("last", ["\n", "", "\r\n"])
def test_a_list_beside_shards_tells_numbers_of_one_name_apart(tmp_path, last):
    (tmp_path / "classes.txt").write_text(f"crane\ncrane\ndog{last}", newline="")
    members = {f"{k}_{kind}": text for k in "012" for kind, text in (("cls", k), ("png", k))}
    shard(tmp_path / "a.tar", **members)
    assert found(tmp_path)[0] == ["crane (0)", "crane (1)", "dog"]
    (tmp_path / "classes.json").write_text(json.dumps(["crane", "crane", "dog"]))
    assert found(tmp_path)[0] == ["crane (0)", "crane (1)", "dog"]


def test_names_in_json_are_told_apart_by_cls_across_shards(tmp_path):
    for k in ("134", "517"):
        name = json.dumps({"class_name": "crane"})
        shard(tmp_path / f"{k}.tar", a_png=k, a_cls=k, a_json=name)
    assert found(tmp_path)[1] == ["crane (134)", "crane (517)"]


def test_numbers_keep_their_order_and_what_is_no_label_is_counted(tmp_path):
    path = table(tmp_path / "a.parquet", label=[10.0, 2.0, 1.0, -1.0, float("nan"), None])
    assert found(path) == (["10", "2", "1"], ["1", "2", "10"])
    shard(tmp_path / "t/a.tar", a_cls="-1", a_png="a", b_cls="10", b_png="b", c_cls="2.0", c_png="")
    assert found(tmp_path / "t") == (["10", "2"], ["2", "10"])
    for name in ("180", "90"):
        (tmp_path / "f" / name).mkdir(parents=True)
        (tmp_path / "f" / name / "a.png").write_bytes(picture(1))
    assert found(tmp_path / "f")[1] == ["90", "180"]


def test_numbers_beyond_the_list_are_no_label(tmp_path):
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    shard(tmp_path / "a.tar", a_cls="1", a_png="a", b_cls="2", b_png="b")
    assert found(tmp_path) == (["dog"], ["cat", "dog"])


def test_listed_classes_keep_their_order_and_empty_ones(tmp_path):
    path = table(tmp_path / "a.parquet", ["dog", "ant", "cat"], label=[2, 0])
    assert found(path)[1] == ["dog", "ant", "cat"]
    for name in ("ant", "dog"):
        (tmp_path / "train" / name).mkdir(parents=True)
        (tmp_path / "train" / name / "a.png").write_bytes(picture(1))
    rows = [{"name": name, "folder": name} for name in ("dog", "ant", "cat")]
    (tmp_path / "classes.json").write_text(json.dumps(rows))
    assert found(tmp_path / "train")[1] == ["dog", "ant", "cat"]


def test_a_list_in_the_label_column_is_refused_with_its_place(tmp_path):
    path = table(tmp_path / "a.parquet", label=[[0], [0, 1]])
    with pytest.raises(RecipeError, match=r"label_column: .*a\.parquet, row 0: \[0\] is no"):
        found(path)


def test_names_of_one_set_that_look_alike_are_refused(tmp_path):
    for name in ("Cat", "cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(picture(1))
    with pytest.raises(RecipeError, match=r"source.*'Cat' and 'cat' differ only in case; rename"):
        found(tmp_path)


def test_a_name_with_two_numbers_in_two_places_is_refused(tmp_path):
    for k in (134, 517):
        table(tmp_path / f"{k}.parquet", label=[k], label_name=["crane"])
    paths = [{"path": str(tmp_path / f"{k}.parquet")} for k in (134, 517)]
    images = list(scan(Folder.model_validate({"kind": "folder", "paths": paths})))
    with pytest.raises(RecipeError, match="'crane' has the numbers 134 and 517"):
        name_image_classes(images)


def test_a_class_is_called_by_its_wnid_and_by_its_number():
    said = [Label("n02012849"), Label("crane", 517), Label("dog", wnid="n02084071")]
    machine, dog, bird = find_classes([Listed(str(i), label) for i, label in enumerate(said)])
    assert (bird, bird.wnid) == (("n02012849",), "n02012849")
    assert (machine, machine.wnid, machine.number) == (("crane", "crane (517)"), None, 517)
    assert (dog, dog.wnid) == (("dog", "n02084071"), "n02084071")


def test_names_that_differ_in_case_alone_carry_their_numbers():
    assert number_same_names(["Cardigan", "tabby", "cardigan"]) == (
        "Cardigan (0)",
        "tabby",
        "cardigan (2)",
    )
    listed = [
        Listed(f"{k}.png", Label(name, k)) for k, name in ((264, "Cardigan"), (474, "cardigan"))
    ]
    assert [one.name for one in number_same_labels(listed)] == ["Cardigan (264)", "cardigan (474)"]
