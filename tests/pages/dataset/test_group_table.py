"""The page by group: counts, recognition with Wilson's interval, means of what is by class."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from synthset.metrics.statistics.intervals import wilson
from synthset.pages.dataset.dataset_page import page
from synthset.pages.dataset.group_table import GroupTable, by_group, rate_row
from synthset.pages.dataset.records import FinishedRecords
from synthset.pages.dataset.summary import summary
from synthset.results.metric_result import MetricResult
from synthset.store.dataset import Dataset

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
GROUPS = {
    "synsets": {"odd": ["odd.n.01"], "animal": ["animal.n.01", "pet.n.01"], "empty": ["x.n.01"]},
    "members": {"odd": [1], "animal": [0, 1], "empty": []},
    "several": [1],
    "outside": [],
    "unknown": [],
}

DISTANCE = MetricResult(name="FD", of="all", measured_by="clip", better="lower")


def table(dataset: Dataset, groups: dict[str, Any]) -> GroupTable | None:
    dataset.write_json("groups.json", groups)
    seen = FinishedRecords.of(dataset)
    return by_group(dataset, seen, summary(dataset, seen)["classes"], dataset.metrics())


def test_a_class_of_two_groups_counts_in_both(made: Any) -> None:
    found = table(made[0], GROUPS)
    assert found is not None
    assert [(row.name, len(row.classes), row.planned, row.made) for row in found.rows] == [
        ("animal", 2, 16, 14),
        ("odd", 1, 8, 7),
    ]
    assert found.several == [FinishedRecords.of(made[0]).name(1)]


def test_rates_are_wilsons_and_a_failed_image_is_not_recognised(made: Any) -> None:
    found = table(made[0], GROUPS)
    assert found is not None
    both, odd = (row.rates[0] for row in found.rows)
    assert (both.n_all, both.all) == (16, wilson(13, 16))  # 2 failed, 1 is seen as another
    assert (odd.n_all, odd.all) == (8, wilson(7, 8))
    assert (both.n_kept, both.kept) == (8, wilson(7, 8))
    assert (odd.n_kept, odd.kept) == (4, wilson(4, 4))


def test_classes_outside_and_without_synset_stand_apart_at_the_end(made: Any) -> None:
    one = {"synsets": {"pet": ["x"], "gone": ["y"]}, "members": {"pet": [0], "gone": []}}
    found = table(made[0], {**one, "several": [], "outside": [], "unknown": [1]})
    assert found is not None
    assert [row.name for row in found.rows] == ["pet", "no synset"]
    assert found.unknown == 1
    found = table(made[0], {**one, "several": [], "outside": [1], "unknown": []})
    assert found is not None
    assert [row.name for row in found.rows] == ["pet", "none of these"]


def test_a_metric_by_class_is_a_mean_over_the_classes_of_a_group(made: Any) -> None:
    dataset = made[0]
    values = [("key-0", 10.0), ("key-1", 30.0), (None, 99.0)]
    results = [replace(DISTANCE, class_key=key, value=value) for key, value in values]
    dataset.write_json("groups.json", GROUPS)
    seen = FinishedRecords.of(dataset)
    found = by_group(dataset, seen, summary(dataset, seen)["classes"], results)
    assert found is not None
    assert found.metrics == {("FD", "clip"): "lower"}
    assert [row.means for row in found.rows] == [
        {("FD", "clip"): (20.0, None)},
        {("FD", "clip"): (30.0, None)},
    ]


@pytest.mark.parametrize("groups", [None, {**GROUPS, "members": {"odd": [], "animal": []}}])
def test_without_groups_there_is_no_section(made: Any, groups: dict[str, Any] | None) -> None:
    if groups is not None:
        assert table(made[0], groups) is None
    assert 'id="groups"' not in page(*made)


def section(made: Any, groups: dict[str, Any]) -> str:
    made[0].write_json("groups.json", groups)
    found = re.search(r'<section id="groups">.*?</section>', page(*made), re.DOTALL)
    assert found
    return found[0]


def test_the_page_says_which_class_counts_twice(made: Any) -> None:
    text = section(made, GROUPS)
    assert "A class under two groups counts in both: &lt;img src=x" in text
    assert "<small>animal.n.01, pet.n.01</small>" in text
    assert '<a href="#groups">Groups</a>' in page(*made)


def test_the_page_counts_classes_without_a_synset(made: Any) -> None:
    groups = {**GROUPS, "members": {"odd": [1], "animal": [], "empty": []}, "unknown": [0]}
    text = section(made, {**groups, "several": []})
    assert "here none is. 1 class has no synset, and is counted apart." in text


def test_a_group_names_its_classes_for_the_filter_whatever_they_are_called(made: Any) -> None:
    listed = re.findall(r'data-only="([^"]*)"', section(made, GROUPS))
    names = [FinishedRecords.of(made[0]).name(label) for label in (0, 1)]
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
    opened.write_text(with_script(page(*made), script), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [str(CHROMIUM), *flags.split(), profile, "--dump-dom", opened.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title
    first = table(made[0], {**GROUPS, "members": {"odd": [1], "animal": [0]}})
    assert first is not None
    assert set(unescape(title[1]).split("|")) == set(first.rows[0].classes)


def test_a_mean_over_some_classes_of_a_group_says_so(made: Any) -> None:
    results = [
        replace(DISTANCE, of=part, class_key=key, value=value)
        for part, key, value in (
            ("all", "key-0", 10.0),
            ("kept", "key-0", 10.0),
            ("all", "key-1", 30.0),
        )
    ]
    made[0].write_json("groups.json", GROUPS)
    seen = FinishedRecords.of(made[0])
    found = by_group(made[0], seen, summary(made[0], seen)["classes"], results)
    assert found is not None
    over = [row.over["FD", "clip"] for row in found.rows]
    assert over == [("", " over 1 of 2 classes"), ("", "")]
