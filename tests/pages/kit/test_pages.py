"""What holds of every page: each chart says what it shows and in which units, and has its data."""

import re
from collections import Counter
from pathlib import Path

import pytest

import synthset
from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.kit.axes import make_axis_between, make_logarithmic_axis
from synthset.pages.kit.chart import Area, Line, Panel, draw_chart
from synthset.pages.kit.palette import PALETTE, write_palette_css
from synthset.pages.kit.picture import Word

PAGES = Path(synthset.__file__).parent / "pages"
CHART = re.compile(r'<figure class="chart[^"]*">.*?</figure>', re.S)


def panel():
    line = Line([(0, 0.2), (10, 0.4)], "c0", "arm & co", dot=3)
    x, y = make_axis_between("update", 0, 10), make_axis_between("accuracy", 0, 1, share=True)
    return Panel("a panel", x, y, [Area((2, 0), (4, 0.5), "kept"), line], rules=[(4, "limit")])


def drawn():
    return draw_chart(
        "c", "What there is to see", [panel()], size=(200, 100), key=[Line((), "c0", "arm")]
    )


def test_a_chart_has_title_axes_with_units_key_and_ticks():
    words = [mark.text for mark in drawn().marks if isinstance(mark, Word)]
    assert {"What there is to see", "a panel", "update", "accuracy", "arm", "limit"} <= set(words)
    assert {"0", "10", "0 %", "100 %"} <= set(words)


def test_everything_of_a_chart_lies_within_it():
    picture = drawn()
    for mark in picture.marks:
        points = [mark.at] if hasattr(mark, "at") else mark.points
        assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in points)


def test_a_chart_has_its_data_as_a_table_and_escapes_it():
    html = drawn().__html__()
    assert '<table class="unseen"><caption>What there is to see</caption>' in html
    assert "<td>a panel</td><td>arm &amp; co</td><td>10</td><td>0.4</td>" in html


def test_what_lies_beyond_an_axis_is_drawn_at_its_end():
    axis = make_logarithmic_axis("images", [1, 1000])
    assert (axis.part(0.001), axis.part(1e9)) == (0.0, 1.0)
    assert axis.part(31.6) == pytest.approx(0.5, abs=0.01)


def test_every_chart_of_a_report_has_a_title_and_a_table(made):
    charts = CHART.findall(render_dataset_page(*made))
    assert charts
    for one in charts:
        assert re.search('aria-label="[^"]{10,}"', one)
        assert one.count("<tr>") > 1


def test_every_colour_has_one_on_white_and_one_on_black(made):
    light, dark = write_palette_css().split("@media (prefers-color-scheme: dark)")
    html = render_dataset_page(*made)
    used = set(re.findall(r"var\(--([\w-]+)\)", html)) - {"sans", "mono", "shadow", "v"}
    assert used <= set(PALETTE)
    for name in used:
        assert f"--{name}: #" in light
        assert f"--{name}: #" in dark
    assert write_palette_css() in html


def test_no_style_and_no_template_names_a_colour_of_its_own():
    for file in [*PAGES.rglob("*.css"), *PAGES.rglob("*.j2"), *PAGES.rglob("*.js")]:
        found = re.findall(r"#[0-9a-fA-F]{6}\b", file.read_text())
        assert not found, file


def test_files_of_pages_have_names_of_their_own():
    names = Counter(file.name for file in PAGES.rglob("*.py") if file.name != "__init__.py")
    assert [name for name, times in names.items() if times > 1] == []
