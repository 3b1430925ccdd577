"""A run with nothing new leaves page and exports alone, and makes them again when anything changes
that they show."""

import shutil

import pytest
from tests.engine.shapes import recipe

import synthset
from synthset.engine import finished
from synthset.machine import Silent

EXPORTS = [
    {"kind": "imagefolder", "path": "exports/folders"},
    {"kind": "webdataset", "path": "exports/tars"},
    {"kind": "npy", "path": "exports/arrays"},
]
PAGE = "report/index.html"
PLACES = [each["path"] for each in EXPORTS]
IMAGE = "exports/folders/train/*/*"


class Heard(Silent):
    def __init__(self):
        self.said = []

    def say(self, words):
        self.said.append(words)


def run(folder, *changes, exports=EXPORTS, **content):
    """Run; what was left alone, and what was said."""
    bar = Heard()
    dataset = synthset.run(recipe(*changes, exports=exports, **content), folder, bar=bar)
    return dataset.events()[-1]["unchanged"], bar.said


def contents(folder):
    """Content and time of the last change of each file that a user may look at."""
    files = [file for part in ("report", "exports") for file in (folder / part).rglob("*")]
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files if file.is_file()}


def bytes_below(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def first(folder, pattern):
    return sorted(folder.glob(pattern))[0]


@pytest.fixture
def made(tmp_path):
    assert run(tmp_path / "d") == ([], [])
    return tmp_path / "d"


def test_a_run_with_nothing_new_leaves_page_and_exports_alone(made):
    before = contents(made)
    assert run(made) == ([PAGE, *PLACES], [])
    assert contents(made) == before


def damage(file):
    """Change a byte: size and name stay."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "again"),
    [
        (lambda made: (made / PAGE).unlink(), PAGE),
        (lambda made: damage(made / PAGE), PAGE),
        (lambda made: shutil.rmtree(made / "exports/folders"), "exports/folders"),
        (lambda made: first(made, IMAGE).unlink(), "exports/folders"),
        (lambda made: damage(first(made, IMAGE)), "exports/folders"),
        (lambda made: first(made, IMAGE).write_bytes(b""), "exports/folders"),
        (lambda made: damage(made / "exports/folders/metadata.jsonl"), "exports/folders"),
        (lambda made: damage(first(made, "exports/tars/data/*.tar")), "exports/tars"),
        (lambda made: first(made, "exports/tars/data/*.tar").unlink(), "exports/tars"),
        (lambda made: damage(first(made, "exports/arrays/*images.npy")), "exports/arrays"),
    ],
)
def test_what_was_damaged_is_named_and_made_again(made, harm, again):
    before = bytes_below(made / "exports")
    harm(made)
    unchanged, said = run(made)
    assert unchanged == [name for name in [PAGE, *PLACES] if name != again]
    assert said == [f"{again}: changed or removed since it was written; it is written again"]
    assert bytes_below(made / "exports") == before
    assert (made / PAGE).read_text().endswith("</html>")
    assert run(made) == ([PAGE, *PLACES], [])


def test_a_card_that_a_person_has_changed_stays(made):
    card = made / "exports/folders/README.md"
    card.write_text("mine")
    assert "exports/folders" not in run(made)[0]
    assert card.read_text() == "mine"
    assert run(made)[0] == [PAGE, *PLACES]


def test_an_image_that_is_not_ours_is_refused_as_before(made):
    shutil.copy(first(made, IMAGE), first(made, IMAGE).with_name("other.png"))
    with pytest.raises(synthset.SynthsetError, match="not among the 24 kept ones"):
        run(made)


@pytest.mark.parametrize(
    "changes",
    [{"exports": [{"kind": "imagefolder", "val_fraction": 0.5}]}, {"images_per_class": 9}],
)
def test_other_settings_make_page_and_exports(made, changes):
    own = [{"kind": "imagefolder"}]
    run(made, exports=own)
    unchanged, said = run(made, **{"exports": own, **changes})
    assert (unchanged, said) == ([], [])
    assert run(made, **{"exports": own, **changes})[0][0] == PAGE


def test_a_limit_and_a_verdict_make_another_page_and_another_export(made, tmp_path):
    own = [{"kind": "imagefolder"}]
    run(made, exports=own)
    image = synthset.open(made).records().column("id")[0].as_py()
    review = tmp_path / "review.csv"
    for verdict in ("keep", "drop"):
        review.write_text(f"id,verdict,note\n{image},{verdict},\n")
        asked = {"exports": own, "selection": {"review": str(review)}}
        assert run(made, **asked)[0] == []
        assert len(run(made, **asked)[0]) == 2
    assert run(made, exports=own, selection={"target_per_class": 2})[0] == []


def test_other_code_of_pages_and_exports_makes_them_again(made, monkeypatch):
    monkeypatch.setattr(finished, "hash_code", lambda: "of another version")
    assert run(made) == ([], [])


def test_all_code_of_pages_and_exports_counts(tmp_path, monkeypatch):
    package = tmp_path / "synthset"
    for part in finished.PARTS:
        (package / part / "below").mkdir(parents=True)
    monkeypatch.setattr(finished, "__file__", str(package / "engine/finished.py"))
    hashes = set()
    for name in ("pages/below/page.html.j2", "export/card.md.j2", "results/summary.py"):
        finished.hash_code.cache_clear()
        hashes.add(finished.hash_code())
        (package / name).write_text("else")
    finished.hash_code.cache_clear()
    hashes.add(finished.hash_code())
    finished.hash_code.cache_clear()
    assert len(hashes) == 4


def test_damaged_marks_make_all_again(made):
    (made / finished.MARKS).write_text("{")
    assert run(made) == ([], [])
    assert run(made)[0] == [PAGE, *PLACES]
