"""Tables of classes: any case and order of columns, doubled rows, and what can't be read."""

import numpy as np
import pytest

from synthset.errors import DatasetError, UsageError
from synthset.experiment.class_tables import align_classes, read_table

HEADING = (
    "classname,most confused classnames,most confused scores,"
    "accuracy,Precision,Recall,index,Class Count"
)
TENCH = "tench,\"['eel', 'pike']\",\"[0.3, 0.1]\",0.6,0.5,0.6,0,16"
EEL = "eel,['tench'],[0.02],0.98,0.7,0.98,1,400"
PIKE = "pike,[],[],1.0,0.8,1.0,2,0"


def write(path, *lines, heading=HEADING):
    path.write_text("\n".join((heading, *lines)) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path):
    return tmp_path / "oi.csv"


def test_a_table_is_read_in_the_order_of_its_index(place):
    found = read_table(write(place, PIKE, TENCH, EEL))
    assert (found.name, found.names, found.notes) == ("oi", ("tench", "eel", "pike"), ())
    assert found.figures.counts.tolist() == [16, 400, 0]
    assert found.figures.accuracy.tolist() == [0.6, 0.98, 1]
    assert found.figures.precision.tolist() == [0.5, 0.7, 0.8]


def test_case_order_and_further_columns_make_no_difference(place):
    heading = (
        "Unnamed: 0,INDEX,Accuracy,recall,precision,class_count,Most Confused Scores,ClassName"
    )
    lines = ('9,1,0.98,0.98,0.7,400.0,"[0.02]",eel', '8,0,0.6,0.6,0.5,16,"[0.3, 0.1]",tench')
    found = read_table(write(place, *lines, heading="\ufeff" + heading))
    assert found.names == ("tench", "eel")
    assert found.figures.precision.tolist() == [0.5, 0.7]
    assert found.figures.counts.tolist() == [16, 400]


def test_confusions_of_0_are_put_back_but_by_the_published_convention(place):
    others = [f"c{i},[],[],1,1,1,{i},5" for i in range(3, 8)]
    write(place, TENCH, EEL, PIKE, *others)
    full = [0.02, 0, 0, 0, 0]
    skewness = np.mean((np.array(full) - 0.004) ** 3) / np.var(full) ** 1.5
    assert read_table(place).figures.skewness[1] == pytest.approx(skewness) == pytest.approx(1.5)
    assert read_table(place, published=True).figures.skewness[1] == 0


def doubled(place):
    """Two classes named missile, joined by name: four rows."""
    rows = [
        f'missile,[],"{scores}",{share},0.5,{share},{index},{count}'
        for index, count in ((3, 70), (4, 90))
        for share, scores in ((0.2, [0.5, 0.1]), (0.6, [0.3, 0.1]))
    ]
    return write(place, TENCH, EEL, PIKE, *rows)


def test_rows_doubled_by_a_shared_name_are_merged_by_index_and_said(place):
    found = read_table(doubled(place))
    assert found.indices == (0, 1, 2, 3, 4)
    assert found.figures.counts.tolist() == [16, 400, 0, 70, 90]
    np.testing.assert_allclose(found.figures.accuracy[3:], 0.4)
    assert found.notes == (
        "4 rows that appear several times because of shared names are merged by index into "
        "2 classes, each with the mean of its rows: missile",
    )


def test_the_published_convention_keeps_doubled_rows_and_says_so(place):
    found = read_table(doubled(place), published=True)
    assert found.indices == (0, 1, 2, 3, 3, 4, 4)
    assert found.notes == (
        "4 rows of 2 classes appear several times because of shared names: missile",
    )


def test_two_classes_of_one_name_that_stand_once_each_are_two_classes(place):
    found = read_table(write(place, TENCH, TENCH.replace(",0,16", ",7,30")))
    assert found.figures.counts.tolist() == [16, 30]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("cell", "scores"),
    [
        ('"[0.3, 0.1]"', 1),
        ('"(0.3, 0.1)"', 1),
        ('"[0.1, 0.3,]"', 1),
        ('"[3e-1, 1e-1]"', 1),
        ("[]", 0),
    ],
)
def test_lists_are_read_as_json_or_python_writes_them(place, cell, scores):
    row = f"tench,[],{cell},0.6,0.5,0.6,0,16"
    found = read_table(write(place, row, EEL, PIKE, EEL.replace(",1,", ",9,"))).figures.skewness
    alone = np.array([0.3, 0.1, 0]) - 0.4 / 3
    expected = np.mean(alone**3) / np.mean(alone**2) ** 1.5 if scores else 0
    assert found[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    "cell", ["\"__import__('os').getcwd()\"", '"[0.3, 0.1"', '"[0.3, x]"', '"[True]"', "0.3", ""]
)
def test_a_list_that_cannot_be_read_is_named_with_its_line(place, cell):
    write(place, EEL, f"tench,[],{cell},0.6,0.5,0.6,0,16")
    with pytest.raises(DatasetError, match=r"oi.csv, line 3 \(tench\), most confused scores: f"):
        read_table(place)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Class Count", "ClassCounts", "no column 'class count'; is it 'classcounts'?"),
        ("accuracy", "score", "no column 'accuracy'; found: "),
        ("most confused classnames", "ACCURACY", "2 columns 'accuracy'; keep one"),
    ],
)
def test_a_missing_column_is_named_with_the_nearest(place, old, new, said):
    with pytest.raises(DatasetError) as error:
        read_table(write(place, TENCH, EEL, heading=HEADING.replace(old, new)))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            TENCH.replace("0.6,0.5", "61,0.5"),
            r"line 3 \(tench\), accuracy: found '61'; it must be a s",
        ),
        (TENCH.replace("0.6,0.5", "nan,0.5"), "accuracy: found 'nan'; it must be a share"),
        (TENCH.replace(",16", ",1.5"), "class count: found '1.5'; it must be a whole number"),
        (TENCH.replace(",16", ","), "class count: found ''; it must be a number"),
        (
            TENCH.replace("[0.3, 0.1]", "[3, 1]"),
            "most confused scores: found '?3'?; it must be a share",
        ),
        ("tench,[]", "line 3: found 2 cells"),
    ],
)
def test_a_cell_that_cannot_be_is_named_with_its_line(place, row, said):
    with pytest.raises(DatasetError, match=said):
        read_table(write(place, EEL, row))


def test_an_index_with_two_counts_or_two_names_is_refused(place):
    with pytest.raises(DatasetError, match="lines 2 and 3: index 0 has the class counts 16 and 17"):
        read_table(write(place, TENCH, TENCH.replace(",16", ",17")))
    with pytest.raises(DatasetError, match="index 0 is 'tench' and 'crab'"):
        read_table(write(place, TENCH, TENCH.replace("tench", "crab")))


def test_a_file_that_is_no_table_is_refused(place):
    place.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="can't be read as a CSV table"):
        read_table(place)
    with pytest.raises(DatasetError, match="contains fewer than two classes"):
        read_table(write(place, TENCH))


def test_a_baseline_is_put_in_order_and_what_it_lacks_is_said(place, tmp_path):
    table = read_table(write(place, TENCH, EEL, PIKE))
    other = EEL.replace("eel", "conger").replace(",400", ",7")
    baseline = read_table(write(tmp_path / "in.csv", other, TENCH))
    figures, notes = align_classes(table, baseline)
    np.testing.assert_equal(figures.counts, [16, 7, np.nan])
    assert notes == (
        "baseline in lacks 1 of 3 classes, which correlations leave out",
        "baseline in gives other names to index 1 ('eel' and 'conger')",
    )


def test_a_baseline_of_other_classes_is_refused(place, tmp_path):
    table = read_table(write(place, TENCH, EEL))
    far = [row.replace(",2,0", f",{i},0") for i, row in enumerate([PIKE, PIKE], start=8)]
    with pytest.raises(UsageError, match="baseline in: contains no index of oi"):
        align_classes(table, read_table(write(tmp_path / "in.csv", *far)))
