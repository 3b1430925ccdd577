"""What stands at the end of a run."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from shapes import CONTENT

import synthset
from synthset.cli.closing import (
    count_by_class,
    count_failures,
    name_empty_classes,
    refuse_failures,
    show_closing_table,
    show_slice,
    tabulate_metrics,
)
from synthset.errors import StageError
from synthset.recipe.recipe import load_recipe
from synthset.results.dataset.summary import summarise
from synthset.results.metric_result import MetricResult
from synthset.store.slices import Slice


def shown(table):
    out = StringIO()
    Console(file=out, width=120).print(table)
    cells = [line.strip("│ \n").split("│") for line in out.getvalue().splitlines()]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells}


def result(name, value, **more):
    return MetricResult(name=name, of="all", measured_by="m", value=value, **more)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    content = {
        **CONTENT,
        "encoders": {"pixels": {"kind": "pixels", "size_px": 2}},
        "metrics": [{"kind": "vendi", "encoder": "pixels"}],
        "selection": {"steps": [{"kind": "random", "per_class": 5}], "target_per_class": 4},
    }
    return synthset.run(content, tmp_path_factory.mktemp("closing") / "d")


def test_the_closing_table_has_the_reports_numbers(dataset):
    rows = shown(count_by_class(dataset, 12.3))
    numbers = summarise(dataset)
    assert rows["star"] == ["8", "8", "5", "4", "0"]
    assert rows["all 3"] == [str(numbers[p]) for p in ("planned", "made", "passed", "kept")] + ["0"]


def test_metrics_stand_in_a_row_with_their_intervals(dataset):
    (row,) = [cells for name, cells in shown(tabulate_metrics(dataset)).items() if "Vendi" in name]
    whole = next(m for m in dataset.metrics() if m.of == "all")
    assert row[0].startswith(f"{whole.value:.3g} [{whole.interval.low:.3g}, ")
    assert row[1] != "–"


def test_the_report_comes_last(dataset, capsys):
    show_closing_table(dataset, 1.0)
    assert capsys.readouterr().out.rstrip().endswith("report/index.html")


def test_a_metric_against_two_references_stands_in_two_rows():
    class Measured:
        def metrics(self):
            return [result("FD", 2.0, reference="train"), result("FD", 3.0, reference="test")]

    rows = shown(tabulate_metrics(Measured()))
    assert rows["FD against train"][0] == "2"
    assert rows["FD against test"][0] == "3"


def test_metrics_that_failed_are_named_and_a_failure():
    lost = result("kid", None, failed="ValueError: no")
    refuse_failures([result("fid", 1.0)])
    with pytest.raises(
        StageError, match=r"failed metrics: 1;.*\n  kid \(all, kept\): ValueError: no"
    ):
        refuse_failures([lost, replace(lost, of="kept")])


def test_failures_of_any_stage_are_counted_with_their_reasons():
    failed = {"images": ["/a.png: torn", "/b.png: torn"], "scores/quality": ["odd"]}
    assert shown(count_failures(failed))["images"] == ["2", "2 × /a.png: torn"]
    assert shown(count_failures(failed))["scores/quality"] == ["1", "1 × odd"]


def test_empty_classes_and_an_empty_selection_are_said(dataset):
    numbers = summarise(dataset)
    assert list(name_empty_classes(numbers)) == []
    first, *others = numbers["classes"]
    none = {"made": 0, "kept": 0}
    dropped = [{"step": "0 limits", "reason": "score < 2", "n": 16}]
    empty = numbers | {
        "classes": [first | none, *(row | {"kept": 0} for row in others)],
        "kept": 0,
        "dropped": dropped,
    }
    assert list(name_empty_classes(empty)) == [
        "no image of 1 of 3 classes: 'circle'",
        "nothing is kept of 2 of 3 classes: 'square', 'star'",
        "nothing is kept: 16 × score < 2 (0 limits); change the selection, or read the report",
    ]


def test_a_mean_over_some_of_the_classes_says_so():
    class Measured:
        def metrics(self):
            return [result("rate", 0.5, over=" over 3 of 4 classes")]

    assert shown(tabulate_metrics(Measured()))["rate"][0] == "0.5 over 3 of 4 classes"


def test_a_slice_says_what_it_has_and_what_is_left_to_the_whole(tmp_path, capsys):
    quota = ["selection.target_per_class=9", "selection.max_rounds=1", "source.fail_every=2"]
    asked = load_recipe(CONTENT, quota)
    show_slice(synthset.run(asked, tmp_path / "d", shards="0/2"), asked, Slice(0, 2))
    said = capsys.readouterr()
    assert "slice 0/2: 2 of 3 shards are finished" in said.out
    assert "images" in said.out, "which failed"
    assert "without --shards selects, plans and makes quota rounds and exports" in " ".join(
        said.err.split()
    )
