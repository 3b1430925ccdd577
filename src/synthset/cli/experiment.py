"""`synthset experiment`: which images train the better classifier?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import AllowCode, Changes
from synthset.cli.terminal import screen, tell
from synthset.pages.kit.numbers import figure

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.recipe.experiment import Experiment
    from synthset.recipe.suites import Conventions
    from synthset.results.judgement import Judgement

File = Annotated[
    str,
    typer.Argument(help="An experiment file, or the name of a shipped one.", metavar="EXPERIMENT"),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", help="Folder of the experiment; ./<name of the experiment> if not given."
    ),
]
Size = Annotated[str | None, typer.Option(help="Another size that the file defines, such as full.")]
AtATime = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="How many trainings or suites run at the same time."),
]
PlanOnly = Annotated[
    bool, typer.Option("--plan", help="Only show what would be trained and measured.")
]


def experiment(
    file: File,
    output: Output = None,
    size: Size = None,
    changes: Changes = None,
    workers: AtATime = None,
    plan: PlanOnly = False,
    allow_code: AllowCode = False,
) -> None:
    """Train the arms of an experiment alike, and judge them on the same real test images.

    Example: synthset experiment imbalance-digits --plan
    """
    loaded = load(file, size, changes)
    if plan:
        show_plan(loaded)
        return
    from synthset.cli.progress import RichBar
    from synthset.experiment.run_experiment import run_experiment

    done = run_experiment(loaded, output, workers=workers, bar=RichBar(), allow_code=allow_code)
    console = screen()
    console.print(_table(done.judgement))
    for line in _tell_choices(done.judgement):
        console.print(line, soft_wrap=True)
    for note in done.judgement.notes:
        console.print(f"note: {note}", soft_wrap=True)
    tell(f"report: {done.page.resolve()}")


def load(file: str, size: str | None, changes: list[str] | None) -> Experiment:
    """Read an experiment as it was asked for."""
    from synthset.recipe.experiment import load_experiment

    return load_experiment(file, size, changes or ())


def show_plan(experiment: Experiment, suites: Conventions | None = None) -> None:
    """Say what an experiment would do, and what its suites would, by which conventions."""
    from synthset.experiment.preview import preview

    console = screen()
    for line in preview(experiment, suites):
        console.print(line, soft_wrap=True)


def _table(judgement: Judgement) -> Table:
    """The arms: what they were trained on, and what came out, rare classes first."""
    from rich.table import Table

    names = ["balanced_accuracy", "accuracy"]
    if judgement.focus:
        names.insert(0, "focus_recall")
    table = Table(title=f"{judgement.name}, {_title(judgement)}", title_justify="left")
    table.add_column("arm", overflow="fold")
    table.add_column("trained on", overflow="fold")
    for name in names:
        heading = name.replace("_", " ") + judgement.over(name)
        table.add_column(heading, justify="right", overflow="fold")
    for arm in judgement.arms:
        counts = [*arm.pretraining.items(), *arm.training.items()]
        images = ", ".join(f"{int(one.sum()):,} {origin}" for origin, one in counts)
        table.add_row(arm.text or arm.name, images, *(figure(arm.whole[name]) for name in names))
    return table


def _tell_choices(judgement: Judgement) -> Iterator[str]:
    """Say which draws validation chose."""
    for arm in judgement.arms:
        for seed, one in zip(arm.seeds, arm.tunings, strict=False):
            taken, others = one.candidates[one.chosen], len(one.candidates) - 1
            what = f"{one.by.replace('_', ' ')} {100 * taken.figure:.1f} on validation"
            yield f"{arm.name}, seed {seed}: chose {taken.text} ({what}) over {others} more"


def _title(judgement: Judgement) -> str:
    seeds = f"{len(judgement.seeds)} seed" + ("s" if len(judgement.seeds) > 1 else "")
    rare = ", ".join(judgement.classes[label] for label in judgement.focus[:5])
    return f"{seeds}, 95 % intervals" + (f"; focus: {rare}" if rare else "")
