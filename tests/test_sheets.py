"""CSV for people runs nothing in a spreadsheet, and reads back as it was."""

import csv
import io

import pytest

from synthset.errors import RecipeError
from synthset.sheets import read_sheet, write_sheet

TEXTS = [
    "=1+1", "+x", "-x", "@SUM(1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1", "'quoted'", "=", "-",
    "＝1", " =1", "a,b", 'say "x"', "two\nlines", "a\u2028b", " spaced ", "", "-1.5e3", "+49",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_reads_back_and_is_no_formula(text):
    written = write_sheet([text, "note"], [[text, "x"]])
    seen = next(csv.reader(io.StringIO(written, newline="")))[0]
    assert seen[:1] not in tuple("=+-@＝＋－＠\t\r\n") or seen in ("-1.5e3", "+49", "")
    sheet = read_sheet(written, "test")
    assert sheet.columns == (text, "note")
    assert [row[text] for _, row in sheet.rows] == [text]


def test_numbers_stay_numbers():
    assert write_sheet(["a", "b"], [[-1.5, -2], ["-0.25", None]]) == "a,b\n-1.5,-2\n-0.25,\n"


def test_what_is_no_csv_is_named_with_its_line():
    with pytest.raises(
        RecipeError, match=r"test: line 2 is not valid CSV \(field larger than field limit"
    ):
        read_sheet("id\n" + "x" * 200_000, "test")


def test_short_rows_are_filled_and_long_ones_cut():
    assert read_sheet("a,b\n1\n\n1,2,3\n", "test").rows == (
        (2, {"a": "1", "b": ""}),
        (4, {"a": "1", "b": "2"}),
    )
