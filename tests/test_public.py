"""What `import synthset` offers."""

import inspect
import subprocess
import sys

import pytest

import synthset

HEAVY = ("torch", "numpy", "pyarrow", "pydantic", "PIL")


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, text=True, capture_output=True)


def test_each_name_that_is_offered_is_there_and_says_what_it_is():
    assert dir(synthset) == sorted(synthset.__all__)
    for name in set(synthset.__all__) - {"__version__"}:
        assert getattr(synthset, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'tain'"):
        _ = synthset.tain


def test_nothing_is_loaded_before_it_is_used():
    code = f"import sys, synthset; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code).stdout == "[]\n"


def test_help_loads_no_torch():
    code = "import sys, synthset.cli.app; print('torch' in sys.modules, 'numpy' in sys.modules)"
    assert run(code).stdout == "False False\n"


MODULE, FUNCTION = "from synthset.search.text_search import write_match", "called = synthset.search"


@pytest.mark.parametrize("order", [(MODULE, FUNCTION), (FUNCTION, MODULE)])
def test_a_package_is_called_whatever_was_imported_before(order):
    lines = ("import synthset", *order, "assert called is synthset.search")
    code = "\n".join((*lines, "try: called('nowhere', 'red', limit=1)"))
    error = "except synthset.SynthsetError as fault: print(write_match('red'), fault)"
    assert run(f"{code}\n{error}").stdout.startswith('"red" nowhere: is not a dataset')


@pytest.mark.parametrize(
    ("name", "first"), [("experiment", "experiment"), ("study", "path"), ("search", "dataset")]
)
def test_a_package_that_is_called_shows_its_signature(name, first):
    assert next(iter(inspect.signature(getattr(synthset, name)).parameters)) == first


def test_a_recipe_is_planned_and_changed(tmp_path):
    plan = synthset.plan("demo", tmp_path / "d", ["images_per_class=2"])
    assert not plan.problems
    assert plan.images == 2 * plan.classes
    assert not (tmp_path / "d").exists()
