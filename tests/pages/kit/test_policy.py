"""Pages run the one script that is ours, whatever users wrote."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from synthset.pages.dataset.dataset_page import render_dataset_page
from synthset.pages.dataset.review_page import review_page
from synthset.pages.kit.policy import write_content_policy, write_json

NASTY = "</script><script>alert(1)</script>\u2028<img src=x onerror=alert(2)>'\"&"


def hash_of(text):
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("which", ["report", "review"])
def test_a_page_allows_its_own_script_and_no_other(tmp_path, make, which):
    dataset, recipe = make(tmp_path / "d", ["cat", NASTY])
    verdicts = {"x" * 24: ("drop", NASTY)}
    html = (
        render_dataset_page(dataset, recipe)
        if which == "report"
        else review_page(dataset, verdicts, "all", 9)
    )
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]
    [script] = re.findall(r"<script>(.*?)</script>", html, flags=re.S)
    assert f"script-src {hash_of(script)}" in policy
    assert policy.startswith(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:"
    )
    assert html.index("Content-Security-Policy") < html.index("<title>")
    assert "<img src=x" not in html


def test_the_review_page_allows_its_own_style_and_no_other(tmp_path, make):
    dataset, _ = make(tmp_path / "d", ["cat"])
    html = review_page(dataset, {}, "all", 9)
    [style] = re.findall(r"<style>(.*?)</style>", html, flags=re.S)
    assert f"style-src {hash_of(style)}; " in html
    assert " style=" not in html


def test_data_for_a_script_cannot_end_it():
    assert write_json({"a": "</script>&"}) == '{"a":"\\u003c/script\\u003e\\u0026"}'


def test_a_page_without_script_runs_none():
    assert "style-src 'unsafe-inline'; script-src 'none'" in write_content_policy()
