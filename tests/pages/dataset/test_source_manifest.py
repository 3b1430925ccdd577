"""The page says what the source held."""

from dataclasses import replace

from synthset.formats.listed import Label, Listed
from synthset.formats.manifest import FORMAT, UNREADABLE, Passed, make_manifest
from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.source_manifest import describe_source

ODD = "<b>a</b>.heic"


def keep(dataset):
    passed = Passed(read=["/pets/labels.csv"])
    for i in range(7):
        passed.add(FORMAT, f"/pets/{i}{ODD}")
    passed.add(UNREADABLE, "/pets/0.json", "line 1 is no JSON")
    images = [Listed(f"/pets/{i}.png", Label("cat"), content=str(i)) for i in range(3)]
    dataset.write_table("manifests/1.parquet", make_manifest(images, passed))
    dataset.write_view(replace(dataset.view, manifest="manifests/1.parquet"))
    dataset.log({"event": "run", "change": "2 added, 1 gone", "found": ["found: …"]})


def test_totals_reasons_and_changes_stand_there(made):
    dataset, recipe = made
    assert describe_source(dataset) is None
    assert 'id="found"' not in render_dataset_page(dataset, recipe)
    keep(dataset)
    seen = describe_source(dataset)
    assert seen["totals"] == "3 images + 1 file read + 8 passed over = 12 files"
    assert [(one["n"], len(one["examples"])) for one in seen["reasons"]] == [(7, 5), (1, 1)]
    html = render_dataset_page(dataset, recipe)
    for words in (seen["totals"], "2 added, 1 gone", "manifests/1.parquet", "line 1 is no JSON"):
        assert words in html
    assert ODD not in html  # names of files are texts, not markup
    assert "&lt;b&gt;a&lt;/b&gt;.heic" in html
