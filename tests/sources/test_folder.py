from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import DatasetError, RecipeError
from synthset.formats.listed import Listed
from synthset.formats.manifest import DEAD, LITTER, ODD, OTHER, UNLABELLED, Passed
from synthset.formats.scan import scan
from synthset.formats.table_files import TableImages
from synthset.images import encode, sha256
from synthset.recipe.sources import Folder as Settings
from synthset.sources.folder import FolderStage
from synthset.stage import Rows

DATA = Path(os.environ.get("SYNTHSET_DATA", Path(__file__).parents[3] / "shared" / "data"))
CIFAKE = DATA / "cifake" / "train.parquet"


def picture(level: int, image_format: Any = "png") -> bytes:
    return encode(np.full((6, 8, 3), level, dtype=np.uint8), image_format)


def write(path: Path, data: bytes = b"text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def at(*paths: Path | str, **more: Any) -> Settings:
    places = [{"path": str(path)} | more for path in paths]
    return Settings.model_validate({"kind": "folder", "paths": places})


def rows(found: list[Listed]) -> Rows:
    names = [f"id-{i}" for i in range(len(found))]
    return Rows(pa.table({"id": names, "source": [one.source for one in found]}))


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the given columns, two rows a group, with ClassLabel names on request."""

    def make(name: str = "train.parquet", names: list[str] | None = None, **columns: Any) -> Path:
        table = pa.table(columns)
        if names is not None:
            features = {
                "image": {"_type": "Image"},
                "label": {"_type": "ClassLabel", "names": names},
            }
            table = table.replace_schema_metadata(
                {"huggingface": json.dumps({"info": {"features": features}})}
            )
        pq.write_table(table, tmp_path / name, row_group_size=2)
        return tmp_path / name

    return make


def cells(*levels: int) -> list[dict[str, Any]]:
    return [{"bytes": picture(level), "path": f"{level}.png"} for level in levels]


def test_class_folders_are_read_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("dog/b.png", "dog/a.JPG", "cat/z.png", "cat/deep/er.png"):
        write(tmp_path / name, picture(len(name)))
    found = list(scan(at(tmp_path, origin="real")))
    assert [(one.name, Path(one.source).name) for one in found] == [
        ("cat", "z.png"),
        ("cat", "er.png"),
        ("dog", "a.JPG"),
        ("dog", "b.png"),
    ]
    assert {one.origin for one in found} == {"real"}
    assert found[0].content == sha256(picture(len("cat/z.png")))


def test_files_that_are_no_images_are_counted_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "cat/a.png", picture(1))
    for name in (
        "cat/notes.txt",
        "classes.csv",
        "cat/.DS_Store",
        ".git/config",
        "__MACOSX/._a.png",
    ):
        write(tmp_path / name)
    passed = Passed()
    assert len(list(scan(at(tmp_path), passed))) == 1
    assert passed.counts() == {OTHER: 2, LITTER: 3}


def test_split_folders_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    for name in ("test/cat/c.png", "train/cat/a.png", "val/cat/b.png"):
        write(tmp_path / name, picture(1))
    with pytest.raises(
        RecipeError,
        match=r"paths\[0\]\.path: .* contains the splits test, train, val.*name one: .*/train",
    ):
        list(scan(at(tmp_path)))
    assert [one.name for one in scan(at(tmp_path / "val"))] == ["cat"]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write(tmp_path / "train/a.png", picture(1))
    write(tmp_path / "plane/a.png", picture(2))
    assert [one.name for one in scan(at(tmp_path))] == ["plane", "train"]


def test_images_without_a_class_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.png", picture(1))
    with pytest.raises(RecipeError, match=r"are directly in .*one folder for each class"):
        list(scan(at(tmp_path)))


def test_nothing_found_says_what_was_seen(tmp_path: Path) -> None:
    write(tmp_path / "cat/a.txt")
    write(tmp_path / "cat/b.txt")
    with pytest.raises(
        RecipeError, match=r"no labelled image in .* \(only 2 × file beside .*/a\.txt"
    ):
        list(scan(at(tmp_path)))


def test_a_path_that_is_not_there_suggests_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path / "pets/cat/a.png", picture(1))
    with pytest.raises(RecipeError, match=r"nothing at .*did you mean .*/pets\?"):
        list(scan(at(tmp_path / "pet")))
    with pytest.raises(RecipeError, match="can't be opened"):
        list(scan(at("dropbox://bucket/pets")))


def test_hugging_face_labels_come_from_the_schema(parquet: Callable[..., Path]) -> None:
    path = parquet(
        names=["cat", "dog"], image=cells(1, 2, 3), label=[1, 0, -1], label_name=["x", "y", "z"]
    )
    passed = Passed()
    found = list(scan(at(path), passed))
    assert [one.name for one in found] == ["dog", "cat"]
    assert [one.source for one in found] == [f"{path.as_posix()}#0", f"{path.as_posix()}#1"]
    assert passed.counts() == {UNLABELLED: 1}


def test_other_labels_come_from_a_name_column_or_the_number(parquet: Callable[..., Path]) -> None:
    named = parquet("named.parquet", image=cells(1, 2), label=[1, 0], label_name=["dog", "cat"])
    text = parquet("text.parquet", image=cells(3), label=["bird"])
    bare = parquet("bare.parquet", image=[picture(4)], label=[7])
    assert [one.name for one in scan(at(named, text, bare))] == ["dog", "cat", "bird", "7"]


def test_prompts_are_taken_along(parquet: Callable[..., Path]) -> None:
    path = parquet(image=cells(1), label=["cat"], words=["a cat"])
    assert [one.caption for one in scan(at(path, prompt_column="words"))] == ["a cat"]
    with pytest.raises(
        RecipeError, match=r"paths\[0\]\.prompt_column: .*no column 'wrods'; did you mean 'words'"
    ):
        list(scan(at(path, prompt_column="wrods")))


def test_a_folder_or_glob_of_parquet_files_is_one_split(parquet: Callable[..., Path]) -> None:
    first = parquet("train-00000-of-00002.parquet", image=cells(1), label=["cat"])
    parquet("train-00001-of-00002.parquet", image=cells(2), label=["dog"])
    assert [one.name for one in scan(at(first.parent))] == ["cat", "dog"]
    parquet("test-00000-of-00001.parquet", image=cells(3), label=["cat"])
    with pytest.raises(
        RecipeError, match=r"the splits test, train; name one, as in .*/train\*\.parquet"
    ):
        list(scan(at(first.parent)))
    assert [one.name for one in scan(at(first.parent / "train*.parquet"))] == ["cat", "dog"]


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "train.parquet", b"nothing")
    with pytest.raises(RecipeError, match=r"train\.parquet \(is not a readable Parquet file"):
        list(scan(at(path)))


def test_bytes_stay_as_they_are_and_names_follow_their_format(tmp_path: Path) -> None:
    jpeg = write(tmp_path / "cat/wrong.png", picture(9, "jpeg")).read_bytes()
    webp = write(tmp_path / "cat/z.webp", picture(9, "webp")).read_bytes()
    settings = at(tmp_path)
    table = FolderStage(settings)(rows(list(scan(settings)))).to_pylist()
    assert [row["image"]["bytes"] for row in table] == [jpeg, webp]
    assert [row["image"]["path"] for row in table] == ["id-0.jpg", "id-1.webp"]
    assert (table[0]["width"], table[0]["height"], table[0]["sha256"]) == (8, 6, sha256(jpeg))
    assert [row["nsfw"] for row in table] == [None, None]


def test_a_damaged_file_is_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path / "cat/good.png", picture(1))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write(tmp_path / "cat/cut.jpg", encode(noise)[:-800])
    write(tmp_path / "cat/text.png", b"no image")
    found = list(scan(settings := at(tmp_path)))
    table = FolderStage(settings)(rows(found)).to_pylist()
    assert [row["image"] is None for row in table] == [True, False, True]
    for row, one in zip(table, found, strict=True):
        assert row["error"] is None or row["error"].startswith(
            f"{one.source}: not a readable image"
        )
    assert [row["sha256"] is None for row in table] == [True, False, True]


def test_a_deleted_file_is_one_error_and_a_vanished_folder_stops_the_shard(tmp_path: Path) -> None:
    gone = write(tmp_path / "pets/cat/a.png", picture(1))
    settings = at(tmp_path / "pets")
    plan = rows(list(scan(settings)))
    gone.unlink()
    assert "missing or unreadable" in FolderStage(settings)(plan).column("error")[0].as_py()
    gone.parent.rmdir()
    with pytest.raises(DatasetError, match="cat is gone"):
        FolderStage(settings)(plan)


def test_parquet_rows_are_read_back_in_any_order(parquet: Callable[..., Path]) -> None:
    path = parquet(
        image=[*cells(*range(7)), {"bytes": None, "path": "lost.png"}], label=["cat"] * 8
    )
    found = list(scan(settings := at(path)))
    backwards = found[::-1]
    table = FolderStage(settings)(rows(backwards)).to_pylist()
    assert table[0]["error"] == f"{path.as_posix()}#7: missing or unreadable"
    assert [row["image"]["bytes"] for row in table[1:]] == [picture(level) for level in range(7)][
        ::-1
    ]
    assert [row["sha256"] for row in table[1:]] == [one.content for one in backwards[1:]]


def test_a_vanished_parquet_file_stops_the_shard(parquet: Callable[..., Path]) -> None:
    path = parquet(image=cells(1), label=["cat"])
    plan = rows(list(scan(settings := at(path))))
    path.unlink()
    with pytest.raises(DatasetError, match=r"train\.parquet is gone"):
        FolderStage(settings)(plan)


def test_row_groups_are_read_once_for_neighbouring_rows(
    parquet: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = parquet(image=cells(*range(6)), label=["cat"] * 6), []
    original = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_group",
        lambda self, i, **k: read.append(i) or original(self, i, **k),
    )
    images = TableImages(["image"], cache_bytes=1)
    assert [images.read(path, row) for row in range(6)] == [picture(level) for level in range(6)]
    assert read == [0, 1, 2]


@pytest.mark.skipif(not CIFAKE.exists(), reason="CIFAKE is not here")
def test_cifake_is_found_by_its_class_names_and_read_back() -> None:
    settings = at(CIFAKE, origin="sd14")
    found = list(scan(settings))
    assert len(found) == 44942
    assert Counter(one.name for one in found).keys() >= {"airplane", "truck"}
    some = found[:40] + found[30000:30020]
    table = FolderStage(settings)(rows(some))
    assert table.column("sha256").to_pylist() == [one.content for one in some]
    assert set(table.column("width").to_pylist()) == {32}


def test_a_folder_with_splits_of_parquet_is_refused_even_in_its_data_folder(tmp_path: Path) -> None:
    table = pa.table({"image": cells(1), "label": ["cat"]})
    for name in ("train-0.parquet", "validation-0.parquet"):
        (tmp_path / "data").mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / "data" / name)
    with pytest.raises(RecipeError, match="belong to the splits train, validation"):
        list(scan(at(tmp_path)))


def imported(settings: Settings) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Take over what a scan finds, and what it passed over."""
    passed = Passed()
    found = list(scan(settings, passed))
    return FolderStage(settings)(rows(found)).to_pylist(), passed


def test_one_bad_file_is_one_named_error_and_the_others_go_through(tmp_path: Path) -> None:
    for level in range(20):
        write(tmp_path / f"cat/{level:02d}.png", picture(level))
    (tmp_path / "cat/link.png").symlink_to("/nowhere.png")
    os.mkfifo(tmp_path / "cat/pipe.png")
    write(tmp_path / "cat/zero.png", b"")
    table, passed = imported(at(tmp_path))
    errors = [row["error"] for row in table if row["error"]]
    assert sum(row["image"] is not None for row in table) == 20
    assert [Path(error.split(": ")[0]).name for error in errors] == ["zero.png"]
    assert {row.path.rpartition("/")[2]: row.reason for row in passed.rows} == {
        "link.png": DEAD,
        "pipe.png": ODD,
    }


def test_a_file_that_may_not_be_read_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"cat/{name}.png", picture(1))
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.png":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    table, _ = imported(at(tmp_path))
    assert [row["error"] is None for row in table] == [False, True]
    assert "a.png: missing or unreadable" in table[0]["error"]


def test_names_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    with open(folder + b"/\xff.png", "wb") as file:
        file.write(picture(7))
    (found,) = scan(at(tmp_path))
    assert found.name == "caf%E9"
    assert found.source.endswith("/caf%E9/%FF.png")
    assert imported(at(tmp_path))[0][0]["image"]["bytes"] == picture(7)


def test_images_of_a_linked_folder_belong_to_the_class_it_lies_in(tmp_path: Path) -> None:
    write(tmp_path / "pets/cat/a.png", picture(1))
    write(tmp_path / "more/b.png", picture(2))
    (tmp_path / "pets/cat/more").symlink_to(tmp_path / "more")
    (tmp_path / "pets/dog").symlink_to(tmp_path / "more")
    found = [(one.name, Path(one.source).name) for one in scan(at(tmp_path / "pets"))]
    assert found == [("cat", "a.png"), ("cat", "b.png"), ("dog", "b.png")]


def test_rows_of_a_damaged_part_are_passed_over_and_said(parquet: Callable[..., Path]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 9, 9, 3), dtype=np.uint8)
    path = parquet(image=[encode(one, "png") for one in noise], label=list("aabbcc"))
    group = pq.ParquetFile(path).metadata.row_group(1).column(1)
    data = bytearray(path.read_bytes())
    start, size = group.dictionary_page_offset, group.total_compressed_size
    data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    passed = Passed()
    assert [one.name for one in scan(at(path), passed)] == list("aacc")
    assert passed.rows[0].path == str(path)
    assert passed.rows[0].detail.startswith("rows 2 to 3")
    (path.parent / "other.parquet").write_bytes(b"<html>")
    assert len(list(scan(at(path.parent), passed))) == 4
    assert any(row.path.endswith("other.parquet") for row in passed.rows)
