"""`synthset experiment`: which images train the better classifier?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import AllowCode, Changes
from synthset.cli.terminal import say, screen, tell
from synthset.errors import UsageError
from synthset.pages.kit.numbers import figure
from synthset.recipe.reading import holds_images

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.recipe.experiment import Experiment
    from synthset.recipe.suites import Conventions
    from synthset.results.judgement import Judgement

File = Annotated[
    str,
    typer.Argument(
        help="An experiment file, the name of a shipped one, or images by class.",
        metavar="EXPERIMENT",
    ),
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


Generated = Annotated[
    list[str] | None,
    typer.Option(
        "--synthetic", help="With images by class: generated images to compare; may be repeated."
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(min=0.1, help="With images by class: minutes for all trainings; 8 if not given."),
]


def experiment(
    file: File,
    output: Output = None,
    size: Size = None,
    changes: Changes = None,
    synthetic: Generated = None,
    minutes: Minutes = None,
    workers: AtATime = None,
    plan: PlanOnly = False,
    allow_code: AllowCode = False,
) -> None:
    """Train the arms of an experiment alike, and judge them on the same real test images.

    Given images by class, it plans the experiment itself: remedies that suit them, with a budget
    that this machine can meet.

    Example: synthset experiment my-photos --synthetic my-dataset --plan
    """
    if holds_images(file):
        refuse({"--size": size}, "sizes are defined in experiment files; images by class have none")
        loaded, output = _plan_folder(file, output, changes, synthetic, minutes)
    else:
        given = {"--synthetic": synthetic, "--minutes": minutes}
        refuse(given, "they are for images by class; the file names its own sets and budget")
        loaded = load(file, size, changes)
    if plan:
        show_plan(loaded)
        return
    from synthset.cli.progress import RichBar
    from synthset.experiment.run_experiment import run_experiment
    from synthset.pages.experiment.budget_words import write_budgets

    done = run_experiment(loaded, output, workers=workers, bar=RichBar(), allow_code=allow_code)
    console = screen()
    console.print(_table(done.judgement))
    for line in _tell_choices(done.judgement):
        console.print(line, soft_wrap=True)
    if budgets := write_budgets(done.judgement):
        console.print(budgets, soft_wrap=True)
    for note in done.judgement.notes:
        console.print(f"note: {note}", soft_wrap=True)
    tell(f"report: {done.page.resolve()}")


def _plan_folder(
    data: str,
    output: str | None,
    changes: list[str] | None,
    synthetic: list[str] | None,
    minutes: float | None,
) -> tuple[Experiment, str]:
    """Plan an experiment for images by class, and show it."""
    import yaml

    from synthset.experiment.folder_experiment import MINUTES, open_experiment

    found = open_experiment(data, output, synthetic or (), minutes or MINUTES, changes or ())
    if found.settings is not None:
        tell(yaml.safe_dump(found.settings, sort_keys=False, allow_unicode=True))
    for line in found.said:
        say(line)
    return found.experiment, str(found.folder)


def refuse(options: Mapping[str, object], why: str) -> None:
    """Refuse options that would have no effect.

    Raises:
        UsageError: one is given.
    """
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(f"{' and '.join(given)} would have no effect: {why}; leave it out")


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
