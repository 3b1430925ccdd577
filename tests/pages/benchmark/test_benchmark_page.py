"""The page of a benchmark, of figures that are made up."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from synthset.pages.benchmark.benchmark_page import write_benchmark_page
from synthset.pages.benchmark.benchmark_words import format_difference, format_value
from synthset.pages.benchmark.cost_chart import draw_cost_chart
from synthset.pages.benchmark.details import find_grid, make_suites
from synthset.pages.benchmark.headlines import Headline, find_best_arms, write_headlines
from synthset.pages.benchmark.radar_axes import list_unscaled, make_radar_axes, place_on_axes
from synthset.pages.benchmark.radar_chart import compute_outline, draw_radar_charts
from synthset.pages.benchmark.remarks import write_remarks
from synthset.results.benchmark import Benchmark, Cost, Measure, Value, summarise

NASTY = '<img src=x onerror="alert(1)"> & cats'
ACCURACY = Measure("base", "accuracy", "base", note="on 100 images")
CORRUPTED = Measure("corrupted", "corruptions", "synthetic")
KNN = Measure("knn", "kNN", "self-supervised")
CMMD = Measure("cmmd", "CMMD", "statistics", unit="", better="lower")
SKEW = Measure("skew", "skewness", "statistics", unit="", better=None, radar=False)
MEASURES = (ACCURACY, CORRUPTED, KNN, CMMD, SKEW)
NO_CLASS = "no image of: frog"
MEANS = {  # figure -> arm -> mean over seeds
    "base": {"base": 0.6, "near": 0.8, "random": 0.4},
    "corrupted": {"base": 0.3, "near": 0.4, "random": 0.1},
    "knn": {"base": 0.5, "near": 0.45, "random": None},
    "cmmd": {"base": 1.0, "near": 2.0, "random": 4.0},
    "skew": {"base": 0.5, "near": 0.4, "random": 1.5},
}


def value(figure: str, arm: str, seed: int, mean: float | None) -> Value:
    """Seeds differ by a hundredth, and not alike in every set, so that pairs have a spread."""
    if mean is None:
        return Value(figure, arm, seed, None, note=NO_CLASS)
    found = mean + (seed - 1) * 0.01 + (0.002 if arm == "near" and seed == 0 else 0.0)
    parts = {f"blur/{level}": found - 0.02 * level for level in (1, 2)}
    parts |= {f"snow/{level}": found - 0.03 * level for level in (1, 2)}
    return Value(figure, arm, seed, found, 100, details=parts if figure == "corrupted" else {})


def benchmark(
    seeds: tuple[int, ...] = (0, 1, 2), arms: tuple[str, ...] = ("base", "near", "random")
) -> Benchmark:
    texts = {"base": "real", "near": NASTY, "random": "random draw"}
    values = [
        value(figure, arm, seed, means[arm])
        for figure, means in MEANS.items()
        for arm in arms
        for seed in seeds
    ]
    costs = (
        Cost("base", None, None, 1000.0, 2.4e6, None, None, 60.0),
        Cost("near", 20_000, 15_000, 1000.0, 3e6, 90.0, 0.25, 61.0, ("5,000 links were dead",)),
        Cost("random", 1000, 1000, 500.0, 1e6, 1.0, 0.0, 62.0),
    )
    return replace(
        summarise(MEASURES, values, {arm: texts[arm] for arm in arms}, "base"),
        costs=tuple(cost for cost in costs if cost.arm in arms),
        conventions=("Skewness is of the five largest confusions.",),
    )


def write(folder: Path, found: Benchmark) -> Path:
    return write_benchmark_page(folder, found, f"Of {NASTY}", "Three sets.", "name: <bench>\n")


def said(found: Benchmark) -> dict[str, Headline]:
    return {one.lead: one for one in write_headlines(found)}


def cell(page: str, arm: int, column: int) -> str:
    """HTML of a cell of the table: of the training set in this row, in this column of figures."""
    body = page.split('id="table"')[1].split("<tbody>")[1]
    return body.split("</tr>")[arm].split("<td")[2 + column]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("report"), benchmark())


def test_the_headlines_say_who_leads_and_who_is_ahead_beyond_chance() -> None:
    found = said(benchmark())
    assert found["Best mean rank over 3 figures"].main == f"{NASTY}, 1.3 of 3"
    best = found["Highest accuracy"]
    assert best.main.startswith(f"{NASTY}, 80.1 %")
    assert best.rest.startswith(
        "It is significantly better than every other set. Against real (60.0 %)"
    )
    ahead = found["Significantly ahead of real"]
    assert ahead.main == f"{NASTY} in 2 (of 3 figures)"
    # The random draw is behind alike with every seed, which leaves no spread to test with.
    assert ahead.rest.startswith(f"Significantly behind: {NASTY} in 1. Neither: random draw.")


def test_where_all_sets_are_equal_none_is_best() -> None:
    def values(near: float) -> list[Value]:
        return [Value("base", arm, 0, one) for arm, one in (("base", 0.5), ("near", near))]

    def found(near: float) -> Benchmark:
        return summarise([ACCURACY], values(near), {"base": "", "near": ""}, "base")

    assert find_best_arms(found(0.5), ACCURACY) == ()
    assert find_best_arms(found(0.6), ACCURACY) == ("near",)


def test_one_seed_tests_no_difference_and_says_so() -> None:
    found = said(benchmark(seeds=(0,)))
    assert found["Differences from real"].main == "not tested"
    assert found["Highest accuracy"].rest.startswith("Its interval overlaps with no other.")
    assert "not tested" in found["Highest accuracy"].rest
    assert "overlaps with those of" in found["Highest kNN"].rest


def test_what_may_be_chance_has_no_verdict_and_lower_may_be_better() -> None:
    cells = benchmark().cells
    found = {name: cells[name]["near"].difference.verdict for name in ("base", "cmmd", "skew")}
    assert found == {"base": "better", "cmmd": "worse", "skew": "other"}
    constant = cells["base"]["random"].difference  # 0.2 less with every seed: no spread to test
    assert (constant.p, constant.verdict) == (None, None)


def test_a_value_lies_at_its_ratio_to_the_best() -> None:
    found = benchmark()
    axes = {axis.figure.name: axis for axis in make_radar_axes(found)}
    assert list(axes) == ["base", "corrupted", "knn", "cmmd"]
    assert axes["base"].place(0.4) == pytest.approx(0.4 / axes["base"].rim)
    assert axes["base"].best == ("near",)
    assert axes["cmmd"].place(4.0) == pytest.approx(0.25)  # four times the lowest
    assert axes["cmmd"].label == "1 (lowest)"
    assert place_on_axes(found, list(axes.values()), "random")[2] is None


def test_zoomed_the_worst_set_lies_at_a_fifth_of_the_radius() -> None:
    for axis in make_radar_axes(benchmark(), zoomed=True):
        known = [one.figure.value for one in benchmark().cells[axis.figure.name].values()]
        found = sorted(axis.place(one) for one in known if one is not None)
        assert (found[0], found[-1]) == pytest.approx((0.2, 1.0))
        assert "to" in axis.label


def test_an_axis_without_a_positive_best_is_left_out() -> None:
    nothing = [value("base", arm, 1, 0.0) for arm in ("base", "near")]
    found = summarise((ACCURACY,), nothing, {"base": "", "near": ""}, "base")
    assert make_radar_axes(found) == []
    assert list_unscaled(found) == [ACCURACY]


def test_corners_go_clockwise_from_the_top_and_leave_gaps() -> None:
    found = compute_outline([1.0, 0.5, None, 1.0])
    assert found[0] == pytest.approx([0, -1])
    assert found[1] == pytest.approx([0.5, 0])
    assert found[2] is None
    assert found[-1] == pytest.approx(found[0])


def test_a_radar_needs_two_sets_and_three_axes() -> None:
    assert draw_radar_charts(benchmark(arms=("base",)), key=True) == []
    assert [one.name for one in draw_radar_charts(benchmark(), key=True)] == [
        "radar",
        "radar-zoomed",
    ]


def test_mean_ranks_leave_out_figures_that_a_set_has_no_value_in() -> None:
    found = benchmark().ranking
    assert (found.ranked, found.left_out) == (("base", "corrupted", "cmmd"), ("knn",))
    assert found.means == pytest.approx({"base": 5 / 3, "near": 4 / 3, "random": 3.0})


def test_cells_hold_value_interval_difference_and_p(page: Path) -> None:
    text = page.read_text()
    near = html.unescape(cell(text, 1, 0))
    assert '<span class="v top">80.1</span>' in near
    assert '<span class="against chip better">+20.1</span>' in near
    assert "100 test images" in near
    assert "p &lt; 0.001" in cell(text, 1, 0)
    assert "chip" not in cell(text, 0, 0)


def test_a_missing_value_is_a_dash_with_its_reason(page: Path) -> None:
    text = page.read_text()
    assert f'title="{NO_CLASS}"><span class="soft">–</span>' in cell(text, 2, 2)
    first = write_remarks(benchmark())[0]
    assert (first.text, first.figures, first.arms) == (NO_CLASS, ("kNN",), "random draw")
    assert first.missing
    assert "No image of: frog" in text.split('id="notes"')[1]


def test_the_page_is_one_file_that_loads_nothing_and_escapes_names(page: Path) -> None:
    text = page.read_text()
    assert "<img" not in text
    assert "&lt;bench&gt;" in text
    assert re.search(r'(src|href)="(?!data:|#)', text) is None
    assert html.unescape(text).count(NASTY) > 5


def test_json_and_csv_hold_the_numbers(page: Path) -> None:
    cells = benchmark().cells
    found = json.loads((page.parent / "benchmark.json").read_text())
    rows = list(csv.DictReader(io.StringIO((page.parent / "table.csv").read_text())))
    assert [row["arm"] for row in rows] == ["base", "near", "random"]
    for row in rows:
        for figure in MEANS:
            value = cells[figure][row["arm"]].figure.value
            kept = found["cells"][figure][row["arm"]]["figure"]["value"]
            assert kept == (None if value is None else pytest.approx(value, abs=1e-6))
            assert row[figure] == ("" if kept is None else str(round(kept, 6)))
    p = found["cells"]["base"]["near"]["difference"]["p_holm"]
    assert float(rows[1]["base_p"]) == pytest.approx(p, abs=1e-6)
    assert (rows[1]["attempted"], rows[0]["attempted"]) == ("20000", "")
    assert rows[1]["cmmd_rank"] == "2.0"
    assert found["cells"]["corrupted"]["base"]["details"]["blur/1"] == pytest.approx(0.28)


def test_the_same_benchmark_gives_the_same_bytes(page: Path, tmp_path: Path) -> None:
    write(tmp_path, benchmark())
    first = {f.relative_to(page.parent): f for f in page.parent.rglob("*") if f.is_file()}
    again = {f.relative_to(tmp_path): f for f in tmp_path.rglob("*") if f.is_file()}
    assert set(first) == set(again)
    assert {"radar.svg", "radar.png", "cost.svg", "levels.png"} <= {name.name for name in first}
    for name, file in first.items():
        assert file.read_bytes() == again[name].read_bytes(), name


def test_details_are_a_grid_by_level_with_the_mean_first() -> None:
    (suite,) = make_suites(benchmark())
    assert [level.name for level in suite.levels] == ["mean of 1, 2", "1", "2"]
    (name, (real, near, _)), _ = suite.levels[0].rows
    assert (name, real.value, real.best, near.best) == ("blur", "27.0", False, True)
    assert suite.levels[2].rows[1][1][0].value == "24.0"
    assert find_grid(["k = 10", "k = 20"]) is None
    assert find_grid(["a/10", "a/9", "b/9", "b/10"]) == (["a", "b"], ["9", "10"])


def test_costs_stand_in_the_ledger_and_beside_the_first_figure(page: Path) -> None:
    ledger = page.read_text().split('id="costs"')[1]
    assert "20,000" in ledger
    assert "75 % of the attempted" in ledger
    assert 'title="not counted"' in ledger
    assert "1 min 30 s" in ledger
    assert draw_cost_chart(benchmark()) is not None
    assert draw_cost_chart(benchmark(arms=("base", "random"))) is None


def test_one_set_and_twenty_have_a_page(tmp_path: Path) -> None:
    text = write(tmp_path / "one", benchmark(arms=("base",))).read_text()
    assert 'id="radar"' not in text
    assert ">60.0</span>" in text
    assert 'class="v top"' not in text
    names = {"base": "real"} | {f"arm{i}": f"arm {i}" for i in range(19)}
    values = [
        Value(figure, arm, seed, means.get(arm, means["near"]) + seed / 100, 100)
        for figure, means in MEANS.items()
        for arm in names
        for seed in (0, 1, 2)
    ]
    many = summarise(MEASURES, values, names, "base")
    text = write(tmp_path / "many", many).read_text()
    assert text.count('type="checkbox"') == 20
    assert text.count(" checked data-arm") == 4
    assert {"radar.svg", "radar-together.svg"} <= {
        file.name for file in (tmp_path / "many" / "figures").iterdir()
    }


def test_values_are_written_in_the_units_of_their_figure() -> None:
    assert format_value("share", 0.8123) == "81.2 %"
    assert format_value("", 1.23456) == "1.235"
    assert format_value("", None) == "–"
    assert format_difference("share", -0.0123) == "−1.2"
    assert format_difference("", 0.98765) == "+0.988"
