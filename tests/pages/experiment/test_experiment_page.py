"""The page of an experiment, of trials whose answers are made up."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synthset.cli.experiment import _table as experiment_table
from synthset.metrics.statistics.intervals import Interval, wilson
from synthset.pages.experiment.arms_chart import draw_arms_chart
from synthset.pages.experiment.curve_charts import draw_class_curves
from synthset.pages.experiment.experiment_page import write_experiment_page
from synthset.pages.experiment.experiment_tables import (
    compare_arms,
    describe_training,
    describe_worth,
    list_measures,
)
from synthset.pages.experiment.experiment_words import write_headlines
from synthset.pages.experiment.parts import ExplainedImage, Neighbour, Steps
from synthset.pages.kit.numbers import points
from synthset.pages.kit.picture_files import paint_picture
from synthset.recipe.experiment import Experiment, load_experiment
from synthset.results.benchmark import Measure, Value, summarise
from synthset.results.cue_match import CueMatch
from synthset.results.judgement import Judgement, judge
from synthset.results.source_leak import SourceProbe
from synthset.results.trial import Look, Trial

NASTY = '<img src=x onerror="alert(1)"> & cat'
SEEDS = (0, 1, 2)
SIZES = {"real-10": 10, "real-20": 20, "real-40": 40}


def experiment(focus: str, **changes: Any) -> Experiment:
    arm = {"parts": [{"set": "real"}]}
    mixed = {"name": "mixed", "text": "10 real + sd", "parts": [{"set": "real"}, {"set": "sd"}]}
    content = {
        "name": "pets",
        "description": f"Of {NASTY}",
        "real": {"train": {"kind": "digits"}},
        "focus": [focus],
        "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [*({"name": name, **arm} for name in SIZES), mixed],
        "exchange": {"real": list(SIZES), "with_synthetic": ["mixed"]},
        "seeds": list(SEEDS),
        **changes,
    }
    return load_experiment(content)


def trial(arm: str, seed: int, share: float, count: int) -> Trial:
    """Of each class this share is right, one image more or less by seed."""
    labels = np.repeat(np.arange(count), 20)
    place = np.tile(np.arange(20), count)
    wrong = place >= round(20 * share) + seed - 1
    predicted = np.where(wrong, (labels + 1) % count, labels)
    shares = np.full((len(labels), count), 0.3 / count, dtype=np.float32)
    shares[np.arange(len(labels)), predicted] += 0.7
    real = np.full(count, SIZES.get(arm, 10))
    counts = {"real": real} | ({"sd": np.full(count, 40)} if arm == "mixed" else {})
    looks = [Look(u, 1 / u, 2 / u, 0.5, share * u / 30) for u in (10, 20, 30)]
    return Trial(arm, seed, labels, shares, counts, {}, looks, chosen=20, seconds=3.0)


def world(count: int = 3, seeds: tuple[int, ...] = SEEDS) -> tuple[Experiment, list[Trial], Any]:
    names = [NASTY, *(f"c{i}" for i in range(1, count))]
    shares = {"real-10": 0.5, "real-20": 0.7, "real-40": 0.8, "mixed": 0.65}
    trials = [trial(arm, seed, share, count) for arm, share in shares.items() for seed in seeds]
    return experiment(NASTY, seeds=list(seeds)), trials, names


def png(shade: int) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), shade, np.uint8)).save(sink, "PNG")
    return sink.getvalue()


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text())))


@pytest.fixture(scope="module")
def judged() -> Judgement:
    return judge(*world())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, judged: Judgement) -> Path:
    made, trials, _ = world()
    near = (Neighbour(png(3), "sd", "c1", 0.25),)
    cases = [ExplainedImage("mixed", png(1), NASTY, "c1", (("c1", 0.8),), png(2), near)]
    steps = [Steps("real", (("letterbox", png(9)),))]
    folder = tmp_path_factory.mktemp("report")
    return write_experiment_page(folder, made, judged, trials, steps, cases)


def test_figures_and_tables_lie_beside_the_page(page: Path) -> None:
    names = {file.name for file in (page.parent / "figures").iterdir()}
    for figure in ("arms", "roc", "pr", "reliability", "training", "exchange", "confusion-mixed"):
        assert {f"{figure}.svg", f"{figure}.png"} <= names
    rows = table(page.parent / "arms.csv")
    found = json.loads((page.parent / "judgement.json").read_text())
    assert [row["arm"] for row in rows] == [arm["name"] for arm in found["arms"]]
    assert float(rows[0]["accuracy"]) == found["arms"][0]["whole"]["accuracy"]["value"] == 0.5
    assert len(table(page.parent / "classes.csv")) == 4 * 3


def test_the_page_is_one_file_that_loads_nothing_and_escapes_names(page: Path) -> None:
    html = page.read_text()
    assert "<img src=x" not in html
    assert re.search(r'(src|href)="(?!data:|#)', html) is None
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["classes"][0] == NASTY


def test_inline_figures_take_the_pages_colours(page: Path) -> None:
    html = page.read_text()
    drawn = re.findall(r'<figure class="chart">.*?</figure>', html, re.DOTALL)
    assert len(drawn) == 4 + 4  # four charts, and the curves of three classes and their mean
    for one in drawn:
        assert "var(--ink)" in one
        assert re.search("#[0-9a-f]{6}", one) is None
    assert b"#1d1c1a" in (page.parent / "figures" / "arms.svg").read_bytes()


def test_a_share_of_few_test_images_has_wilsons_interval_beside_it(page: Path) -> None:
    ends = wilson(30, 60)
    assert f"n 60: {100 * ends.low:.1f} to {100 * ends.high:.1f}" in page.read_text()


def test_cases_and_steps_are_shown(page: Path) -> None:
    html = page.read_text()
    assert html.count('class="case wrong"') == 1
    assert "letterbox" in html
    assert "distance 0.25" in html
    assert 'class="made pixels"' in html


def test_the_same_trials_give_the_same_picture(page: Path, judged: Judgement) -> None:
    for suffix in ("svg", "png"):
        again = paint_picture(draw_arms_chart(judged), suffix)
        assert again == (page.parent / "figures" / f"arms.{suffix}").read_bytes()


def test_the_headline_names_the_best_and_the_arms_that_it_beats(judged: Judgement) -> None:
    first = write_headlines(judged)[0]
    assert first.best == "real-40"
    assert first.figure.startswith("80.0 %")
    # All arms vary alike with the seed, so that pairs have no spread, and no test.
    assert "+30.0 points" in first.rest


def test_arms_that_cross_between_seeds_are_not_told_apart() -> None:
    made, _, names = world()
    best = [trial("real-40", s, 0.8, 3) for s in SEEDS]
    crossing = [("real-20", s, x) for s, x in zip(SEEDS, (0.9, 0.75, 0.6), strict=True)]
    behind = [("real-20", s, x) for s, x in zip(SEEDS, (0.3, 0.35, 0.25), strict=True)]

    def beaten(others: list[tuple[str, int, float]]) -> tuple[str, ...]:
        trials = [*best, *(trial(arm, seed, share, 3) for arm, seed, share in others)]
        return judge(made, trials, names).leaders["accuracy"].beaten

    assert (beaten(crossing), beaten(behind)) == ((), ("real-20",))


@pytest.mark.parametrize("seeds", [SEEDS, SEEDS[:1]])
def test_an_experiment_and_a_benchmark_of_it_give_one_verdict(seeds: tuple[int, ...]) -> None:
    made, _, names = world(3, seeds)
    made = made.model_copy(update={"exchange": None})
    shares = {"real-10": (0.3, 0.4, 0.4), "real-20": (0.7, 0.75, 0.75), "mixed": (0.75, 0.7, 0.7)}
    shares |= {"real-40": (0.85, 0.85, 0.85)}
    trials = [trial(arm, seed, each[seed], 3) for arm, each in shares.items() for seed in seeds]
    judged = judge(made, trials, names)
    arms = {one.name: one.text for one in judged.arms}
    right = [(one.probabilities.argmax(axis=1) == one.labels).mean() for one in trials]
    values = [
        Value("base", one.arm, one.seed, float(share), len(one.labels))
        for one, share in zip(trials, right, strict=True)
    ]
    rows = {"base": judged.differences["accuracy"]}
    found = summarise([Measure("base", "accuracy", "base")], values, arms, judged.base, rows)
    assert judged.leaders["accuracy"] == found.leaders["base"]
    assert judged.base in found.leaders["base"].beaten


def test_an_arm_says_what_it_was_trained_on(judged: Judgement) -> None:
    lines = describe_training(judged.arms[-1], judged)
    assert lines == [f"{NASTY}: 10 real + 40 sd", "all: 30 real + 120 sd"]


def test_an_arm_says_who_judged_the_images_that_it_chose(tmp_path: Path) -> None:
    made, trials, names = world()
    content = made.model_dump(mode="json")
    content["arms"][-1]["parts"][1] |= {"per_class": 40, "choose": "recognition"}

    def show(by: str | None) -> tuple[str, str, str]:
        content["arms"][-1]["judge"] = by
        chosen = load_experiment(content)
        found = judge(chosen, trials, names)
        write_experiment_page(tmp_path, chosen, found, trials)
        row = table(tmp_path / "arms.csv")[-1]
        return describe_training(found.arms[-1], found)[-1], row["choices"], row["judge"]

    own = "sd chosen by recognition; judge: trained on its earlier parts"
    assert show(None) == (own, "sd: recognition", "its earlier parts")
    named = "sd chosen by recognition; judge: real-40"
    assert show("real-40") == (named, "sd: recognition", "real-40")
    assert '"judge": "real-40"' in (tmp_path / "judgement.json").read_text()


def test_a_difference_is_coloured_only_beyond_chance(judged: Judgement) -> None:
    made, trials, names = world()
    spread = [trial("mixed", s, x, 3) for s, x in zip(SEEDS, (0.3, 0.9, 0.45), strict=True)]
    clear = [trial("mixed", s, x, 3) for s, x in zip(SEEDS, (0.9, 0.95, 0.9), strict=True)]
    others = [one for one in trials if one.arm != "mixed"]

    def style(mixed: list[Trial]) -> str:
        rows = dict(compare_arms(judge(made, [*others, *mixed], names)))
        return rows["10 real + sd"][0].style

    assert (style(spread), style(clear)) == ("", "better")


def test_the_exchange_rate_is_a_sentence(judged: Judgement) -> None:
    assert judged.exchange is not None
    text = describe_worth(judged.exchange.worths[0])
    assert text.startswith("30 real + 120 synthetic images do as well as 4")
    assert "one synthetic image is worth 0.1" in text


def test_an_unknown_sign_of_a_hair_is_no_sign() -> None:
    assert (points(-0.0001), points(0.012)) == ("0.0", "+1.2")


def small(count: int) -> tuple[Experiment, list[Trial], Any]:
    """One seed of two arms, without looks."""
    made, trials, names = world(count, (1,))
    made = made.model_copy(update={"arms": made.arms[:2], "exchange": None})
    bare = [Trial(t.arm, t.seed, t.labels, t.probabilities, t.counts) for t in trials[:2]]
    return made, bare, names


def test_one_seed_without_looks_makes_a_page_too(tmp_path: Path) -> None:
    made, trials, names = small(3)
    found = judge(made, trials, names)
    html = write_experiment_page(tmp_path, made, found, trials).read_text()
    assert 'id="training"' not in html
    assert "There is one seed" in html


def test_of_many_classes_the_page_shows_the_focus_and_the_worst(tmp_path: Path) -> None:
    made, trials, names = small(60)
    found = judge(made, trials, names)
    html = write_experiment_page(tmp_path, made, found, trials).read_text()
    assert "31 of 60 classes" in html
    assert html.count("<td>c") == 5 * 30  # five measures
    assert len(table(tmp_path / "classes.csv")) == 2 * 60


def test_matched_sets_show_how_well_cues_told_them_before_and_after(tmp_path: Path) -> None:
    made, trials, names = small(3)
    before, after = ({"jpeg": Interval(value, value - 0.01, value + 0.01)} for value in (0.9, 0.52))
    match = CueMatch("sd", 0, ("jpeg",), 40, {"encoded anew": 40}, 2, 0, 30, before, after)
    found = judge(made, trials, names)
    html = write_experiment_page(tmp_path, made, found, trials, matches=[match]).read_text()
    assert "<b>52.0 %</b><small>before 90.0 %</small>" in html
    assert "40 images: 40 encoded anew, 2 left out as unreadable." in html


def test_means_over_some_of_the_classes_say_so_wherever_they_stand() -> None:
    made, trials, names = world(4, seeds=(0,))
    tested = [
        replace(one, labels=one.labels[:60], probabilities=one.probabilities[:60]) for one in trials
    ]
    judged = judge(made, tested, names)
    words = "balanced accuracy over 3 of 4 classes"
    assert words in dict(list_measures(judged)).values()
    assert words in [one.measure for one in write_headlines(judged)]
    assert words in draw_arms_chart(judged).table.headings
    assert draw_class_curves(judged, -1).title.startswith("mean of classes over 3 of 4 classes")
    headings = [column.header for column in experiment_table(judged).columns]
    assert words in headings
    assert not any("over" in text for _, text in list_measures(judge(made, trials, names)))


def test_an_arm_with_a_source_leak_is_marked_and_the_mark_is_explained(tmp_path: Path) -> None:
    made, trials, names = world()
    probe = SourceProbe({0: Interval(0.95, 0.9, 0.98)}, 2)
    draws = {"real": np.array([1, 9, 9]), "sd": np.array([8, 1, 1])}
    trials = [
        replace(one, draws=draws, source_probe=probe) if one.arm == "mixed" else one
        for one in trials
    ]
    found = judge(made, trials, names)
    html = write_experiment_page(tmp_path, made, found, trials).read_text()
    assert html.count(">source leak</span>") == 1
    assert "AUC 95.0 % [90.0, 98.0]; mean over 1 classes with real and generated" in html
    assert "It may have learned the source instead of the class." in html
