"""`synthset train`: a classifier of any labelled images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import Changes, ImageColumn, LabelColumn
from synthset.cli.terminal import say, screen, tell
from synthset.pages.kit.numbers import figure, percent
from synthset.store.remote import require_on_disk

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.experiment.single import Trained

MEASURES = ("recall", "precision", "f1", "average_precision")  # of each class
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
        str | None, typer.Option(help="Images for choosing the weights; split off if not given.")
    ] = None,
    val_fraction: Annotated[
        float,
        typer.Option(
            min=0.001, max=0.9, help="Share of each class that is split off for validation."
        ),
    ] = 0.1,
    test: Annotated[str | None, typer.Option(help="Images for testing, once, at the end.")] = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    config: Annotated[
        str | None,
        typer.Option(help="YAML file with model, preprocessing, training, loss and seed."),
    ] = None,
    changes: Changes = None,
    export_timm: Annotated[
        bool,
        typer.Option(
            "--export-timm",
            help="Train nothing; write the images and arguments for timm's own train.py.",
        ),
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
    from synthset.machine import Silent, is_first_process

    speaks = is_first_process()
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
    judgement, fitted = trained.judgement, trained.fitted
    found, measure = judgement.arms[0].whole, "balanced_accuracy"
    tell(
        f"{trained.judged_by}: accuracy {figure(found['accuracy'])}, balanced "
        f"{figure(found[measure])}{judgement.over(measure)} (weights of update "
        f"{fitted.chosen:,} of {fitted.looks[-1].update:,}; {fitted.seconds:.0f} s)"
    )
    console.print(_table(trained))
    for note in trained.images.notes:
        say(note)
    copies = trained.images.copies
    if copies:
        tell(f"left out: {copies:,} training images that are also in validation or test")
    tell(f"weights: {(output / 'model.safetensors').resolve()}")
    if trained.page is not None:
        tell(f"report: {trained.page.resolve()}")


def _table(trained: Trained) -> Table:
    from rich.table import Table

    from synthset.pages.experiment.experiment_words import NAMES

    images, found = trained.images, trained.judgement.arms[0].classes
    counts = (images.train.count_images(len(images.classes))["real"],
              trained.judgement.test_images)  # fmt: skip
    rates = [found[name] for name in MEASURES]
    table = Table()
    for heading in ("class", "train", trained.judged_by, *(NAMES[name] for name in MEASURES)):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    order = list(range(len(images.classes)))
    if len(order) > MOST:
        known = [k for k in order if found["recall"][k].value is not None]
        order = sorted(known, key=lambda k: found["recall"][k].value or 0.0)[:MOST]
        table.title = f"the {MOST} classes with the lowest recall"
    for k in order:
        shares = (percent(one[k].value, digits=1) for one in rates)
        table.add_row(images.classes[k], *(f"{one[k]:,}" for one in counts), *shares)
    return table
