from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml

from synthset.export.card import _metrics, count_reasons, escape_words
from synthset.export.imagefolder import export
from synthset.formats.listed import Listed
from synthset.formats.manifest import FORMAT, Passed, make_manifest
from synthset.recipe.exports import ImageFolder
from synthset.results.metric_result import MetricResult

SPLIT = ImageFolder(kind="imagefolder", path="export", val_fraction=0.25)


@pytest.fixture
def place(world: Any) -> Path:
    return Path(export(world.select(lambda index: index < 8), SPLIT))


def test_the_front_matter_is_what_hugging_face_reads(place: Path) -> None:
    front = yaml.safe_load((place / "README.md").read_text().split("---\n")[1])
    assert front["license"] == "unknown"
    assert front["task_categories"] == ["image-classification"]
    assert front["size_categories"] == ["n<1K"]
    assert "synthetic" in front["tags"]
    assert [part["split"] for part in front["configs"][0]["data_files"]] == ["train", "validation"]


def test_the_card_says_what_how_how_many_and_how_good(place: Path) -> None:
    text = (place / "README.md").read_text()
    for said in (
        "Every image here is synthetic",
        "| model | some/model |",
        "| guidance_scale | 3.0 |",
        "Of 20 planned images, 19 were made and 15 kept.",
        "| flagged | 1 |",
        "| FID (lower is better) | 31.25 (n = 20) | 24.5 (n = 20) | Inception-v3 | cifar10-train |",
        "> n is small",
        "| 0 | zebra | `zebra` | 5 | 2 |",
        "Labels and folder order differ",
    ):
        assert said in text, said


def test_words_of_users_cannot_break_the_card(place: Path) -> None:
    assert "ant &lt;b&gt;\\|" in (place / "README.md").read_text()
    assert escape_words("a|b\n<script> [x](y)") == "a\\|b &lt;script&gt; \\[x\\](y)"


def test_the_commands_of_the_card_run(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    blocks = re.findall(r"```python\n(.*?)```", (place / "README.md").read_text(), re.DOTALL)
    first: dict[str, Any] = {}
    exec(blocks[0], first)
    assert {first["train"][i][1] for i in range(len(first["train"]))} == {0, 1}
    assert first["train"][0][1] == 1  # the first folder is the ant's, whose label is 1
    second: dict[str, Any] = {}
    exec(blocks[1], second)
    assert second["dataset"]["train"].num_rows == 11


def test_reasons_are_counted_without_each_images_value(world: Any) -> None:
    dataset = world.select(lambda index: index < 8)
    assert count_reasons(dataset.records()) == [("clip_score < 22", 4), ("flagged", 1)]


def test_a_card_that_was_changed_by_hand_stays(place: Path, world: Any) -> None:
    mine = (place / "README.md").read_text().replace("license: unknown", "license: mit")
    (place / "README.md").write_text(mine)
    assert export(world.dataset, SPLIT).notes[0].endswith("the new card is README.new.md")
    assert (place / "README.md").read_text() == mine
    assert "license: unknown" in (place / "README.new.md").read_text()


def test_a_mean_over_some_of_the_classes_says_so() -> None:
    rate = MetricResult(name="rate", of="kept", measured_by="m", value=0.5, n=20)
    one = replace(rate, over=" over 3 of 4 classes")
    assert _metrics([one])[0]["kept"] == "0.5 over 3 of 4 classes (n = 20)"


def test_the_card_says_what_the_source_held_and_what_was_passed_over(world: Any) -> None:
    dataset, passed = world.select(), Passed(read=["/pets/labels.csv"])
    for name in ("a.heic", "b.heic"):
        passed.add(FORMAT, f"/pets/{name}")
    dataset.write_table("manifests/1.parquet", make_manifest([Listed("/pets/0.png")], passed))
    dataset.write_view(replace(dataset.view, manifest="manifests/1.parquet"))
    dataset.log({"event": "run", "found": ["found: all"]})
    text = (Path(export(dataset, SPLIT)) / "README.md").read_text()
    assert (
        "The source contained 1 image + 1 file read + 2 passed over = 4 files. Passed over:" in text
    )
    assert "Passed over: 2 × file of a format that is not read.\n\n" in text
