"""`synthset classes`: look at classes before a recipe asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import ImageColumn, LabelColumn
from synthset.cli.terminal import say, tell
from synthset.store.remote import require_on_disk

if TYPE_CHECKING:
    from synthset.taxonomy.classlists import ClassEntry

classes = typer.Typer(
    name="classes",
    help="Show classes: of WordNet, ImageNet or free words, or those of a recipe, file or folder.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Count = Annotated[bool, typer.Option("--count", help="Only count the classes.")]
Csv = Annotated[
    bool, typer.Option("--csv", help="Print CSV that `kind: file` in a recipe can read.")
]
Groups = Annotated[bool, typer.Option("--groups", help="Count the classes of each usual group.")]


@classes.command()
def wordnet(
    synsets: Annotated[list[str], typer.Argument(help="Synsets: dog.n.01 or n02084071.")],
    count: Count = False,
    tree: Annotated[
        bool, typer.Option("--tree", help="Print a tree of what is under what.")
    ] = False,
    as_csv: Csv = False,
    screened: Annotated[
        bool, typer.Option("--screened", help="List what the screen leaves out, and why.")
    ] = False,
    no_screen: Annotated[
        bool, typer.Option("--no-screen", help="Also include people and offensive synsets.")
    ] = False,
    instances: Annotated[
        bool, typer.Option("--instances", help="Also include things with a name of their own.")
    ] = False,
    leaves: Annotated[
        bool, typer.Option("--leaves", help="Only synsets with nothing under them.")
    ] = False,
    depth: Annotated[int | None, typer.Option(min=0, help="How many levels to go down.")] = None,
) -> None:
    """List synsets and everything under them, except people and offensive ones.

    Example: synthset classes wordnet object.n.01 --count
    """
    from synthset.cli import listing
    from synthset.taxonomy.classlists import make_synset_classes, pick_synsets
    from synthset.taxonomy.screen import SCREENS, sift

    found, _ = pick_synsets(synsets, True, instances, depth, leaves)
    passed, left_out = sift(found, () if no_screen else SCREENS)
    if count:
        listing.print_counts(", ".join(synsets), found, passed, left_out)
    elif screened:
        listing.print_screened(left_out)
    elif tree:
        listing.print_tree(synsets, passed, instances)
    elif passed:
        _show(make_synset_classes(passed, "qualify"), as_csv)
    if left_out and not (count or screened):
        say(f"the screen leaves out {len(left_out):,}; --screened lists them")


@classes.command()
def imagenet(
    select: Annotated[
        list[str] | None,
        typer.Argument(help="wnids, indices, names, synsets or subsets; all if not given."),
    ] = None,
    subset: Annotated[
        str | None, typer.Option(help="A subset, such as imagenette or imagenet-100.")
    ] = None,
    under: Annotated[
        list[str] | None, typer.Option(help="Only classes under this synset; may be repeated.")
    ] = None,
    count: Count = False,
    as_csv: Csv = False,
    groups: Groups = False,
) -> None:
    """List classes of ImageNet-1k.

    Example: synthset classes imagenet --subset imagenet-100 --under dog.n.01
    """
    from synthset.taxonomy.classlists import pick_imagenet_classes
    from synthset.taxonomy.imagenet import list_subset as known

    if subset is not None:
        known(subset, "--subset")
    items = [*([subset] if subset else []), *(select or [])]
    _show(pick_imagenet_classes(items or "all", under or (), "classes"), as_csv, count, groups)


@classes.command()
def words(
    listed: Annotated[
        list[str], typer.Argument(help="Words, with a hint where needed: 'crane (bird)'.")
    ],
    senses: Annotated[
        str | None, typer.Option(help="A review file with answers for some words.")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Compare hints with definitions by meaning.")
    ] = False,
    review: Annotated[
        Path | None,
        typer.Option(
            help="Write a new review file for the words that remain open.",
            parser=require_on_disk,
            metavar="FILE",
        ),
    ] = None,
    as_csv: Csv = False,
) -> None:
    """Find the WordNet sense of free words, and write open questions to a review file.

    Example: synthset classes words unicycle "crane (bird)"
    """
    from synthset.engine.classes import settle_words

    found, questions = settle_words(listed, senses, text, None if review is None else str(review))
    if found:
        _show(found, as_csv)
    if questions:
        noun, them = ("word is", "it") if questions == 1 else ("words are", "them")
        say(f"{questions} {noun} open; answer {them} in {review}")


@classes.command()
def show(
    source: Annotated[
        str,
        typer.Argument(
            help="A recipe, a list (.txt, .csv), a dataset, or labelled images in any layout."
        ),
    ],
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    count: Count = False,
    as_csv: Csv = False,
    groups: Groups = False,
) -> None:
    """List the classes of a recipe, a file or a folder: key, name, folder, synset.

    Example: synthset classes show demo --groups
    """
    from synthset.engine.classes import find_classes

    _show(find_classes(source, image_column, label_column), as_csv, count, groups)


def _show(
    entries: Sequence[ClassEntry], as_csv: bool, count: bool = False, groups: bool = False
) -> None:
    from synthset.cli import listing

    if count:
        tell(f"{len(entries):,} classes")
    elif groups:
        listing.print_groups(entries)
    elif as_csv:
        listing.print_csv(entries)
    else:
        listing.print_table(entries)
