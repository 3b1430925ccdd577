"""A notebook shows how far work is without being asked; a program does not."""

import subprocess
import sys

WORK = """
import sys, types
from synthset.notebook_bar import default_bar
{notebook}
bar = default_bar()
bar.start("images", 4)
bar.advance(3)
bar.say("warning: few")
bar.stop()
"""
NOTEBOOK = """
class Shell:
    config = {"IPKernelApp": {}}  # by which tqdm knows a notebook, too
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=Shell)
"""


def work(notebook):
    code = WORK.format(notebook=notebook)
    return subprocess.run([sys.executable, "-c", code], check=True, text=True, capture_output=True)


def test_a_program_stays_quiet():
    done = work(notebook="")
    assert done.stdout == done.stderr == ""


def test_a_notebook_shows_a_bar():
    done = work(NOTEBOOK)
    assert "images:  75%" in done.stderr
    assert "3/4" in done.stderr
    assert done.stdout == "warning: few\n"
