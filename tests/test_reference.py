"""The pages of docs/reference/ say what schema, docstrings and help say now."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def load_script():
    path = ROOT / "scripts" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_reference_is_what_its_script_writes_now():
    there = {path.name: path.read_text() for path in (ROOT / "docs/reference").iterdir()}
    written = {name: text.rstrip() + "\n" for name, text in load_script().pages().items()}
    stale = sorted(name for name in written | there if written.get(name) != there.get(name))
    assert stale == [], "run `python scripts/build_reference.py`"
