"""The page by group."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from synthset.metrics.statistics.intervals import wilson
from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.rate_row import rate_row
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.groups import GroupTable, make_group_table
from synthset.results.dataset.summary import summarise
from synthset.store.dataset import Dataset

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
GROUPS = {
    "synsets": {"odd": ["odd.n.01"], "animal": ["animal.n.01", "pet.n.01"], "empty": ["x.n.01"]},
    "members": {"odd": [1], "animal": [0, 1], "empty": []},
    "several": [1],
    "outside": [],
    "unknown": [],
}


def table(dataset: Dataset, groups: dict[str, Any]) -> GroupTable | None:
    dataset.write_json("groups.json", groups)
    seen = FinishedRecords.of(dataset)
    return make_group_table(dataset, seen, summarise(dataset, seen)["classes"], dataset.metrics())


@pytest.mark.parametrize("groups", [None, {**GROUPS, "members": {"odd": [], "animal": []}}])
def test_without_groups_there_is_no_section(made: Any, groups: dict[str, Any] | None) -> None:
    if groups is not None:
        assert table(made[0], groups) is None
    assert 'id="groups"' not in render_dataset_page(*made)


def section(made: Any, groups: dict[str, Any]) -> str:
    made[0].write_json("groups.json", groups)
    found = re.search(r'<section id="groups">.*?</section>', render_dataset_page(*made), re.DOTALL)
    assert found
    return found[0]


def test_the_page_says_which_class_counts_twice(made: Any) -> None:
    text = section(made, GROUPS)
    assert "A class in two groups counts in both: &lt;img src=x" in text
    assert "<small>animal.n.01, pet.n.01</small>" in text
    assert '<a href="#groups">Groups</a>' in render_dataset_page(*made)


def test_the_page_counts_classes_without_a_synset(made: Any) -> None:
    groups = {**GROUPS, "members": {"odd": [1], "animal": [], "empty": []}, "unknown": [0]}
    text = section(made, {**groups, "several": []})
    assert "No class is in two groups. 1 class has no synset and is counted separately." in text


def test_a_group_names_its_classes_for_the_filter_whatever_they_are_called(made: Any) -> None:
    listed = re.findall(r'data-only="([^"]*)"', section(made, GROUPS))
    names = [FinishedRecords.of(made[0]).name_class(label) for label in (0, 1)]
    assert [json.loads(unescape(text)) for text in listed] == [names, names[1:]]


def test_an_interval_stands_where_it_lies(made: Any) -> None:
    found = table(made[0], GROUPS)
    assert found is not None
    drawn = rate_row(found.rows[0].rates[0])
    low = wilson(13, 16).low
    assert f'x="{100 * low:.2f}%"' in drawn


def test_a_dataset_of_plain_names_has_a_row_for_those_without_synset(
    tmp_path: Path, make: Any
) -> None:
    made = make(tmp_path / "d", ["airplane", "x9"])
    groups = {"synsets": {"vehicle": ["vehicle.n.01"]}, "members": {"vehicle": [0]}}
    text = section(made, {**groups, "several": [], "outside": [], "unknown": [1]})
    assert "no synset</button>" in text


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_click_on_a_group_leaves_its_classes_only(
    made: Any, tmp_path: Path, with_script: Any
) -> None:
    made[0].write_json("groups.json", {**GROUPS, "members": {"odd": [1], "animal": [0]}})
    script = (
        "document.querySelectorAll('button.only')[0].click();"
        "document.title = [...document.querySelectorAll('[data-class]')]"
        ".filter((part) => !part.hidden).map((part) => part.dataset.class).join('|')"
    )
    opened = tmp_path / "opened.html"
    opened.write_text(with_script(render_dataset_page(*made), script), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [str(CHROMIUM), *flags.split(), profile, "--dump-dom", opened.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title
    first = table(made[0], {**GROUPS, "members": {"odd": [1], "animal": [0]}})
    assert first is not None
    assert set(unescape(title[1]).split("|")) == set(first.rows[0].classes)
