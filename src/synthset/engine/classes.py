"""The classes of a recipe and their groups, settled before anything is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from synthset.encoders import text
from synthset.engine.catalog import make_source
from synthset.errors import Problem, RecipeError, list_names
from synthset.formats.resolve import ARCHIVES, TABLES
from synthset.formats.source_names import get_ending
from synthset.recipe.classes import ClassFile, FromSource, ImageNet, Names, Senses, Words
from synthset.recipe.classes import WordNet as WordNetClasses
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.source import Settled
from synthset.store.dataset import Dataset
from synthset.store.remote import is_url
from synthset.taxonomy import classlists, groups, wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.listfile import read_class_file
from synthset.taxonomy.names import ClassNames as Called
from synthset.taxonomy.review import Review, read_review, write_review
from synthset.taxonomy.screen import Screened
from synthset.taxonomy.senses import Nearness, match
from synthset.taxonomy.word_classes import add_senses, make_word_classes, refuse_plurals

GROUPS = "groups.json"


def settle(recipe: Recipe, names: Sequence[str] = ()) -> Settled:
    """Turn the words of a recipe into classes.

    Args:
        recipe: whose classes are wanted.
        names: class names of an imported source, for `kind: source`.

    Raises:
        RecipeError: unknown, ambiguous or colliding classes; a file that cannot be read; a text
            encoder that is not installed.
    """
    wanted = recipe.classes
    match wanted:
        case ImageNet():
            under = () if wanted.under is None else wanted.under
            return Settled(classlists.pick_imagenet_classes(wanted.select, under))
        case WordNetClasses():
            return _settle_wordnet(wanted)
        case Words():
            return Settled(
                make_word_classes(wanted.words, _review(wanted.senses), _choose_comparison(wanted))
            )
        case ClassFile():
            read = read_class_file(wanted.path)
            return Settled(read, _find_false_numbers(read))
        case _:
            called = wanted.names if isinstance(wanted, Names) else names
            found, review = classlists.make_name_classes(called), _review(wanted.senses)
            settled = _apply_answers(found, review) if review else found
            if isinstance(wanted, Names):
                refuse_plurals([entry for entry in settled if entry.wnid is None], "classes")
            return Settled(settled, _find_false_numbers(settled))


def _find_false_numbers(classes: Sequence[ClassEntry]) -> tuple[str, ...]:
    """Say which names look like numbers of WordNet and are none."""
    odd = [
        repr(entry.name)
        for entry in classes
        if entry.wnid is None and wordnet.NUMBER.fullmatch(entry.name)
    ]
    return (
        (f"taken as plain names, since WordNet 3.0 has no such number: {list_names(odd)}",)
        if odd
        else ()
    )


def settle_listed(recipe: Recipe, known: Sequence[Called]) -> Settled:
    """Turn the words of a recipe into classes, or the classes of an imported source: one whose list
    gives it a WordNet number is that synset, by the name that its list gives it.

    Args:
        recipe: whose classes are wanted.
        known: what the classes of the source are called, in label order.
    """
    if not isinstance(recipe.classes, FromSource):
        return settle(recipe, [names[0] for names in known])
    wnids = [names.wnid if wordnet.is_number(names.wnid or "") else None for names in known]
    if len({wnid for wnid in wnids if wnid}) < len(wnids) - wnids.count(None):
        wnids = [None] * len(wnids)  # two classes of one synset are told apart by name alone
    settled = settle(recipe, [wnid or names[0] for wnid, names in zip(wnids, known, strict=True)])
    classes = [
        entry if wnid in (None, names[0]) else replace(entry, name=names[0])
        for entry, wnid, names in zip(settled.classes, wnids, known, strict=True)
    ]
    return replace(settled, classes=classlists.refuse_collisions(classes))


def check_groups(recipe: Recipe) -> Sequence[Problem]:
    """List what is wrong with the groups of the report."""
    try:
        groups.settle_groups(recipe.report.wanted_groups())
    except RecipeError as error:
        return error.problems
    return []


def write_groups(dataset: Dataset, classes: Sequence[ClassEntry], recipe: Recipe) -> None:
    """Remember which classes belong to which groups, by label, for the report and for readers."""
    found = groups.group(classes, recipe.report.wanted_groups())
    dataset.write_json(GROUPS, asdict(found))


def _settle_wordnet(wanted: WordNetClasses) -> Settled:
    passed, left_out = classlists.pick_synsets(
        wanted.synsets,
        wanted.closure,
        wanted.instances,
        wanted.max_depth,
        wanted.leaves_only,
        screen=wanted.screen,
    )
    notes = (_describe_screened(len(passed), left_out),) if left_out else ()
    return Settled(classlists.make_synset_classes(passed, wanted.shared_names), notes)


def _describe_screened(passed: int, left_out: Sequence[Screened]) -> str:
    by = Counter(found.screen for found in left_out)
    listed = " and ".join(f"{count:,} {screen}" for screen, count in by.most_common())
    return (
        f"the screen leaves out {len(left_out):,} of {passed + len(left_out):,} synsets "
        f"({listed}); `synthset classes wordnet SYNSET --screened` lists them"
    )


def _review(senses: Senses) -> Review | None:
    if senses is None:
        return None
    if isinstance(senses, str):
        return read_review(senses)
    return Review("the recipe", senses, frozenset())


def _apply_answers(found: tuple[ClassEntry, ...], review: Review) -> tuple[ClassEntry, ...]:
    """Give plain names the senses that are answered; a file may know words of other recipes."""
    names = {entry.name for entry in found}
    mine = review.path == "the recipe"
    answers = {word: s for word, s in review.answers.items() if mine or word in names}
    return add_senses(found, answers)


def _choose_comparison(wanted: Words) -> Nearness | None:
    if wanted.hints == "exact":
        return None
    if not text.is_installed():
        right = f"{text.INSTALL}, or set `hints: exact` and decide in a review file"
        raise RecipeError("classes.hints", text.MISSING, right)
    return text.compare_texts


def find_classes(
    source: str, image_column: str | None = None, label_column: str | None = None
) -> tuple[ClassEntry, ...]:
    """Find the classes of a recipe, a list (.txt, .csv), a dataset, or of images in any layout.

    Args:
        source: a path, a URL, or the name of a shipped recipe.
        image_column: of the images in tables; none finds it.
        label_column: of the labels in tables; none finds it. A CSV file is images then.
    """
    path = Path(source).expanduser()
    named = {"image_column": image_column, "label_column": label_column}
    columns = {name: column for name, column in named.items() if column is not None}
    if (path / "dataset.json").is_file():
        recipe = load_recipe(str(path / "recipe.yaml"))
    elif columns or path.is_dir() or is_url(source) or get_ending(source) in (*ARCHIVES, *TABLES):
        classes: dict[str, str] = {"kind": "source"}
        folder = {"kind": "folder", "paths": [{"path": source, **columns}]}
        recipe = load_recipe({"name": "shown", "classes": classes, "source": folder})
    elif path.suffix.lower() in (".txt", ".csv"):
        return read_class_file(source)
    else:
        recipe = load_recipe(source)
    return settle_listed(recipe, make_source(recipe).class_names()).classes


def settle_words(
    words: Sequence[str], senses: str | None, by_text: bool, review: str | None
) -> tuple[tuple[ClassEntry, ...], int]:
    """Settle free words one by one, and put the open ones into a new review file.

    Args:
        words: as a recipe has them.
        senses: a review file with answers.
        by_text: compare hints with definitions by meaning.
        review: the new file; None refuses open words instead.

    Returns:
        The settled words as classes, and the number of open ones.
    """
    wanted = Words(
        kind="words", words=tuple(words), senses=senses, hints="text" if by_text else "exact"
    )
    answered, nearness = _review(wanted.senses), _choose_comparison(wanted)
    if review is None:
        return make_word_classes(words, answered, nearness), 0
    found = match(words, answered.answers if answered else {}, nearness)
    if found.problems:
        raise RecipeError.of(found.problems)
    if found.questions:
        write_review(review, found.questions)
    open_words = {question.word for question in found.questions}
    rest = [word for word in words if word not in open_words]
    settled = make_word_classes(rest, answered, nearness) if rest else ()
    return settled, len(found.questions)
