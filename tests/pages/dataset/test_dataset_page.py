from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from synthset.pages.dataset.dataset_page import render_dataset_page, write_report
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import View

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "img", "input", "br"}


class Reader(HTMLParser):
    """Collects a page's tags, and checks that they close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def images(self) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == "img" and attrs.get("src")]


@pytest.fixture
def html(made: Any) -> str:
    return render_dataset_page(*made)


def test_the_page_is_written_into_the_dataset(made: Any) -> None:
    place = write_report(*made)
    assert place == f"{made[0].path}/report/index.html"
    assert Path(place).read_text(encoding="utf-8") == render_dataset_page(*made)


def test_every_section_is_there_and_every_tag_closes(html: str) -> None:
    reader = Reader(html)
    assert reader.open == []
    found = [attrs.get("id") for tag, attrs in reader.tags if tag == "section"]
    assert found == [
        "funnel",
        "kept",
        "rejected",
        "scores",
        "recognition",
        "metrics",
        "cost",
        "faults",
        "recipe",
    ]
    links = {attrs["href"] for tag, attrs in reader.tags if tag == "a"}
    assert {f"#{name}" for name in found} - {"#faults"} == links - {"#note-1"}
    assert {"id": "note-1", "class": "warning"} in [attrs for _, attrs in reader.tags]


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    for tag, attrs in Reader(html).tags:
        for name in ("src", "href", "srcset", "xlink:href", "action"):
            value = attrs.get(name)
            assert value is None or value.startswith(("data:image/", "#")), (tag, value)
    assert "url(" not in html.replace('content="default-src', "")
    assert "default-src 'none'" in html


def test_what_users_wrote_cannot_become_a_tag(html: str) -> None:
    reader = Reader(html)
    assert "onerror" not in {name for _, attrs in reader.tags for name in attrs}
    assert (
        len(reader.images()) == len([a for t, a in reader.tags if t == "img"]) - 1
    )  # the dialog's
    assert any('<img src=x onerror="alert(1)"> & co' in words for words in reader.words)


def test_each_image_tells_prompt_seed_scores_and_reason(html: str) -> None:
    titles = [str(image["title"]) for image in Reader(html).images()]
    assert len(titles) == 8 + 6
    rejected = next(title for title in titles if "reason: clip_score 18.25 < 20" in title)
    for said in (
        "class: zebra",
        "prompt: a photo of a zebra, number 1",
        "seed: 1",
        "clip_score: 18.25",
        "size: 16 × 16",
    ):
        assert said in rejected
    assert all(line.count(": ") >= 1 for title in titles for line in title.splitlines())


def test_rejected_images_are_grouped_and_captioned_with_their_value(html: str) -> None:
    section = html.split('id="rejected"')[1].split("</section>")[0]
    assert re.findall(r"<h3>(.*?)</h3>", section) == [
        "clip_score &lt; 20",
        "quality_issue is dark",
        "same bytes as another image",
    ]
    assert "<figcaption>18.25 · zebra</figcaption>" in section
    assert "flagged" not in section


def test_limits_metrics_warnings_and_versions_are_told(html: str) -> None:
    for said in (
        "min 20",
        "The same for every image: quality aspect (1)",
        'chip better">20 % better',
        "all, kept, rejected: n is small",
        "<code>clip_score</code>",
        "synthset run recipe.yaml -o toy",
        "<dt>torch</dt><dd>2.8</dd>",
        "target_per_class: 4",
    ):
        assert said in html, said


def test_small_images_are_shown_as_pixels_and_large_ones_are_not(tmp_path: Path, make: Any) -> None:
    for side, pixels in ((16, True), (160, False)):
        html = render_dataset_page(*make(tmp_path / str(side), ["cat"], side=side))
        assert all((image.get("class") == "pixels") == pixels for image in Reader(html).images())


def test_the_page_is_the_same_twice(made: Any) -> None:
    assert render_dataset_page(*made) == render_dataset_page(*made)


def test_a_page_without_selection_scores_metrics_or_events_is_whole(made: Any) -> None:
    dataset, recipe = made
    dataset.write_view(View("plan", "images-1"))
    (Path(dataset.path) / "run.jsonl").unlink()
    html = render_dataset_page(dataset, recipe)
    reader = Reader(html)
    assert reader.open == []
    found = [attrs.get("id") for tag, attrs in reader.tags if tag == "section"]
    assert found == ["funnel", "kept", "faults", "recipe"]
    assert len(reader.images()) == 14


def test_nothing_kept_is_a_page_too(tmp_path: Path, make: Any, recipe_of: Any) -> None:
    steps = [{"kind": "limits", "limits": {"clip_score": {"min": 99}}}]
    made = make(tmp_path / "none", ["cat"], recipe=recipe_of(["cat"], selection={"steps": steps}))
    html = render_dataset_page(*made)
    assert "No image kept of 1 class:</b> cat" in html
    assert 'id="kept"' not in html


def test_many_classes_make_a_bounded_page(tmp_path: Path, make: Any, recipe_of: Any) -> None:
    names = [f"class {i}" for i in range(300)]
    shown = {"gallery_per_class": 2, "max_classes": 40, "rejected": 12}
    dataset, recipe = make(
        tmp_path / "many", names, each=6, side=8, recipe=recipe_of(names, report=shown)
    )
    html = render_dataset_page(dataset, recipe)
    assert len(Reader(html).images()) == 2 * 40 + 12
    assert "40 of 300 classes are shown" in html
    assert "270 more classes" in html
    assert len(html) < 1_500_000


def test_the_columns_that_selected_are_named(recipe_of: Any) -> None:
    recipe: Recipe = recipe_of(["cat"])
    assert recipe.selection.columns == ["clip_score", "quality_issue"]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_runs_the_page_without_complaint(
    made: Any, tmp_path: Path, with_script: Any
) -> None:
    click = "document.querySelector('.sheet img').click()"
    opened = tmp_path / "opened.html"
    opened.write_text(with_script(render_dataset_page(*made), click), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    flags += " --disable-background-networking --disable-component-update --enable-logging=stderr"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [str(CHROMIUM), *flags.split(), profile, "--dump-dom", opened.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "CONSOLE" not in done.stderr
    assert "<dialog open" in done.stdout
    assert "<dt>prompt</dt><dd>a photo of a zebra" in done.stdout


def test_what_a_variable_held_is_in_no_page_and_no_log(
    tmp_path: Path, make: Any, recipe_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "/very/secret")
    dataset, recipe = make(
        tmp_path / "d", ["cat"], recipe=recipe_of(["cat"], description="${WHERE}")
    )
    assert recipe.description == "/very/secret"
    dataset.log({"event": "note", "fault": "/very/secret/cat.png is gone"})
    html = render_dataset_page(dataset, recipe)
    assert '<p class="lead">${WHERE}</p>' in html
    assert "secret" not in html + dataset.read_text("run.jsonl") + dataset.read_text("recipe.yaml")


def test_a_mean_over_some_of_the_classes_says_so(made: Any, monkeypatch: Any) -> None:
    found = [replace(one, over=" over 1 of 2 classes") for one in made[0].metrics()]
    monkeypatch.setattr(type(made[0]), "metrics", lambda _: found)
    assert "<small>n = 16 over 1 of 2 classes</small>" in render_dataset_page(*made)


@pytest.mark.parametrize(("flags", "said"), [(True, "12 %"), (False, "Nothing was blanked")])
def test_there_is_a_section_of_safety_only_where_a_checker_looked(
    made: Any, flags: bool, said: str
) -> None:
    dataset, recipe = made
    assert 'id="safety"' not in render_dataset_page(dataset, recipe)
    images = dataset.read("images-1")
    nsfw = pa.array([flags and row in (2, 5) for row in range(images.num_rows)], pa.bool_())
    place = images.column_names.index("nsfw")
    dataset.write_cell("images-2", 0, images.set_column(place, "nsfw", nsfw))
    dataset.write_view(replace(dataset.view, images="images-2"))
    html = render_dataset_page(dataset, recipe)
    assert '<a href="#safety">' in html
    section = html.split('<section id="safety">')[1].split("</section>")[0]
    assert said in section
