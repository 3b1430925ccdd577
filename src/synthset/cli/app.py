"""The command line: one file a command; each parses, calls one function, and says what it wrote."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from synthset import __version__
from synthset.cli.bench import bench
from synthset.cli.classes import classes
from synthset.cli.demo import demo
from synthset.cli.experiment import experiment
from synthset.cli.export import export
from synthset.cli.kinds import kinds
from synthset.cli.plan import plan
from synthset.cli.pool import pool
from synthset.cli.recipes import recipes
from synthset.cli.report import report
from synthset.cli.review import review
from synthset.cli.run import run
from synthset.cli.schema import schema
from synthset.cli.search import search
from synthset.cli.status import status
from synthset.cli.stopping import Stopped, stop_on_signals
from synthset.cli.study import study
from synthset.cli.sweep import sweep
from synthset.cli.terminal import prepare, say, tell
from synthset.cli.train import train
from synthset.cli.what_if import what_if
from synthset.errors import SynthsetError, to_storage_error

app = typer.Typer(
    name="synthset",
    help="Turn words into a labelled image dataset, measure its worth, and keep the best part.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        tell(f"synthset {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None: ...


for command in (
    demo,
    plan,
    run,
    sweep,
    status,
    what_if,
    review,
    search,
    export,
    report,
    train,
    experiment,
    recipes,
    kinds,
    schema,
):
    app.command(command.__name__.replace("_", "-"))(command)
app.add_typer(study, name="study")
app.add_typer(bench, name="bench")
app.add_typer(pool, name="pool")
app.add_typer(classes)


def main() -> None:
    """Run a command; explain what we can explain, without a traceback."""
    prepare()
    stop_on_signals()
    try:
        app()
    except SynthsetError as error:
        _refuse(error)
    except OSError as fault:
        _refuse(to_storage_error(fault))
    except Stopped as stopped:
        kept = "finished work is kept, and the same command continues from there"
        by = "" if stopped.exit_code == 130 else f" by {stopped.name}"
        say(f"stopped{by}; {kept}")
        sys.exit(stopped.exit_code)


def _refuse(error: SynthsetError) -> NoReturn:
    sys.stdout.flush()
    say(f"error: {error}")
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
