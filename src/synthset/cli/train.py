"""`synthset train`: a classifier of any labelled images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import Changes, ImageColumn, LabelColumn
from synthset.cli.terminal import say, screen, tell
from synthset.pages.kit.numbers import percent
from synthset.store.remote import require_on_disk

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.experiment.single import Trained

MOST = 20  # classes that are listed; of more, the worst


def train(
    data: Annotated[
        str,
        typer.Argument(
            help="Images by class: a dataset, an export, folders, Parquet or tar files.",
            metavar="DATA",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            *("--output", "-o"),
            help="Folder of the training; an unfinished one resumes.",
            parser=require_on_disk,
            metavar="FOLDER",
        ),
    ],
    val: Annotated[
        str | None, typer.Option(help="Images that choose the weights; split off if not given.")
    ] = None,
    val_fraction: Annotated[
        float, typer.Option(min=0.001, max=0.9, help="Share of each class that is split off.")
    ] = 0.1,
    test: Annotated[str | None, typer.Option(help="Images for the test, once, at the end.")] = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    config: Annotated[
        str | None,
        typer.Option(help="YAML file with model, preprocessing, training, loss and seed."),
    ] = None,
    changes: Changes = None,
    export_timm: Annotated[
        bool,
        typer.Option("--export-timm", help="Only write the same for timm's own train.py."),
    ] = False,
) -> None:
    """Train a classifier, and say how good it is.

    Example: synthset train my-folders -o my-classifier --set model=resnet18
    """
    if export_timm:
        from synthset.experiment.single import read_images
        from synthset.experiment.timm_train import write_timm
        from synthset.formats.columns import Columns
        from synthset.recipe.single import load_single

        settings = load_single(config, changes or ())
        columns = Columns(image_column, label_column)
        images = read_images(data, settings, val, test, val_fraction, columns)
        tell(write_timm(images, settings, output))
        return
    from synthset.cli.progress import RichBar
    from synthset.experiment.single import train as train_classifier
    from synthset.machine import Silent

    speaks = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun starts, the first
    trained = train_classifier(
        data,
        output,
        val=val,
        test=test,
        val_fraction=val_fraction,
        image_column=image_column,
        label_column=label_column,
        config=config,
        overrides=changes or (),
        bar=RichBar() if speaks else Silent(),
    )
    if speaks:
        _say(trained, output)


def _say(trained: Trained, output: Path) -> None:
    console = screen()
    found, fitted = trained.measures, trained.fitted
    tell(
        f"{trained.judged_by}: accuracy {percent(found.whole['accuracy'][0], digits=1)}, balanced "
        f"{percent(found.whole['balanced_accuracy'][0], digits=1)}{found.over} (weights of update "
        f"{fitted.chosen:,} of {fitted.looks[-1].update:,}; {fitted.seconds:.0f} s)"
    )
    console.print(_table(trained))
    for note in trained.images.notes:
        say(note)
    copies = trained.images.copies
    if copies:
        tell(f"left out: {copies:,} training images that validation or test have as well")
    tell(f"weights: {(output / 'model.safetensors').resolve()}")


def _table(trained: Trained) -> Table:
    from rich.table import Table

    images, found = trained.images, trained.measures
    asked = images.val if images.test is None else images.test
    counts = [one.count_images(len(images.classes))["real"] for one in (images.train, asked)]
    table = Table()
    for heading in ("class", "train", trained.judged_by, "recall", "precision"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    recalls, precisions = found.classes["recall"][0], found.classes["precision"][0]
    order = list(range(len(images.classes)))
    if len(order) > MOST:
        order = sorted(order, key=lambda k: float(recalls[k]))[:MOST]
        table.title = f"the {MOST} classes of lowest recall"
    for k in order:
        rates = (
            "–" if rate != rate else percent(rate, digits=1) for rate in (recalls[k], precisions[k])
        )
        table.add_row(images.classes[k], *(f"{one[k]:,}" for one in counts), *rates)
    return table
