from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kills import Killed, kill_at
from torchvision.datasets import ImageFolder as TorchvisionFolder

from synthset.errors import DatasetError
from synthset.export import folder as export_folder
from synthset.export import place
from synthset.export.imagefolder import export
from synthset.export.write import write_export
from synthset.images import sha256
from synthset.recipe.exports import ImageFolder
from synthset.store.dataset import Dataset

PLAIN = ImageFolder(kind="imagefolder", path="export")
SPLIT = ImageFolder(kind="imagefolder", path="export", val_fraction=0.25)


def listing(place: Path) -> dict[str, bytes]:
    return {
        p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()
    }


def test_every_kept_image_and_no_other_is_a_file_with_its_very_bytes(world: Any) -> None:
    dataset = world.select(lambda index: index % 2 == 0)
    made = export(dataset, PLAIN)
    kept = dataset.kept()
    found = {p.stem: p for p in Path(made).glob("train/*/*.jpg")}
    assert set(found) == set(kept.column("id").to_pylist())
    for name, image in zip(found, dataset.read_images(list(found)), strict=True):
        assert image is not None
        assert found[name].read_bytes() == image
    assert made.images == {"train": kept.num_rows}
    assert made.written == kept.num_rows


def test_torchvision_reads_it_and_the_mapping_gives_the_labels(world: Any) -> None:
    made = export(world.select(), SPLIT)
    classes = json.loads((made.path / "classes.json").read_text())
    metadata = [
        json.loads(line) for line in (made.path / "metadata.jsonl").read_text().splitlines()
    ]
    labels = {row["id"]: row["label"] for row in metadata}
    for split in ("train", "val"):
        back = {entry["imagefolder_index"][split]: entry["label"] for entry in classes}
        folder = TorchvisionFolder(str(made.path / split))
        assert len(folder) == made.images[split]
        assert [back[i] for _, i in folder.samples] == [
            labels[Path(p).stem] for p, _ in folder.samples
        ]
        assert folder[0][0].size == (8, 8)
    assert [entry["imagefolder_index"]["train"] for entry in classes] == [1, 0]


def test_a_class_without_images_shifts_the_folder_index_and_is_named(
    tmp_path: Path, make: Callable[..., Any]
) -> None:
    world = make(tmp_path / "three", classes=[("ant", "ant"), ("bee", "bee"), ("cat", "cat")])
    world.grow(0, 4, failed=[1, 4, 7, 10])  # every bee
    made = export(world.select(), PLAIN)
    classes = json.loads((made.path / "classes.json").read_text())
    assert [entry["imagefolder_index"]["train"] for entry in classes] == [0, None, 1]
    assert made.notes == ("bee has no image in the export",)
    assert "Without any image:** bee" in (made.path / "README.md").read_text()


def test_validation_gets_its_share_of_each_class(world: Any) -> None:
    world.grow(10, 31)
    made = export(world.select(), SPLIT.model_copy(update={"val_fraction": 0.2}))
    for folder, count in (("zebra", 30), ("ant", 31)):
        assert len(list(made.path.glob(f"val/{folder}/*"))) == round(count * 0.2)


def test_a_second_export_writes_nothing_and_changes_no_byte(world: Any) -> None:
    made = export(world.select(), SPLIT)
    before = listing(made.path)
    again = export(world.dataset, SPLIT)
    assert again.written == 0
    assert listing(again.path) == before


def test_growth_adds_files_and_moves_none(world: Any) -> None:
    made = export(world.select(), SPLIT)
    before = set(listing(made.path))
    world.grow(10, 30)
    again = export(world.select(), SPLIT)
    after = set(listing(again.path))
    assert before < after
    assert again.written == 40
    val = len(list(again.path.glob("val/zebra/*")))
    assert val == round(29 * 0.25)


def test_an_image_that_is_no_longer_kept_is_reported_and_stays(world: Any) -> None:
    made = export(world.select(), PLAIN)
    before = listing(made.path)
    with pytest.raises(DatasetError, match=r"10 of its 19 images are not among.*export-2"):
        export(world.select(lambda index: index < 5), PLAIN)
    assert listing(made.path) == before


def test_a_file_of_somebody_else_among_the_images_is_reported(world: Any) -> None:
    made = export(world.select(), PLAIN)
    shutil.copy(next(made.path.glob("train/ant/*")), made.path / "train/ant/mine.jpg")
    with pytest.raises(DatasetError, match=r"train/ant/mine\.jpg"):
        export(world.dataset, PLAIN)


def test_what_the_system_or_others_put_beside_the_images_is_in_nobodys_way(world: Any) -> None:
    made = export(world.select(), PLAIN)
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._0.jpg", "@eaDir/0.jpg", "notes.txt"):
        (made.path / "train/ant" / name).parent.mkdir(exist_ok=True)
        (made.path / "train/ant" / name).write_text("x")
    (made.path / "Thumbs.db").write_text("x")
    before = listing(made.path)
    assert export(world.dataset, PLAIN).written == 0
    assert listing(made.path) == before


def test_a_folder_that_is_not_ours_is_refused_and_untouched(world: Any) -> None:
    place = Path(world.dataset.path) / "export"
    place.mkdir()
    (place / "thesis.txt").write_text("precious")
    with pytest.raises(DatasetError, match=r"contains thesis\.txt but no export\.json.*export-2"):
        export(world.select(), PLAIN)
    assert listing(place) == {"thesis.txt": b"precious"}


@pytest.mark.parametrize("other", [{"val_fraction": 0.5}, {"seed": 1}])
def test_another_split_of_the_same_images_needs_its_own_folder(
    world: Any, other: dict[str, Any]
) -> None:
    export(world.select(), SPLIT)
    with pytest.raises(DatasetError, match="the split"):
        export(world.dataset, SPLIT.model_copy(update=other))


def test_a_killed_export_goes_on_to_the_same_files(
    world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dataset = world.select()
    whole = export(dataset, SPLIT.model_copy(update={"path": str(tmp_path / "whole")}))
    real, calls = export_folder.replace_file, iter(range(1000))

    def killed(final: Path, data: bytes, aside: Path, durable: bool) -> None:
        if final.suffix == ".jpg" and next(calls) == 7:
            (aside / ".tmp-1-0123abcd").write_bytes(data[:10])
            raise KeyboardInterrupt
        real(final, data, aside, durable)

    monkeypatch.setattr(export_folder, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        export(dataset, SPLIT)
    monkeypatch.undo()
    place = Path(dataset.path) / "export"
    assert json.loads((place / "export.json").read_text())["state"] == "unfinished"
    made = export(dataset, SPLIT)
    assert made.written == whole.written - 7
    assert listing(made.path) == listing(whole.path)


def test_a_file_that_a_power_cut_tore_is_written_again(world: Any) -> None:
    made = export(world.select(), PLAIN)
    torn = next(made.path.glob("train/ant/*"))
    good = torn.read_bytes()
    torn.write_bytes(b"")
    marker = made.path / "export.json"
    marker.write_text(marker.read_text().replace("complete", "unfinished"))
    assert export(world.dataset, PLAIN).written == 1
    assert torn.read_bytes() == good


def test_a_full_disk_is_told_before_anything_is_written(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(place.shutil, "disk_usage", lambda place: usage)
    with pytest.raises(
        DatasetError, match=r"19 images need about 0\.02 GB, but only 0\.00 GB are free"
    ):
        export(world.select(), PLAIN)
    assert not (Path(world.dataset.path) / "export").exists()


def test_without_a_path_each_selection_gets_its_own_folder(world: Any) -> None:
    settings = ImageFolder(kind="imagefolder")
    first = export(world.select(), settings)
    second = export(world.select(lambda index: index < 5), settings)
    assert first.path.parent == second.path.parent == Path(world.dataset.path) / "exports"
    assert first.path != second.path
    assert export(world.dataset, settings).written == 0


def test_a_place_that_cannot_be_written_is_told_in_words(world: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatasetError, match=r"export.json: Not a directory"):
        write_export(
            world.select(), PLAIN.model_copy(update={"path": str(tmp_path / "file" / "out")})
        )


def test_nothing_kept_is_nothing_to_export(world: Any) -> None:
    with pytest.raises(DatasetError, match="no image is kept"):
        export(world.select(lambda index: False), PLAIN)


def test_the_suffix_comes_from_the_stored_path_or_else_from_the_bytes(
    tmp_path: Path, make: Callable[..., Any]
) -> None:
    for suffix, expected in ((".png", ".png"), (".JPEG", ".jpg"), ("", ".jpg")):
        world = make(tmp_path / f"of{suffix}", suffix=suffix)
        world.grow(0, 2)
        made = export(world.select(), PLAIN)
        assert {p.suffix for p in made.path.glob("train/*/*")} == {expected}


def test_the_marker_names_what_was_exported(world: Any) -> None:
    made = export(world.select(), SPLIT)
    marker = json.loads((made.path / "export.json").read_text())
    assert marker["state"] == "complete"
    assert marker["images"] == made.images
    assert marker["classes"] == ["zebra", "ant"]
    grown = made.path.parent / "export" / "train"
    assert (
        sha256(next(grown.glob("ant/*")).read_bytes()) in (made.path / "metadata.jsonl").read_text()
    )
    assert isinstance(Dataset.open(world.dataset.path), Dataset)


def test_a_text_for_each_class_names_its_synset_its_number_and_its_prompts(world: Any) -> None:
    dataset = world.select(lambda index: True)
    entries = dataset.classes()
    dataset.write_json("classes.json", [{**entries[0], "wnid": "n02391049"}, *entries[1:]])
    done = export(dataset, ImageFolder(kind="imagefolder", path="export", class_texts=True))
    texts = Path(done) / "texts"
    first, second = (
        (texts / f"{entry['folder']}.txt").read_text().splitlines() for entry in entries
    )
    assert first[:3] == ["name: zebra", "synset: zebra.n.01", "number: n02391049"]
    assert first[3].startswith("prompt (")
    assert second[:2] == [f"name: {entries[1]['name']}", "synset: none"]


def test_a_kill_at_any_write_of_an_export_leaves_one_that_goes_on(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, kills = world.select(), 0
    wanted = PLAIN.model_copy(update={"path": str(tmp_path / "e")})
    while True:
        try:
            with monkeypatch.context() as killing:
                kill_at(killing, 1 + kills)
                exported = export(dataset, wanted)
            break
        except Killed:
            kills += 3
    assert kills >= 9
    assert sum(exported.images.values()) == dataset.kept().num_rows
    assert not (tmp_path / "e" / ".unfinished").exists()
